// The built program, killed at any moment: nothing that was said is lost, nothing is written twice,
// and the next run finds its way.

#include <csignal>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.h"
#include "support/moving_lab.h"

namespace {

using namespace std::chrono_literals;
using behaviour::Refuse;
using Microseconds = std::chrono::microseconds;

constexpr unsigned kSeed = 20260131;
constexpr int kRounds = 60;
constexpr auto kLongEnough = 4s;  // for all rounds, on a machine that is slow

/// A moment anywhere in something that takes so long, and a little beyond.
class Moments {
 public:
  explicit Moments(std::chrono::duration<double> whole)
      : latest_(std::chrono::duration_cast<Microseconds>(whole * 1.2)) {}

  Microseconds next() {
    return Microseconds(
        std::uniform_int_distribution<Microseconds::rep>(0, latest_.count())(random_));
  }

 private:
  Microseconds latest_;
  std::mt19937_64 random_{kSeed};
};

/// Whether another round is due.
class Rounds {
 public:
  bool go_on(int round) const {
    return round < kRounds && std::chrono::steady_clock::now() < begun_ + kLongEnough;
  }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

/// How long a complete run takes that has a change to make and knows the zone.
std::chrono::duration<double> time_of_a_run(MovingLab& lab) {
  REQUIRE(run(lab.spec({"run"})).status == 0);
  lab.point_to(Lab::kMain);
  const ProcessResult result = run(lab.spec({"run"}));
  REQUIRE(result.status == 0);
  return result.elapsed;
}

/// Starts it and kills it after so long, unless it is done by then. There is no event to wait for:
/// the moment is to be any.
ProcessResult killed_after(const ProcessSpec& spec, Microseconds time) {
  RunningProcess process(spec);
  std::this_thread::sleep_for(time);
  process.signal(SIGKILL);
  return process.wait();
}

/// That no two writes in a row ask for the same, from the one with this number on.
void check_no_write_is_repeated(const MovingLab& lab, std::size_t first) {
  const auto writes = lab.cloudflare.writes();
  for (std::size_t i = first; i < writes.size(); ++i) {
    CHECK(writes[i].method == "PATCH");
    CHECK((i == first || writes[i].body != writes[i - 1].body));
  }
}

/// That the state directory holds what a run leaves, and perhaps what a killed one left half done.
void check_state_is_tidy(const MovingLab& lab) {
  const std::string stem = "www.example.com.A.";
  for (const auto& entry : std::filesystem::directory_iterator(lab.scratch.path() / "state")) {
    const std::string name = entry.path().filename();
    CAPTURE(name);
    CHECK(name.starts_with(stem));
    CHECK_FALSE(name.ends_with(".bad"));
  }
}

/// A run that nobody disturbs goes well and has nothing to complain of.
void check_next_run(const MovingLab& lab, const std::string& record) {
  const ProcessResult next = lab.run_once();
  CAPTURE(next.out, next.err);
  CHECK(next.status == 0);
  CHECK(next.err.empty());
  CHECK(lab.content() == record);
  const std::size_t writes = lab.writes();
  CHECK(lab.run_once().status == 0);
  CHECK(lab.writes() == writes);
  check_state_is_tidy(lab);
}

}  // namespace

TEST_CASE("A run that is killed at any moment has written once at most, and the next one goes on") {
  INFO("seed " << kSeed);
  MovingLab lab;
  lab.main.behave(Refuse{});
  Moments moments(time_of_a_run(lab));
  const Rounds rounds;
  int cut_short = 0;
  for (int round = 0; rounds.go_on(round); ++round) {
    lab.point_to(Lab::kMain);
    const Microseconds moment = moments.next();
    CAPTURE(round, moment.count());
    const std::size_t before = lab.writes();

    const ProcessResult killed = killed_after(lab.spec({"run"}), moment);

    cut_short += killed.signal == SIGKILL ? 1 : 0;
    CHECK(lab.writes() <= before + 1);
    CHECK((killed.out.empty() || lab.content() == Lab::kBackup));
    lab.run_once();
    CHECK(lab.writes() == before + 1);
    CHECK(lab.content() == Lab::kBackup);
  }
  check_state_is_tidy(lab);
  CHECK(cut_short > 0);
}

TEST_CASE("A set-backup that is killed at any moment has stored the address wholly or not at all") {
  INFO("seed " << kSeed);
  MovingLab lab;
  lab.main.behave(Refuse{});
  Moments moments(time_of_a_run(lab));
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 0);
  std::string announced = MovingLab::kMoved;
  const std::size_t first = lab.writes();
  const Rounds rounds;
  int cut_short = 0;
  int stored = 0;
  for (int round = 0; rounds.go_on(round); ++round) {
    const std::string before = announced;
    const std::string next = before == Lab::kBackup ? MovingLab::kMoved : Lab::kBackup;
    const Microseconds moment = moments.next();
    CAPTURE(round, moment.count(), before, next);
    const std::size_t writes = lab.writes();

    const ProcessResult killed = killed_after(lab.set_backup_spec(next), moment);

    cut_short += killed.signal == SIGKILL ? 1 : 0;
    CHECK(lab.writes() <= writes + 1);
    const bool is_stored = lab.is_announced(next);
    stored += is_stored ? 1 : 0;
    CHECK((is_stored || lab.is_announced(before)));
    CHECK((is_stored || !contains(killed.out, "stored the backup's address")));
    CHECK((is_stored || lab.content() == before));
    announced = is_stored ? next : before;
    check_next_run(lab, announced);
  }
  check_no_write_is_repeated(lab, first);
  CHECK(cut_short > 0);
  CHECK(stored > 0);
}

