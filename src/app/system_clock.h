#pragma once

#include "core/ports.h"
#include "value/unix_time.h"

/// CLOCK_BOOTTIME: also counts the time that the machine sleeps.
class SystemClock : public Clock {
 public:
  BootTime now() const override;
};

/// The wall clock's time.
UnixTime unix_now();
