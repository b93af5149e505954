#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "app/report.h"

/// Writes the text out at once; a stream that is full or closed is no reason to stop a run.
void print(std::FILE* stream, const std::string& text);

enum class Colour { no, yes };

/// Tells the steps of one run as they are taken.
class Narrator {
 public:
  Narrator(std::FILE* stream, Colour colour) : stream_(stream), colour_(colour) {}

  /// Prints the steps that have been settled since it was told last.
  void tell(const RunReport& report);
  /// What was not told yet, and the outcome.
  void finish(const RunReport& report);

 private:
  void print_line(const StepLine& line);
  void print_title(const RunReport& report);

  std::FILE* stream_;
  Colour colour_;
  bool has_title_ = false;
  std::size_t told_ = 0;
};
