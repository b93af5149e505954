#pragma once

#include "app/config.h"
#include "app/exit_status.h"
#include "app/narrator.h"
#include "app/record_run.h"

/// How the person or program at the other end reads us.
struct Audience {
  Colour output_colour = Colour::no;
  Colour error_colour = Colour::no;
  std::size_t width = 0;  ///< of the terminal that standard output is, in columns; 0: it is none
};

/// `cf-failover run`: every configured record once, side by side. Prints what there is to say.
ExitStatus run_command(const Config& config, const Clock& clock, const Audience& audience,
                       const RunWish& wish);
