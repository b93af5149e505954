#include "cases.h"

#include <filesystem>

#include "../support/lab.h"

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr const char* kPeers = "tests/bench/";
constexpr std::size_t kLargePage = 1'000'000;

Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// A situation: what the record holds before and after, and how MAIN behaves.
struct Situation {
  std::string scenario;
  std::string before;
  std::string after;
  Behaviour main = behaviour::Answer{};
};

class Maker {
 public:
  Maker(BenchLab& lab, const Route& route) : lab_(lab), route_(route) {}

  Case ours(const Situation& situation) const;
  Case ours_first(const Situation& situation) const;
  Case control(const Situation& situation) const;
  Case peer(const std::string& name, const Words& program, const Situation& situation) const;

  std::vector<Case> everybody(const Situation& situation) const;

 private:
  Case make(const std::string& name, const Words& argv, const Situation& situation) const;
  fs::path state_of(const Situation& situation) const;
  std::string configuration() const;

  BenchLab& lab_;
  const Route& route_;
};

Case Maker::make(const std::string& name, const Words& argv, const Situation& situation) const {
  return {.scenario = situation.scenario,
          .candidate = name,
          .command = {.argv = argv, .environment = lab_.environment()},
          .prepare =
              [&lab = lab_, situation] {
                lab.point_to(situation.before);
                lab.main.behave(situation.main);
              },
          .record = situation.after};
}

std::string Maker::configuration() const {
  return R"({"records": [{"name": ")" + std::string{BenchLab::kRecord} + R"(", "main": ")" +
         route_.main + R"(", "backup": ")" + route_.backup + R"(", "probe": {"target": ")" +
         lab_.probe_url() + R"(", "attempts": 1}}]})";
}

fs::path Maker::state_of(const Situation& situation) const {
  return lab_.scratch.path() / (route_.name + ", " + situation.scenario);
}

Case Maker::ours(const Situation& situation) const {
  const fs::path file = lab_.scratch.write(route_.name + ".json", configuration());
  Case made =
      make(candidate::kOurs,
           {built("cf-failover"), "--config", file, "--state-dir", state_of(situation)}, situation);
  made.command.environment["CLOUDFLARE_BASE_URL"] = lab_.api_url(route_);
  return made;
}

Case Maker::ours_first(const Situation& situation) const {
  Case made = ours(situation);
  made.prepare = [prepare = made.prepare, state = state_of(situation)] {
    prepare();
    fs::remove_all(state);
  };
  return made;
}

Case Maker::control(const Situation& situation) const {
  const std::string query = std::string{"?type=A&name="} + BenchLab::kRecord;
  Words argv{built("bench/control"), lab_.records_url(route_) + query, "::" + route_.main + ":",
             "::" + route_.backup + ":", lab_.probe_url()};
  if (situation.before != situation.after) {
    argv = argv + Words{lab_.record_url(route_), situation.after};
  }
  return make(candidate::kControl, argv, situation);
}

Case Maker::peer(const std::string& name, const Words& program, const Situation& situation) const {
  const Words arguments{lab_.api_url(route_), lab_.zone(),   BenchLab::kRecord,
                        route_.main,          route_.backup, lab_.probe_url()};
  return make(name, program + arguments, situation);
}

std::vector<Case> Maker::everybody(const Situation& situation) const {
  const std::string peers = kPeers;
  std::vector<Case> cases{ours(situation), control(situation)};
  if (has_go()) {
    cases.push_back(peer(candidate::kGo, {built("bench/peer-go")}, situation));
  }
  cases.push_back(peer(candidate::kBash, {"bash", peers + "peer.sh"}, situation));
  cases.push_back(peer(candidate::kPython, {"python3", peers + "peer.py"}, situation));
  return cases;
}

void append(std::vector<Case>& all, std::vector<Case> more) {
  for (Case& one : more) {
    all.push_back(std::move(one));
  }
}

}  // namespace

bool has_go() {
  return fs::exists(built("bench/peer-go"));
}

std::vector<Case> run_cases(BenchLab& lab, const Route& route) {
  const Maker maker{lab, route};
  const behaviour::Answer large{.body = std::string(kLargePage, 'x')};
  std::vector<Case> all =
      maker.everybody({.scenario = scenario::kHealthy, .before = route.main, .after = route.main});
  all.push_back(maker.ours_first(
      {.scenario = scenario::kFirstRun, .before = route.main, .after = route.main}));
  all.push_back(maker.ours({.scenario = scenario::kLargePage,
                            .before = route.main,
                            .after = route.main,
                            .main = large}));
  append(all, maker.everybody(
                  {.scenario = scenario::kFailback, .before = route.backup, .after = route.main}));
  append(all, maker.everybody({.scenario = scenario::kFailover,
                               .before = route.main,
                               .after = route.backup,
                               .main = behaviour::Refuse{}}));
  return all;
}

Case dead_ipv6_case(BenchLab& lab, const Route& route) {
  return Maker{lab, route}.ours(
      {.scenario = scenario::kDeadIpv6, .before = route.main, .after = route.main});
}

std::vector<Case> start_cases(const BenchLab& lab) {
  constexpr int kUsage = 2;
  const auto start = [&](const std::string& name, const Words& argv, int status) {
    return Case{.scenario = scenario::kStart,
                .candidate = name,
                .command = {.argv = argv, .environment = lab.environment()},
                .prepare = [] {},
                .status = status};
  };
  const std::string program = built("cf-failover");
  return {start(candidate::kControl, {built("bench/control")}, 0),
          start(candidate::kVersion, {program, "--version"}, 0),
          start(candidate::kHelp, {program, "--help"}, 0),
          start(candidate::kUsageError, {program, "--oops"}, kUsage)};
}
