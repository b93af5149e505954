#pragma once

#include <vector>

#include "app/config.h"
#include "app/exit_status.h"
#include "app/metrics.h"
#include "io/http.h"

/// What a run does when all that concerns DNS is over: delivers notices, and tells monitoring
/// systems. Nothing of it changes the run's status; what fails is warned of, but for a ping: its
/// silence speaks for itself.
void tell_others(const Config& config, const std::vector<MeasuredRun>& runs, ExitStatus status,
                 EventLoop& loop, Http& http);
