// Several runs for one record: many at once on one host, and those of two hosts that know nothing
// of each other.

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/api_scene.h"
#include "support/catch.h"

namespace {

using namespace std::chrono_literals;
using behaviour::Answer;
using behaviour::Hang;
using behaviour::Refuse;

constexpr unsigned kSeed = 20260131;

/// Two sites that come and go, and where the contract has the record point in between.
class Flapping {
 public:
  explicit Flapping(Lab& lab) : lab_(lab) {}

  void next(std::mt19937& random) {
    std::bernoulli_distribution flips(0.3);
    main_is_up_ = main_is_up_ != flips(random);
    backup_is_up_ = backup_is_up_ != flips(random);
    lab_.main.behave(main_is_up_ ? Behaviour(Answer{}) : Behaviour(Refuse{}));
    lab_.backup.behave(backup_is_up_ ? Behaviour(Answer{}) : Behaviour(Refuse{}));
  }

  /// Where the next run leaves the record, by the eight steps.
  std::string after(const std::string& origin) const {
    const std::string other = origin == Lab::kMain ? Lab::kBackup : Lab::kMain;
    const bool moves = is_up(other) && (other == Lab::kMain || !is_up(origin));
    return moves ? other : origin;
  }

 private:
  bool is_up(const std::string& address) const {
    return address == Lab::kMain ? main_is_up_ : backup_is_up_;
  }

  Lab& lab_;
  bool main_is_up_ = true;
  bool backup_is_up_ = true;
};

/// A run of another host: nothing is shared but the record.
ProcessSpec run_of(const Lab& lab, const std::string& host) {
  return with(one_run(lab), "--state-dir", lab.scratch.path() / host);
}

}  // namespace

TEST_CASE("Of a hundred runs at once one does the work, and the others say that it does") {
  constexpr std::size_t kRuns = 100;
  const auto lab = failover_due();
  lab->backup.behave(Hang{});  // Whoever is first waits for it until the others are done.
  const ProcessSpec spec = lab->command({"--attempts", "10", "--timeout", "4s"});
  std::vector<std::unique_ptr<RunningProcess>> runs;
  for (std::size_t i = 0; i < kRuns; ++i) {
    runs.push_back(std::make_unique<RunningProcess>(spec));
  }

  std::size_t busy = 0;
  while (runs.size() > 1) {
    const auto ended =
        std::find_if(runs.begin(), runs.end(), [](const auto& run) { return !run->running(); });
    if (ended == runs.end()) {
      runs.front()->await_error_line("under way", 100ms);
      continue;
    }
    const ProcessResult result = (*ended)->wait();
    CAPTURE(result.out, result.err);
    CHECK(result.status == 75);
    busy += result.status == 75 ? 1U : 0U;
    runs.erase(ended);
  }
  lab->backup.behave(Answer{});
  const ProcessResult last = runs.front()->wait();

  CHECK(busy == kRuns - 1);
  CHECK(last.status == 0);
  CHECK(last.out == success_line());
  CHECK(lab->cloudflare.writes().size() == 1);
}

TEST_CASE(
    "Two hosts on one flapping record write what the eight steps say, and once between them") {
  INFO("seed " << kSeed);
  std::mt19937 random(kSeed);
  Lab lab;
  Flapping sites(lab);
  std::string expected = Lab::kMain;
  std::size_t writes = 0;

  for (int minute = 0; minute < 40; ++minute) {
    CAPTURE(minute);
    sites.next(random);
    const bool first_is_a = std::bernoulli_distribution(0.5)(random);
    for (const bool is_a : {first_is_a, !first_is_a}) {
      const std::string after = sites.after(expected);
      writes += after == expected ? 0U : 1U;
      expected = after;

      run(run_of(lab, is_a ? "a" : "b"));

      REQUIRE(lab.content() == expected);
      REQUIRE(lab.cloudflare.writes().size() == writes);
    }
  }
  CHECK(writes > 10);
}

TEST_CASE("Two hosts that run at the same time agree, and each writes once at most") {
  INFO("seed " << kSeed);
  std::mt19937 random(kSeed);
  Lab lab;
  Flapping sites(lab);
  std::string origin = Lab::kMain;

  for (int minute = 0; minute < 40; ++minute) {
    CAPTURE(minute);
    sites.next(random);
    const std::size_t before = lab.cloudflare.writes().size();

    RunningProcess a(run_of(lab, "a"));
    RunningProcess b(run_of(lab, "b"));
    for (RunningProcess* const host : {&a, &b}) {
      const ProcessResult result = host->wait();
      CAPTURE(result.err);
      CHECK(result.status.value_or(-1) <= 1);  // Who comes second finds the work done.
    }

    // The slower one may begin when the record has moved already, and take another step.
    const std::string once = sites.after(origin);
    const std::string twice = sites.after(once);
    origin = lab.content();
    CHECK((origin == once || origin == twice));
    CHECK(lab.cloudflare.writes().size() - before <= 2);
    CHECK((once != twice || sites.after(origin) == origin));
  }
}
