#include "app/narrator.h"

namespace {

std::string_view code(StepLine::Tone tone) {
  switch (tone) {
    case StepLine::Tone::plain:
      return "";
    case StepLine::Tone::good:
      return "\033[32m";
    case StepLine::Tone::bad:
      return "\033[31m";
    case StepLine::Tone::doubtful:
      return "\033[33m";
  }
  return "";
}

std::string wrapped(const std::string& text, std::string_view code) {
  return code.empty() ? text : std::string(code) + text + "\033[0m";
}

}  // namespace

std::string painted(const std::string& text, StepLine::Tone tone, Colour colour) {
  return colour == Colour::yes ? wrapped(text, code(tone)) : text;
}

std::string headed(const std::string& text, Colour colour) {
  return colour == Colour::yes ? wrapped(text, "\033[1m") : text;
}

std::string printed(const StepLine& line, Colour colour) {
  const std::string number = line.number.empty() ? " " : line.number;
  return "  " + number + "  " + painted(line.text, line.tone, colour) + "\n";
}

void Narrator::tell(const RunReport& report) {
  print_title(report);
  const std::vector<StepLine> lines = step_lines(report);
  for (; told_ < lines.size(); ++told_) {
    print(stream_, printed(lines[told_], colour_));
  }
}

void Narrator::finish(const RunReport& report) {
  tell(report);
  for (const StepLine& line : closing_lines(report)) {
    print(stream_, printed(line, colour_));
  }
}

void Narrator::print_title(const RunReport& report) {
  if (has_title_) {
    return;
  }
  has_title_ = true;
  const std::string zone = report.zone.empty() ? "" : " in zone " + report.zone;
  print(stream_, headed(title(report), colour_) + zone + "\n");
}
