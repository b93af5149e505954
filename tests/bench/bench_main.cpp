// Runs cf-failover, bare libcurl and other people's way to do the same in turn, against the same
// services on loopback, and says what each took. Fails if a bound is missed. See `make bench`.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>

#include "../support/lab.h"
#include "cases.h"
#include "delay_line.h"
#include "name_server.h"
#include "own_network.h"
#include "result.h"
#include "table.h"

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

const Route kDirect{.name = "direct",
                    .api_host = BenchLab::kApi,
                    .main = BenchLab::kMain,
                    .backup = BenchLab::kBackup};

// The ends of the delay line that clients dial.
constexpr const char* kFarApi = "127.0.1.2";
constexpr const char* kNearNames = "127.0.4.1";
constexpr const char* kFarNames = "127.0.4.2";
constexpr const char* kNowhere = "fd00::1";
constexpr const char* kFromHere = "fd00::2";
const Route kDelayed{
    .name = "delayed", .api_host = BenchLab::kApiName, .main = "127.0.2.2", .backup = "127.0.3.2"};
const Route kDual{.name = "dual",
                  .api_host = BenchLab::kDualName,
                  .main = kDelayed.main,
                  .backup = kDelayed.backup};

// Rounds of a phase, fewer where a machine is slow: three at least.
struct Patience {
  int rounds;
  seconds time;
  Clock::time_point begun = Clock::now();

  bool lasts(int round) const {
    return round < rounds && (round < 3 || Clock::now() - begun < time);
  }
};

constexpr int kRounds = 31;
constexpr int kDelayedRounds = 7;
constexpr seconds kTime{100};

Sample run_case(const Case& one, const BenchLab& lab) {
  one.prepare();
  const Sample sample = measure(one.command, one.status);
  if (!one.record.empty() && lab.content() != one.record) {
    throw std::runtime_error{one.scenario + ", " + one.candidate + ": the record holds " +
                             lab.content()};
  }
  return sample;
}

// The first run fills caches, the candidate's and the kernel's.
void warm_up(const std::vector<Case>& cases, const BenchLab& lab) {
  for (const Case& one : cases) {
    run_case(one, lab);
  }
}

// The row of that case, a new one if it has none.
Row& row_of(Results& results, const Case& one) {
  for (Row& row : results.rows) {
    if (row.scenario == one.scenario && row.candidate == one.candidate) {
      return row;
    }
  }
  return results.rows.emplace_back(Row{.scenario = one.scenario, .candidate = one.candidate});
}

void measure_direct(BenchLab& lab, Results& results) {
  std::vector<Case> cases = run_cases(lab, kDirect);
  for (Case& one : start_cases(lab)) {
    cases.push_back(std::move(one));
  }
  warm_up(cases, lab);
  const Patience patience{.rounds = kRounds, .time = kTime};
  for (int round = 0; patience.lasts(round); ++round) {
    for (const Case& one : cases) {
      const Traffic before = lab.traffic();
      Row& row = row_of(results, one);
      row.direct.push_back(run_case(one, lab));
      row.traffic = lab.traffic() - before;
    }
  }
}

void measure_round_trips(BenchLab& lab, DelayLine& line, Results& results) {
  std::vector<Case> cases = run_cases(lab, kDelayed);
  cases.push_back(dead_ipv6_case(lab, kDual));
  warm_up(cases, lab);
  const Patience patience{.rounds = kDelayedRounds, .time = kTime};
  for (int round = 0; patience.lasts(round); ++round) {
    for (const auto& [time, samples] : {std::pair{kNear, &Row::near}, std::pair{kFar, &Row::far}}) {
      line.set_round_trip(std::chrono::milliseconds{static_cast<int>(time)});
      for (const Case& one : cases) {
        (row_of(results, one).*samples).push_back(run_case(one, lab));
      }
    }
  }
}

// The same services, and the names of one of them, at the other end of the line.
struct FarWorld {
  explicit FarWorld(const BenchLab& lab) {
    line.lead(kFarApi, BenchLab::kApi);
    line.lead(kDelayed.main, BenchLab::kMain);
    line.lead(kDelayed.backup, BenchLab::kBackup);
    line.lead(kFarNames, kNearNames);
    line.swallow(kNowhere, kFromHere);
    names.emplace(NameServer::Setup{.near = kNearNames,
                                    .ipv4 = kFarApi,
                                    .ipv6 = kNowhere,
                                    .name_with_ipv6 = BenchLab::kDualName});
    use_name_server(kFarNames, lab.scratch.path());
  }

  DelayLine line;
  std::optional<NameServer> names;
};

std::unique_ptr<FarWorld> try_far_world(const BenchLab& lab, Results& results) try {
  return std::make_unique<FarWorld>(lab);
} catch (const std::exception& problem) {
  results.no_round_trips = problem.what();
  return nullptr;
}

// That there is no such line is no fault; that a run fails on it is one.
void measure_behind_delay_line(BenchLab& lab, Results& results) {
  const auto world = try_far_world(lab, results);
  try {
    if (world) {
      measure_round_trips(lab, world->line, results);
    }
  } catch (const std::exception& problem) {
    results.trouble = problem.what();
  }
}

// Why not, if it could not be had.
std::string try_own_network() try {
  enter_own_network();
  return {};
} catch (const std::exception& problem) {
  return std::string{"no network of our own to be had: "} + problem.what();
}

// What others keep this machine busy with, in processors.
double load() {
  double last_minute = 0;
  getloadavg(&last_minute, 1);
  return last_minute;
}

Results measure_all() {
  Results results{.load = load(), .no_round_trips = try_own_network()};  // With one thread still.
  BenchLab lab;
  std::fprintf(stderr, "bench: %zu certificates; some three minutes\n", lab.trust.size());
  measure_direct(lab, results);
  if (results.no_round_trips.empty()) {
    measure_behind_delay_line(lab, results);
  }
  return results;
}

void save(const std::string& name, const std::string& text) {
  std::ofstream file{built("bench/" + name)};
  if (!(file << text << std::flush)) {
    throw std::runtime_error{"cannot write " + built("bench/" + name)};
  }
}

std::size_t tell_what_is_missed(const Results& results) {
  std::size_t missed = 0;
  for (const Bound& bound : bounds(results)) {
    if (!bound.holds()) {
      std::fprintf(stderr, "bench: missed: %s\n", bound.what.c_str());
      ++missed;
    }
  }
  return missed;
}

}  // namespace

int main() try {
  const Results results = measure_all();
  const std::string table = to_text(results);
  std::fputs(table.c_str(), stdout);
  std::fflush(stdout);
  save("table.txt", table);
  save("cpu.svg", to_svg(results));
  if (!results.trouble.empty()) {
    throw std::runtime_error{"round trips: " + results.trouble};
  }
  return tell_what_is_missed(results) == 0 ? 0 : 1;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "bench: %s\n", problem.what());
  return 1;
}
