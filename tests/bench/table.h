#pragma once

#include <string>

#include "result.h"

// The table, what it means, and the bounds, for a terminal and for README.
std::string to_text(const Results& results);

// The bars of CPU time of each candidate, by scenario.
std::string to_svg(const Results& results);
