#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "core/history.h"

/// What all runs of a record have come to, for monitoring systems.
struct Counters {
  std::map<PastChange::Kind, std::int64_t> changes = {};  ///< confirmed ones
  std::int64_t failures_in_a_row = 0;                     ///< runs whose status was not 0
  std::optional<UnixTime> last_success = {};
  std::optional<UnixTime> last_change = {};

  friend bool operator==(const Counters&, const Counters&) = default;
};

/// The counters with one more run.
Counters counted(Counters counters, const PastRun& run);