TEST_CASE("A run that is killed at each of its requests leaves the next one a free way") {
  MovingLab lab;
  lab.main.behave(Refuse{});
  // Two lookups of the zone, the list, the list again, the change.
  const std::size_t last = GENERATE(range(std::size_t{1}, std::size_t{6}));
  CAPTURE(last);
  lab.cloudflare.arm({.nth = last, .times = 1, .mischief = fault::Hang{fault::Effect::applied}});
  RunningProcess first(lab.spec({"run"}));
  REQUIRE(lab.cloudflare.await_requests(last));

  first.signal(SIGKILL);
  first.wait();
  lab.cloudflare.disarm_all();
  const ProcessResult next = lab.run_once();

  CAPTURE(next.out, next.err);
  CHECK(next.status == 0);
  CHECK(next.err.empty());
  CHECK(lab.content() == Lab::kBackup);
  CHECK(lab.writes() == 1);
}

TEST_CASE(
    "A set-backup that is killed once its address is stored leaves the rest to the next run") {
  MovingLab lab;
  lab.main.behave(Refuse{});
  lab.point_to(Lab::kBackup);
  const std::size_t last = GENERATE(range(std::size_t{1}, std::size_t{6}));
  CAPTURE(last);
  lab.cloudflare.arm({.nth = last, .times = 1, .mischief = fault::Hang{fault::Effect::applied}});
  RunningProcess first(lab.set_backup_spec(MovingLab::kMoved));
  REQUIRE(lab.cloudflare.await_requests(last));

  first.signal(SIGKILL);
  CHECK(first.wait().out == "www.example.com A: stored the backup's address 127.0.5.1\n");
  lab.cloudflare.disarm_all();

  CHECK(lab.is_announced(MovingLab::kMoved));
  check_next_run(lab, MovingLab::kMoved);
  CHECK(lab.writes() == 1);
  CHECK(lab.backup.connections() == 0);
}

TEST_CASE("What a killed command left half written is no obstacle to the next") {
  MovingLab lab;
  lab.scratch.write(std::string(MovingLab::kSaid) + ".new", "{\"vers");
  lab.scratch.write(std::string(MovingLab::kSeen) + ".new", "{\"vers");

  const ProcessResult result = lab.set_backup(MovingLab::kMoved);

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK(lab.is_announced(MovingLab::kMoved));
  CHECK_FALSE(lab.has(std::string(MovingLab::kSaid) + ".new"));
  CHECK_FALSE(lab.has(std::string(MovingLab::kSeen) + ".new"));
}
