#pragma once

#include <functional>
#include <optional>

#include "app/config.h"
#include "app/exit_status.h"
#include "app/run.h"
#include "core/history.h"
#include "core/ports.h"

/// What a command asks of the run that it ends with, beyond the configuration.
struct RunWish {
  BootTime begun;                            ///< what the deadline counts from
  By by = By::run;                           ///< who asks
  bool waits = false;                        ///< for a run under way, rather than giving up
  std::optional<IpAddress> vouched = {};     ///< not to be probed: somebody vouches for it
  std::optional<Switch> wanted = {};         ///< by hand, instead of what the steps say
  std::optional<Said> instead_of_said = {};  ///< for a dry run of what would be said
};

/// What is told of a run: `so_far` at every step, `finished` at its end, which makes its status.
struct Listener {
  std::function<void(std::size_t record, const RunReport& so_far)> so_far;
  std::function<ExitStatus(std::size_t record, const RunReport& report)> finished;
};

/// Runs every configured record once, side by side, each with its lock and with what is remembered
/// of it. The worst status of all.
ExitStatus run_records(const Config& config, const Clock& clock, const RunWish& wish,
                       const Listener& listener);
