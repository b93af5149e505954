#include "measurement.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "../support/launch.h"

namespace {

// Between the two values that are next to the place, as far as it is from either.
double at(const std::vector<double>& sorted, double place) {
  const double index = place * static_cast<double>(sorted.size() - 1);
  const double lower = sorted[static_cast<std::size_t>(std::floor(index))];
  const double upper = sorted[static_cast<std::size_t>(std::ceil(index))];
  return lower + (upper - lower) * (index - std::floor(index));
}

std::vector<double> values(const Samples& samples, Figure figure) {
  std::vector<double> result;
  for (const Sample& sample : samples) {
    result.push_back(sample.*figure);
  }
  return result;
}

template <typename Combine>
double median_of_pairs(const Samples& ours, const Samples& theirs, Combine combine) {
  std::vector<double> values;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    values.push_back(combine(ours[i], theirs[i]));
  }
  return spread(values).median;
}

}  // namespace

Sample measure(const ProcessSpec& spec, int status) {
  const Launched run = launch(spec);
  if (run.status != status) {
    throw std::runtime_error{spec.argv.at(0) + " ended with " + std::to_string(run.status) + ": " +
                             run.err};
  }
  return {.cpu = run.cpu_us / 1000,
          .wall = run.wall_us / 1000,
          .peak = static_cast<double>(run.peak_kib) / 1024};
}

Spread spread(std::vector<double> values) {
  if (values.empty()) {
    return {};
  }
  std::sort(values.begin(), values.end());
  return {.low = at(values, 0.25), .median = at(values, 0.5), .high = at(values, 0.75)};
}

Spread spread(const Samples& samples, Figure figure) {
  return spread(values(samples, figure));
}

double least(const Samples& samples, Figure figure) {
  const std::vector<double> all = values(samples, figure);
  return *std::min_element(all.begin(), all.end());
}

double median_ratio(const Samples& ours, const Samples& theirs, Figure figure) {
  return median_of_pairs(ours, theirs, [&](const Sample& our, const Sample& their) {
    return our.*figure / their.*figure;
  });
}

double median_difference(const Samples& ours, const Samples& theirs, Figure figure) {
  return median_of_pairs(ours, theirs, [&](const Sample& our, const Sample& their) {
    return our.*figure - their.*figure;
  });
}
