#pragma once

#include <string>

#include "app/run.h"

/// The report as one line of JSON, without its end. `time` is RFC 3339 in UTC.
std::string to_json(const RunReport& report, const std::string& time);
