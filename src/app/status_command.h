#pragma once

#include "app/run_command.h"

enum class Nagios { no, yes };

/// `cf-failover status`: the reads and probes of a run, and never a write. The status is that of a
/// monitoring plug-in, of the worst record: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
int status_command(const Config& config, Nagios nagios, const Clock& clock,
                   const Audience& audience);
