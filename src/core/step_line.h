#pragma once

#include <string>

/// One line of a run as people read it.
struct StepLine {
  enum class Tone { plain, good, bad, doubtful };
  std::string number;  ///< of the step; empty for a line that belongs to the one above
  std::string text;
  Tone tone = Tone::plain;

  friend bool operator==(const StepLine&, const StepLine&) = default;
};
