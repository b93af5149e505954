#include "result.h"

#include <algorithm>

#include "cases.h"

namespace {

struct RatioBound {
  const char* peer;
  double at_most;
};

struct TripsBound {
  const char* scenario;
  double at_most;
};

class Examination {
 public:
  explicit Examination(const Results& results) : results_(results) {}

  // CPU of a healthy run.
  void against_control(double at_most_ms) {
    const Row* const ours = find(results_, scenario::kHealthy, candidate::kOurs);
    const Row* const control = find(results_, scenario::kHealthy, candidate::kControl);
    add("healthy: CPU over bare libcurl's",
        median_difference(ours->direct, control->direct, &Sample::cpu), at_most_ms, "ms");
  }

  void against(const RatioBound& bound) {
    const Row* const ours = find(results_, scenario::kHealthy, candidate::kOurs);
    const Row* const peer = find(results_, scenario::kHealthy, bound.peer);
    if (peer != nullptr) {
      add(std::string{"healthy: CPU, of that of "} + bound.peer,
          median_ratio(ours->direct, peer->direct, &Sample::cpu), bound.at_most, "");
    }
  }

  void effort_of_healthy_run() {
    constexpr double kPeak = 15;
    constexpr double kConnections = 3;
    constexpr double kCalls = 1;
    const Row& ours = *find(results_, scenario::kHealthy, candidate::kOurs);
    add("healthy: peak memory", spread(ours.direct, &Sample::peak).median, kPeak, "MiB");
    add("healthy: connections", static_cast<double>(ours.traffic.connections), kConnections, "");
    add("healthy: API calls", static_cast<double>(ours.traffic.api_calls), kCalls, "");
  }

  void trips(const TripsBound& bound) {
    const Row* const ours = find(results_, bound.scenario, candidate::kOurs);
    if (const auto trips = round_trips(*ours)) {
      add(std::string{bound.scenario} + ": round trips", *trips, bound.at_most, "");
    }
  }

  // libcurl gives the other family a start of so much, its CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS.
  void dead_ipv6() {
    constexpr double kHeadStart = 200;
    constexpr double kTimers = 5;
    const Row* const broken = find(results_, scenario::kDeadIpv6, candidate::kOurs);
    const Row* const healthy = find(results_, scenario::kHealthy, candidate::kOurs);
    if (broken != nullptr && !broken->near.empty()) {
      add(std::string{scenario::kDeadIpv6} + ": added wall",
          median_difference(broken->near, healthy->near, &Sample::wall), kHeadStart + kTimers,
          "ms");
    }
  }

  void start(const char* command, double at_most_ms) {
    const Row* const ours = find(results_, scenario::kStart, command);
    const Row* const control = find(results_, scenario::kStart, candidate::kControl);
    add(std::string{command} + ": CPU over bare libcurl's",
        median_difference(ours->direct, control->direct, &Sample::cpu), at_most_ms, "ms");
  }

  std::vector<Bound> found() && { return std::move(found_); }

 private:
  void add(const std::string& what, double value, double at_most, const std::string& unit) {
    found_.push_back({.what = what, .value = value, .at_most = at_most, .unit = unit});
  }

  const Results& results_;
  std::vector<Bound> found_;
};

}  // namespace

std::optional<double> round_trips(const Row& row) {
  if (row.near.empty() || row.far.empty()) {
    return std::nullopt;
  }
  return (least(row.far, &Sample::wall) - least(row.near, &Sample::wall)) / (kFar - kNear);
}

const Row* find(const Results& results, const std::string& scenario, const std::string& candidate) {
  const auto found = std::find_if(results.rows.begin(), results.rows.end(), [&](const Row& row) {
    return row.scenario == scenario && row.candidate == candidate;
  });
  return found == results.rows.end() ? nullptr : &*found;
}

std::vector<Bound> bounds(const Results& results) {
  Examination examination{results};
  examination.against_control(3);
  for (const RatioBound& bound :
       {RatioBound{candidate::kGo, 0.65}, {candidate::kBash, 0.13}, {candidate::kPython, 0.22}}) {
    examination.against(bound);
  }
  examination.effort_of_healthy_run();
  for (const TripsBound& bound : {TripsBound{scenario::kHealthy, 4.1},
                                  {scenario::kFirstRun, 5.1},
                                  {scenario::kLargePage, 4.1},
                                  {scenario::kFailback, 6.1}}) {
    examination.trips(bound);
  }
  examination.dead_ipv6();
  for (const char* command : {candidate::kVersion, candidate::kHelp, candidate::kUsageError}) {
    examination.start(command, 1);
  }
  return std::move(examination).found();
}
