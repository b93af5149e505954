#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/step_line.h"
#include "value/ip_address.h"
#include "value/unix_time.h"

// What runs found and did, as far as it differed from the run before.

/// Who answered visitors after a run, as far as it could tell.
enum class Served { main, backup, other, nobody, unknown, not_watched };

/// Who started a run: the clock, a hook that brought a new address, or a person.
enum class By { run, hook, hand };

/// "run", "hook" or "hand".
std::string_view to_text(By by);
/// "main", "backup", "other", "nobody", "unknown" or "unwatched".
std::string_view to_text(Served served);

/// A change of the record, and what came of it.
struct PastChange {
  enum class Kind { failover, failback, switched };
  Kind kind;
  IpAddress from;
  IpAddress to;
  std::optional<bool> written;  ///< nothing: nobody knows
  std::string reason;

  friend bool operator==(const PastChange&, const PastChange&) = default;
};

/// "failover", "failback" or "switch".
std::string_view to_text(PastChange::Kind kind);

/// One run that differed from the one before it.
struct PastRun {
  UnixTime time;
  std::string host = {};
  By by = By::run;
  Served served = Served::unknown;
  std::optional<IpAddress> origin = {};  ///< what the record held afterwards, if that is known
  int status = 0;
  std::string trouble = {};  ///< the error; empty: none
  std::optional<PastChange> change = {};
  std::optional<UnixTime> unwatched_since = {};  ///< there was no run from then on until this one
  std::vector<StepLine> lines = {};
  std::string likeness = {};  ///< equal for runs of which there is nothing new to tell

  friend bool operator==(const PastRun&, const PastRun&) = default;
};

using History = std::vector<PastRun>;

/// A time in which the same site served; up to the next stretch, or until now.
struct Stretch {
  UnixTime from;
  UnixTime to;
  Served served;
  std::string why = {};   ///< the trouble of the run that it began with
  std::string host = {};  ///< of that run, as is `by`
  By by = By::run;

  friend bool operator==(const Stretch&, const Stretch&) = default;
};

/// The stretches that past runs, oldest first, make up, until `now`. Nobody has watched after
/// `watched_until`.
std::vector<Stretch> stretches(const History& runs, UnixTime watched_until, UnixTime now);

/// For each of `cells` equal parts of the time from `from` to `to`, what is worth showing of it:
/// any time without service, otherwise what took most of it.
std::vector<Served> strip(const std::vector<Stretch>& stretches, UnixTime from, UnixTime to,
                          std::size_t cells);

/// The latest run at that time or before it; null if none is kept.
const PastRun* run_at(const History& runs, UnixTime time);
