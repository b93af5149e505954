#pragma once

#include <vector>

#include "app/config.h"
#include "app/exit_status.h"
#include "app/metrics.h"
#include "io/http.h"

/// What runs must leave of the deadline for telling others, so that people hear even of an API that
/// never answers; zero where nobody is to hear.
Milliseconds time_to_tell(const Config& config);

/// What a run does when all that concerns DNS is over: delivers notices, and tells monitoring
/// systems. Nothing of it changes the run's status; what fails is warned of, but for a ping: its
/// silence speaks for itself.
void tell_others(const Config& config, const std::vector<MeasuredRun>& runs, ExitStatus status,
                 EventLoop& loop, Http& http);
