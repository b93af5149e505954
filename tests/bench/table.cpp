#include "table.h"

#include <curl/curl.h>
#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <thread>

#include "cases.h"

namespace {

std::string number(double value, int decimals) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(decimals) << value;
  return out.str();
}

// A cell at the right edge of so many columns, or at the left one.
std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string left(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
}

std::string today() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::ostringstream out;
  out << std::put_time(&parts, "%Y-%m-%d");
  return out.str();
}

std::string processor() {
  std::ifstream file{"/proc/cpuinfo"};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) {
      return line.substr(line.find(": ") + 2);
    }
  }
  return "unknown processor";
}

// libcurl and its TLS, which come first.
std::string libraries() {
  std::istringstream words{curl_version()};
  std::string curl;
  std::string tls;
  words >> curl >> tls;
  return curl + ", " + tls;
}

std::string machine() {
  utsname system{};
  uname(&system);
  const std::string release = static_cast<const char*>(system.release);
  return today() + ", " + processor() + ", " + std::to_string(std::thread::hardware_concurrency()) +
         " processors, Linux " + release.substr(0, release.find('-')) + "\n" + libraries() + "\n";
}

// Most of a wall time is then spent waiting for the others.
std::string busy(double load) {
  const bool is_quiet = load <= std::thread::hardware_concurrency();
  return is_quiet ? ""
                  : "This machine was busy (load " + number(load, 1) +
                        "): do not trust wall times and round trips.\n";
}

std::string figure(const Samples& samples, Figure which) {
  const Spread found = spread(samples, which);
  return right(number(found.median, 1), 8) +
         left("  " + number(found.low, 1) + "-" + number(found.high, 1), 15);
}

std::string trips(const Row& row) {
  const auto found = round_trips(row);
  return found ? number(*found, 2) : "-";
}

std::string traffic(const Row& row) {
  return right(std::to_string(row.traffic.connections), 8) +
         right(std::to_string(row.traffic.api_calls), 7) + right(trips(row), 7);
}

// Ours has the row to compare with in the same scenario.
std::string ratios(const Row* ours, const Row& row) {
  if (ours == nullptr || ours == &row) {
    return "";
  }
  const auto ratio = [&](Figure which) {
    return number(median_ratio(ours->direct, row.direct, which), 2);
  };
  return right(ratio(&Sample::cpu), 9) + right(ratio(&Sample::wall), 6) +
         right(ratio(&Sample::peak), 6);
}

std::string line(const Results& results, const Row& row) {
  const std::string own = left("  " + row.candidate, 24) + figure(row.direct, &Sample::cpu) +
                          figure(row.direct, &Sample::wall) +
                          right(number(spread(row.direct, &Sample::peak).median, 1), 6);
  if (row.scenario == scenario::kStart) {
    return own + "\n";
  }
  return own + traffic(row) + ratios(find(results, row.scenario, candidate::kOurs), row) + "\n";
}

constexpr const char* kHeading =
    "                                CPU, ms               wall, ms          peak"
    "    con-    API  round     cf-failover : it\n"
    "                          median  quartiles      median  quartiles       MiB"
    "   nects  calls  trips      CPU  wall  peak\n";

std::string table(const Results& results) {
  std::string text = kHeading;
  std::string scenario;
  for (const Row& row : results.rows) {
    if (row.direct.empty()) {
      continue;  // It was run for a bound.
    }
    if (row.scenario != scenario) {
      scenario = row.scenario;
      text += scenario + "\n";
    }
    text += line(results, row);
  }
  return text;
}

std::string note_on_round_trips(const Results& results) {
  if (!results.no_round_trips.empty()) {
    return "Round trips: skipped, " + results.no_round_trips + "\n";
  }
  return "Round trips are the growth of wall time between round-trip times of " + number(kNear, 0) +
         " and " + number(kFar, 0) + " ms (the fastest\nof " +
         std::to_string(results.rows.front().far.size()) +
         " runs each), with the lookup of the API's name.\n";
}

std::string notes(const Results& results) {
  const std::string text =
      "\nMedians of " + std::to_string(results.rows.front().direct.size()) +
      " runs in turn, against services on loopback in TLS 1.3. CPU and peak memory are of the\n"
      "program and what it starts; connections and calls are counted by the services. Ratios are "
      "medians of\nthe ratios within each round. The others do not read the record again before "
      "they change it.\n" +
      note_on_round_trips(results);
  return has_go() ? text : text + "Go: skipped, there is no go command\n";
}

std::string bound_lines(const Results& results) {
  std::string text = "\n";
  for (const Bound& bound : bounds(results)) {
    const std::string unit = bound.unit.empty() ? "" : " " + bound.unit;
    text += left(bound.holds() ? "met" : "MISSED", 7) + left(bound.what, 52) +
            right(number(bound.value, 3), 8) + "  at most " + number(bound.at_most, 2) + unit +
            "\n";
  }
  return text;
}

}  // namespace

std::string to_text(const Results& results) {
  return machine() + busy(results.load) + "\n" + table(results) + notes(results) +
         bound_lines(results);
}
