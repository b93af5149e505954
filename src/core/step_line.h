#pragma once

#include <string>
#include <string_view>

/// One line of a run as people read it.
struct StepLine {
  enum class Tone { plain, good, bad, doubtful };
  std::string number;  ///< of the step; empty for a line that belongs to the one above
  std::string text;
  Tone tone = Tone::plain;

  friend bool operator==(const StepLine&, const StepLine&) = default;
};

/// "plain", "good", "bad" or "doubtful".
constexpr std::string_view to_text(StepLine::Tone tone) {
  switch (tone) {
    case StepLine::Tone::plain:
      return "plain";
    case StepLine::Tone::good:
      return "good";
    case StepLine::Tone::bad:
      return "bad";
    case StepLine::Tone::doubtful:
      return "doubtful";
  }
  return {};
}
