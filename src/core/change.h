#pragma once

#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "core/ports.h"
#include "core/said.h"

// How the attempt to change a record ended.

/// The record holds the new address, and Cloudflare has said so.
struct Written {};

/// The record held the new address before we wrote: another host was faster.
struct AlreadyThere {};

enum class Overwrote { nothing, unknown };

/// Somebody else changed the record during the run; `now` is what it holds instead. Where the
/// answer to our write was lost, theirs may have come before or after it.
struct Conflict {
  std::vector<Record> now = {};
  Overwrote overwrote = Overwrote::nothing;
};

/// The record still holds the old address, or was never asked to hold another.
struct NotWritten {
  ApiFailure failure;
};

/// The request went out, and neither its answer nor a later read tells what came of it.
struct Unconfirmed {
  ApiFailure failure;
};

/// What people and hooks said during the run forbids what was decided before: nothing was sent.
struct Withheld {
  std::optional<Hold> hold;  ///< or else a backup's address has changed
};

using Change = std::variant<Written, AlreadyThere, Conflict, NotWritten, Unconfirmed, Withheld>;

/// Asked right before a write.
using LastWord = std::function<std::optional<Withheld>()>;

/// Makes the record `seen` point to `target`: reads it again, writes at most once, and finds out
/// what became of the write.
Task<Change> change(RecordStore& store, Record seen, IpAddress target, LastWord last_word);
