#pragma once

#include <cstdint>
#include <string>

#include "core/ports.h"

/// CLOCK_BOOTTIME: also counts the time that the machine sleeps.
class SystemClock : public Clock {
 public:
  BootTime now() const override;
};

/// The wall clock's time in UTC, as RFC 3339 has it: "2026-01-31T10:15:00Z".
std::string utc_now();
/// The same in seconds since 1970.
std::int64_t unix_now();
