#pragma once

#include <optional>

#include "app/run_command.h"

/// A change that a person wants.
struct SwitchRequest {
  Config config;  ///< of one record
  Switch wanted = {.to = Role::main};
  std::optional<Milliseconds> hold = std::chrono::hours(1);  ///< so that the next run keeps it
};

/// `cf-failover switch main|backup`: probes the target and changes the record to it, with the care
/// and the status of a run. What is held for that is released if nothing was changed.
ExitStatus switch_command(const SwitchRequest& request, const Clock& clock,
                          const Audience& audience);
