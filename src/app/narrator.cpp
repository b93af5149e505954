#include "app/narrator.h"

namespace {

constexpr std::string_view kPlain = "\033[0m";

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

std::string painted(const std::string& text, std::string_view colour) {
  return colour.empty() ? text : std::string(colour) + text + std::string(kPlain);
}

}  // namespace

void print(std::FILE* stream, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

void Narrator::tell(const RunReport& report) {
  print_title(report);
  const std::vector<StepLine> lines = step_lines(report);
  for (; told_ < lines.size(); ++told_) {
    print_line(lines[told_]);
  }
}

void Narrator::finish(const RunReport& report) {
  tell(report);
  for (const StepLine& line : closing_lines(report)) {
    print_line(line);
  }
}

void Narrator::print_title(const RunReport& report) {
  if (has_title_) {
    return;
  }
  has_title_ = true;
  const std::string bold = colour_ == Colour::yes ? "\033[1m" : "";
  const std::string zone = report.zone.empty() ? "" : " in zone " + report.zone;
  print(stream_, painted(title(report), bold) + zone + "\n");
}

void Narrator::print_line(const StepLine& line) {
  const std::string number = line.number.empty() ? " " : line.number;
  const std::string_view colour = colour_ == Colour::yes ? code(line.tone) : "";
  print(stream_, "  " + number + "  " + painted(line.text, colour) + "\n");
}
