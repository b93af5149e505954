#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench_lab.h"
#include "measurement.h"

// What the runs of one case came to.
struct Row {
  std::string scenario;
  std::string candidate;
  Samples direct = {};
  Traffic traffic = {};  // of one run
  Samples near = {};     // behind the delay line, at kNear
  Samples far = {};      // and at kFar
};

constexpr double kNear = 30;  // ms of round-trip time
constexpr double kFar = 150;

struct Results {
  std::vector<Row> rows = {};
  double load = 0;                  // average before it began
  std::string no_round_trips = {};  // why there are none
  std::string trouble = {};         // why there are fewer than there should be
};

// By how many round-trip times the wall time grows with them. Whatever else goes on only adds to a
// wall time, so the fastest runs tell.
std::optional<double> round_trips(const Row& row);

// Null if that was not run.
const Row* find(const Results& results, const std::string& scenario, const std::string& candidate);

// What must hold, and whether it does.
struct Bound {
  std::string what;
  double value = 0;
  double at_most = 0;
  std::string unit = {};

  bool holds() const { return value <= at_most; }
};

// Those that what was run has something to say about.
std::vector<Bound> bounds(const Results& results);
