#pragma once

#include <string>
#include <vector>

#include "core/ports.h"
#include "io/event_loop.h"

/// Runs a command, found by PATH, without a shell; accessible if it exits with 0 within the
/// time-out.
/// `environment` ("NAME=value") is all that it sees, beside CF_FAILOVER_ADDRESS. Its output goes
/// nowhere, and when it ends or the time is up, so do the processes that it has left behind.
Task<ProbeAttempt> exec_probe(EventLoop& loop, std::vector<std::string> words,
                              std::vector<std::string> environment, IpAddress address,
                              Milliseconds timeout);
