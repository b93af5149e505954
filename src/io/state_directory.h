#pragma once

#include <functional>
#include <string>

#include "core/history.h"
#include "io/lock.h"
#include "io/state_file.h"
#include "io/state_json.h"
#include "value/fqdn.h"
#include "value/record_type.h"

/// One record's files in the state directory.
class StateDirectory {
 public:
  StateDirectory(const std::string& directory, const Fqdn& name, RecordType type);

  /// The lock that keeps runs apart, as Lock has it; makes the directory if it is missing.
  Result<std::optional<Lock>> try_lock() const;
  Task<Result<std::optional<Lock>>> lock(EventLoop& loop) const;

  /// What earlier runs saw; empty if there is nothing. Content that makes no sense is an Error, and
  /// is left where it is.
  Result<Seen> read_seen() const;
  /// For whoever holds the lock. To be synced only for a change that has begun: all else that it
  /// holds can be seen again.
  Result<void> write_seen(const Seen& seen, Sync sync = Sync::no) const;

  /// What people and hooks said; as read_seen().
  Result<Said> read_said() const;

  struct SaidChange {
    Said before;
    Said now;
    std::string warning = {};  ///< what became of a file that made no sense; empty: all was well
  };
  /// Replaces what was said by what `change` makes of it, and has it on the disk before it returns.
  /// Waits for nobody but another such change; an Error means that nothing was changed.
  Task<Result<SaidChange>> change_said(EventLoop& loop,
                                       std::function<Said(const Said&)> change) const;

  /// The past runs that are kept, oldest first.
  Result<History> read_history() const;
  /// For whoever holds the lock.
  Result<void> append_history(const PastRun& run) const;

  /// Puts what could not be read out of the way, and says where.
  Result<std::string> set_seen_aside() const { return set_state_aside(seen_); }
  Result<std::string> set_said_aside() const;

 private:
  Result<void> make() const;
  std::string said_lock() const { return said_ + ".lock"; }

  std::string directory_;
  std::string lock_;
  std::string seen_;
  std::string said_;
  std::string history_;
};
