#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "comparison.h"
#include "events.h"
#include "model.h"

namespace soak {

/// Counts what happened, and watches what must not grow.
class Tally {
 public:
  void count(const Minute& minute);
  void count(const Outcome& outcome, const Reality& reality, Mishap mishap);
  void count_command(const std::string& command) { ++commands_[command]; }

  /// The processor time of all programs run so far, before and after one of them.
  static double processor_time();
  void took(const ProcessResult& process, double processor_time);

  /// To be called once the world is warm, and again at the end, with the peak of a run's memory.
  void measure_growth(long peak_kib);

  /// Prints all of it; whether nothing has grown beyond its bounds.
  bool summarize(const std::filesystem::path& state) const;

 private:
  using Counts = std::map<std::string, int>;

  static void print(const std::string& title, const Counts& counts);
  bool summarize_speed() const;
  bool summarize_growth(const std::filesystem::path& state) const;

  int runs_ = 0;
  int writes_ = 0;
  Counts commands_ = {};
  Counts changes_ = {};
  Counts events_ = {};
  Counts mishaps_ = {};
  Counts statuses_ = {};
  std::vector<double> elapsed_ms_ = {};
  std::vector<double> processor_ms_ = {};
  std::vector<std::size_t> descriptors_ = {};
  std::vector<long> peaks_kib_ = {};
};

}  // namespace soak
