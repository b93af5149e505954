#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "cases.h"
#include "table.h"

namespace {

constexpr double kWidth = 760;
constexpr double kLeft = 170;   // of the bars
constexpr double kRight = 640;  // of the longest bar
constexpr double kTop = 58;
constexpr double kBar = 16;
constexpr double kPitch = 22;
constexpr double kGap = 34;  // between scenarios, for the name of the next one

constexpr std::array kShown{scenario::kHealthy, scenario::kFailback, scenario::kFailover};

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
  }
  return result;
}

// 1, 2 or 5 times a power of ten, so that there are some five ticks.
double tick_step(double longest) {
  const double power = std::pow(10, std::floor(std::log10(longest / 5)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (longest / (factor * power) <= 6) {
      return factor * power;
    }
  }
  return 10 * power;
}

class Plot {
 public:
  explicit Plot(const Results& results) : results_(results) {
    for (const Row* row : rows()) {
      longest_ = std::max(longest_, spread(row->direct, &Sample::cpu).high);
    }
  }

  std::string draw();

 private:
  std::vector<const Row*> rows() const;
  double x(double ms) const { return kLeft + (kRight - kLeft) * ms / longest_; }
  double bottom() const;

  void text(double x, double y, const std::string& what, const std::string& attributes = "");
  void line(double x1, double y1, double x2, double y2, const char* colour);
  void axis();
  void bar(const Row& row, double y);

  const Results& results_;
  double longest_ = 1;
  std::ostringstream out_;
};

std::vector<const Row*> Plot::rows() const {
  std::vector<const Row*> shown;
  for (const char* const wanted : kShown) {
    for (const Row& row : results_.rows) {
      if (row.scenario == wanted) {
        shown.push_back(&row);
      }
    }
  }
  return shown;
}

double Plot::bottom() const {
  return kTop + kPitch * static_cast<double>(rows().size()) + kGap * kShown.size();
}

void Plot::text(double x, double y, const std::string& what, const std::string& attributes) {
  out_ << "<text x=\"" << x << "\" y=\"" << y << "\" " << attributes << ">" << escaped(what)
       << "</text>\n";
}

void Plot::line(double x1, double y1, double x2, double y2, const char* colour) {
  out_ << "<line x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2
       << "\" stroke=\"" << colour << "\"/>\n";
}

void Plot::axis() {
  const double step = tick_step(longest_);
  for (int tick = 0; tick * step <= longest_; ++tick) {
    const double ms = tick * step;
    line(x(ms), kTop, x(ms), bottom(), "#ddd");
    std::ostringstream label;
    label << ms;
    text(x(ms), bottom() + 18, label.str(), "text-anchor=\"middle\" fill=\"#555\"");
  }
  text(kRight, bottom() + 36, "CPU time of one run, ms (lines: quartiles)",
       "text-anchor=\"end\" fill=\"#555\"");
}

void Plot::bar(const Row& row, double y) {
  const Spread cpu = spread(row.direct, &Sample::cpu);
  const bool ours = row.candidate == candidate::kOurs;
  const double middle = y + kBar / 2;
  out_ << "<rect x=\"" << kLeft << "\" y=\"" << y << "\" width=\"" << x(cpu.median) - kLeft
       << "\" height=\"" << kBar << "\" fill=\"" << (ours ? "#d9580d" : "#8fa3b5") << "\"/>\n";
  line(x(cpu.low), middle, x(cpu.high), middle, "#222");
  text(kLeft - 8, middle + 4, row.candidate,
       ours ? "text-anchor=\"end\" font-weight=\"bold\"" : "text-anchor=\"end\"");
  std::ostringstream label;
  label.precision(1);
  label << std::fixed << cpu.median;
  text(x(cpu.high) + 6, middle + 4, label.str());
}

std::string Plot::draw() {
  const double height = bottom() + 50;
  out_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << kWidth << " " << height
       << "\" width=\"" << kWidth << "\" height=\"" << height
       << "\" font-family=\"sans-serif\" font-size=\"13\">\n"
       << R"(<rect width="100%" height="100%" fill="white"/>)"
       << "\n";
  text(16, 28, "One record: what a run costs", "font-size=\"17\" font-weight=\"bold\"");
  axis();
  double y = kTop;
  std::string scenario;
  for (const Row* row : rows()) {
    if (row->scenario != scenario) {
      scenario = row->scenario;
      text(16, y + kGap - 12, scenario, "font-weight=\"bold\"");
      y += kGap;
    }
    bar(*row, y);
    y += kPitch;
  }
  out_ << "</svg>\n";
  return out_.str();
}

}  // namespace

std::string to_svg(const Results& results) {
  return Plot{results}.draw();
}
