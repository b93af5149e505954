#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench_lab.h"
#include "measurement.h"

// One row of the table: a program in a situation.
struct Case {
  std::string scenario;
  std::string candidate;
  ProcessSpec command;
  std::function<void()> prepare;  // before each run
  std::string record = {};        // holds this afterwards; empty: it does not matter
  int status = 0;
};

namespace scenario {

constexpr const char* kHealthy = "healthy";
constexpr const char* kFirstRun = "healthy, first run";
constexpr const char* kLargePage = "healthy, 1 MB page";
constexpr const char* kFailback = "failback";
constexpr const char* kFailover = "failover, MAIN refuses";
constexpr const char* kDeadIpv6 = "healthy, the API's IPv6 address is dead";
constexpr const char* kStart = "start-up";

}  // namespace scenario

namespace candidate {

constexpr const char* kOurs = "cf-failover";
constexpr const char* kControl = "bare libcurl";
constexpr const char* kGo = "Go";
constexpr const char* kBash = "bash + curl + jq";
constexpr const char* kPython = "Python urllib";
constexpr const char* kVersion = "cf-failover --version";
constexpr const char* kHelp = "cf-failover --help";
constexpr const char* kUsageError = "cf-failover --oops";

}  // namespace candidate

// What there is to run against the services. `lab` and `route` must outlive it.
std::vector<Case> run_cases(BenchLab& lab, const Route& route);

// A healthy run by a route on which the API has a dead address as well.
Case dead_ipv6_case(BenchLab& lab, const Route& route);

// What does not touch the network.
std::vector<Case> start_cases(const BenchLab& lab);

bool has_go();
