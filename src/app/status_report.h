#pragma once

#include <string>
#include <vector>

#include "app/narrator.h"
#include "app/run.h"

// What `status` says, in words and for monitoring systems.

/// As the monitoring plug-ins have it.
enum class Level { ok = 0, warning = 1, critical = 2, unknown = 3 };

Level level(const RunReport& report);
/// The one that matters more: critical, unknown, warning, ok.
Level worse(Level a, Level b);
/// "OK", "WARNING", "CRITICAL" or "UNKNOWN".
std::string_view to_text(Level level);

/// The table of one record, for a terminal of that many columns; 0: for no terminal.
std::string status_table(const RunReport& report, Colour colour, std::size_t width);

/// One line about all records, with performance data:
/// https://www.monitoring-plugins.org/doc/guidelines.html
std::string nagios_line(const std::vector<RunReport>& reports);
