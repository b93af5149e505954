#pragma once

#include <string>

#include "io/lock.h"
#include "io/seen_json.h"
#include "io/state_file.h"
#include "value/fqdn.h"
#include "value/record_type.h"

/// One record's files in the state directory.
class StateDirectory {
 public:
  StateDirectory(const std::string& directory, const Fqdn& name, RecordType type);

  /// As Lock::try_acquire; makes the directory if it is missing.
  Result<std::optional<Lock>> try_lock() const;

  /// What earlier runs saw; empty if there is nothing. Content that makes no sense is an Error, and
  /// is left where it is.
  Result<Seen> read_seen() const;
  Result<void> write_seen(const Seen& seen) const;
  /// Puts what could not be read out of the way, and says where.
  Result<std::string> set_seen_aside() const { return set_state_aside(stem_ + ".seen.json"); }

 private:
  std::string directory_;
  std::string stem_;  ///< of the record's files
};
