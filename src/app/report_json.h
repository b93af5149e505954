#pragma once

#include <string>

#include "app/run.h"

/// The report as one line of JSON, without its end.
std::string to_json(const RunReport& report);
