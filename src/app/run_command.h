#pragma once

#include "app/config.h"
#include "app/exit_status.h"
#include "app/narrator.h"
#include "core/ports.h"

/// How the person or program at the other end reads us.
struct Audience {
  Colour output_colour = Colour::no;
  Colour error_colour = Colour::no;
};

/// What a command asks of the run that it ends with, beyond the configuration.
struct RunWish {
  BootTime begun;                            ///< what the deadline counts from
  bool waits = false;                        ///< for a run under way, rather than giving up
  std::optional<IpAddress> vouched = {};     ///< not to be probed: somebody vouches for it
  std::optional<Said> instead_of_said = {};  ///< for a dry run of what would be said
};

/// `cf-failover run`: every configured record once, side by side. Prints what there is to say.
ExitStatus run_command(const Config& config, const Clock& clock, const Audience& audience,
                       const RunWish& wish);
