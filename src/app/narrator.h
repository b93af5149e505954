#pragma once

#include <string>
#include <vector>

#include "app/output.h"
#include "app/report.h"

enum class Colour { no, yes };

/// The text in the colour of its tone, or as it is.
std::string painted(const std::string& text, StepLine::Tone tone, Colour colour);
/// The text as a heading.
std::string headed(const std::string& text, Colour colour);

/// A line of steps as it is printed, with its end.
std::string printed(const StepLine& line, Colour colour);

/// Tells the steps of one run as they are taken.
class Narrator {
 public:
  Narrator(std::FILE* stream, Colour colour) : stream_(stream), colour_(colour) {}

  /// Prints the steps that have been settled since it was told last.
  void tell(const RunReport& report);
  /// Somebody else has spoken: says again whose steps follow.
  void interrupted() { has_title_ = false; }
  /// What was not told yet, and the outcome.
  void finish(const RunReport& report);

 private:
  void print_title(const RunReport& report);

  std::FILE* stream_;
  Colour colour_;
  bool has_title_ = false;
  std::size_t told_ = 0;
};
