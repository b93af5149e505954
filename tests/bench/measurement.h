#pragma once

#include <vector>

#include "../support/process.h"

// What one run of a program took, together with the processes that it waited for.
struct Sample {
  double cpu = 0;   // ms
  double wall = 0;  // ms
  double peak = 0;  // MiB
};

using Samples = std::vector<Sample>;
using Figure = double Sample::*;

// Runs the program by way of build/bench/launch; throws if it does not end with this status.
Sample measure(const ProcessSpec& spec, int status);

// The quartiles.
struct Spread {
  double low = 0;
  double median = 0;
  double high = 0;
};

Spread spread(std::vector<double> values);
Spread spread(const Samples& samples, Figure figure);
double least(const Samples& samples, Figure figure);

// The median of what the runs of one round have to each other. Both have as many samples.
double median_ratio(const Samples& ours, const Samples& theirs, Figure figure);
double median_difference(const Samples& ours, const Samples& theirs, Figure figure);
