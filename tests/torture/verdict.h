#pragma once

#include <string>
#include <vector>

#include "theatre.h"

namespace torture {

/// What came of one performance.
struct Verdict {
  Act act = {};
  std::vector<std::string> violations = {};
};

/// Performs the plot with that failure, and goes on from there twice.
Verdict try_out(Theatre& theatre, const Plot& plot, const Kind& kind, long nth);

}  // namespace torture
