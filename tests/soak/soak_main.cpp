// A month of minutes, each with a run of the built program, in a loopback world where much goes
// wrong. Every run is compared with a model of the contract; a difference ends it all, and is told
// with what led to it. SEED and MINUTES in the environment choose another month and its length.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "../support/environment.h"
#include "../support/launch.h"
#include "comparison.h"
#include "events.h"
#include "model.h"
#include "soak_lab.h"
#include "tally.h"

namespace soak {
namespace {

using namespace std::chrono_literals;

constexpr int kMinutesOfDay = 24 * 60;

/// In the course of a month somebody changes the options now and then; `part` is what has passed.
Rules rules_at(double part) {
  Rules rules{.main = kMain, .backup = kBackup};
  if (part < 0.55) {
    rules.fall = 2;
    rules.rise = 2;
    rules.failback_delay = 270s;
  } else if (part < 0.75) {
    return rules;
  } else if (part < 0.9) {
    rules.fall = 3;
    rules.failback_delay = 630s;
    rules.unfamiliar = Unfamiliar::main_first;
  } else {
    rules.rise = 3;
    rules.failback_delay = 150s;
    rules.unfamiliar = Unfamiliar::keep;
  }
  return rules;
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    line += (line.empty() ? "" : " ") + word;
  }
  return line;
}

void add_once(std::vector<Memory>& list, const Memory& memory) {
  if (std::find(list.begin(), list.end(), memory) == list.end()) {
    list.push_back(memory);
  }
}

using Model = std::function<Outcome(const Memory&, const Facts&)>;

/// What the model makes of a run.
struct Judgement {
  std::vector<Memory> possible = {};  ///< what the program may remember now; empty: all differs
  Outcome expected = {};
  std::string differences = {};
};

/// `memories` is all that the program may have remembered.
Judgement judge(const std::vector<Memory>& memories, const Model& model, const Facts& facts,
                const Reality& reality) {
  Judgement judgement;
  for (const Memory& memory : memories) {
    const Outcome outcome = model(memory, facts);
    const auto found = differences(outcome, reality, facts);
    for (const std::string& difference : found) {
      judgement.differences += "  " + difference + "\n";
    }
    if (!found.empty()) {
      judgement.differences += "  with " + describe(memory) + "\n";
      continue;
    }
    judgement.expected = outcome;
    add_once(judgement.possible, outcome.memory);
    if (reality.was_killed() && !outcome.is_killed) {
      add_once(judgement.possible, memory);
    }
  }
  return judgement;
}

class Soak {
 public:
  Soak(unsigned seed, int minutes) : seed_(seed), minutes_(minutes), month_(seed) {
    memories_ = {Memory{.backup = kBackup}};
  }

  /// Lives through the month; whether all was as it must be.
  bool pass();

 private:
  bool live_through(const Minute& minute);
  bool let_people_speak(const Minute& minute);
  bool look_back();
  bool say(const std::vector<std::string>& words);
  bool take_run(const Minute& minute);
  long peak_of_a_run();
  bool take_dry_run();
  bool take_set_backup(const Minute& minute);
  bool compare(const ProcessSpec& spec, const Minute& minute, const Model& model);
  ProcessResult play(const ProcessSpec& spec, const Minute& minute);
  Facts facts(const Minute& minute) const;

  void note(const std::string& line);
  bool fail(const std::string& why, const ProcessSpec& spec) const;
  void show_progress() const;

  static constexpr std::chrono::seconds kHoldDuringRun{630};

  const unsigned seed_;
  const int minutes_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  Month month_;
  SoakLab lab_;
  Rules rules_ = {};
  std::vector<Memory> memories_ = {};  ///< what the program may remember: after a kill, who knows
  Tally tally_;
  int minute_ = 0;
  std::deque<std::string> latest_ = {};
};

bool Soak::pass() {
  const int warm = std::min(1000, minutes_ / 2);
  for (minute_ = 1; minute_ <= minutes_; ++minute_) {
    rules_ = rules_at(static_cast<double>(minute_ - 1) / minutes_);
    if (!live_through(month_.next())) {
      return false;
    }
    if (minute_ == warm || minute_ == minutes_) {
      tally_.measure_growth(peak_of_a_run());
    }
    show_progress();
  }
  return look_back() && tally_.summarize(lab_.state());
}

bool Soak::live_through(const Minute& minute) {
  note("minute " + std::to_string(minute_) + ": " + describe(minute));
  tally_.count(minute);
  lab_.begin(minute);
  return let_people_speak(minute) && (!minute.announced || take_set_backup(minute)) &&
         (!minute.is_tried || take_dry_run()) && take_run(minute);
}

// --- What people say ---

bool Soak::let_people_speak(const Minute& minute) {
  lab_.disarm();
  if (minute.hold) {
    const Time until = lab_.facts().now + *minute.hold;
    for (Memory& memory : memories_) {
      memory.held_until = until;
    }
    if (!say({"hold", std::to_string(minute.hold->count()) + "s"})) {
      return false;
    }
  }
  if (minute.is_released) {
    for (Memory& memory : memories_) {
      memory.held_until.reset();
    }
    return say({"release"});
  }
  return true;
}

/// What is kept of the month can still be read, whatever was killed.
bool Soak::look_back() {
  return say({"history"}) && say({"explain"});
}

bool Soak::say(const std::vector<std::string>& words) {
  tally_.count_command(words.front());
  const ProcessSpec spec = lab_.spec(words);
  const ProcessResult result = ::run(spec);
  return (result.status == 0 && result.err.empty()) || fail(result.err, spec);
}

// --- Runs ---

bool Soak::take_run(const Minute& minute) {
  return compare(lab_.spec({"run"}, rules_), minute,
                 [this](const Memory& memory, const Facts& facts) {
                   return soak::run(rules_, memory, facts);
                 });
}

/// In KiB.
long Soak::peak_of_a_run() {
  lab_.disarm();
  const ProcessSpec spec = lab_.spec({"run", "--dry-run"}, rules_);
  return launch(spec).peak_kib;
}

bool Soak::take_dry_run() {
  tally_.count_command("run --dry-run");
  return compare(lab_.spec({"run", "--dry-run"}, rules_), {},
                 [this](const Memory& memory, Facts facts) {
                   facts.is_dry = true;
                   return soak::run(rules_, memory, facts);
                 });
}

bool Soak::take_set_backup(const Minute& minute) {
  tally_.count_command("set-backup");
  const std::string address = *minute.announced;
  Minute survived = minute;
  survived.killed_after.reset();
  return compare(lab_.spec({"set-backup", address, "--allow-private"}, rules_), survived,
                 [&, this](const Memory& memory, const Facts& facts) {
                   return set_backup(rules_, memory, facts, address);
                 });
}

/// Goes on with all that the program may remember by what it did; nothing left is a failure.
bool Soak::compare(const ProcessSpec& spec, const Minute& minute, const Model& model) {
  const Facts before = facts(minute);
  lab_.arm(before.mishap, before.meddled, kHoldDuringRun);
  const int writes = lab_.writes();
  ProcessResult process = play(spec, minute);
  const Reality reality = reality_of(std::move(process), lab_.holds(), lab_.writes() - writes);

  const Judgement judgement = judge(memories_, model, before, reality);
  if (judgement.possible.empty()) {
    return fail(judgement.differences + "standard output: " + reality.process.out +
                    "\nstandard error: " + reality.process.err,
                spec);
  }
  memories_ = judgement.possible;
  tally_.count(judgement.expected, reality, before.mishap);
  const bool by_chance = reality.was_killed() && !judgement.expected.is_killed;
  note("  " + spec.argv.at(1) + ": " + (by_chance ? "killed, else " : "") +
       describe(judgement.expected));
  return true;
}

ProcessResult Soak::play(const ProcessSpec& spec, const Minute& minute) {
  if (minute.killed_after) {
    constexpr auto kOnItsWay = 50ms;  // Until Cloudflare has dealt with what was sent.
    RunningProcess process(spec);
    std::this_thread::sleep_for(*minute.killed_after);
    process.signal(SIGKILL);
    ProcessResult result = process.wait();
    std::this_thread::sleep_for(kOnItsWay);
    return result;
  }
  const double before = Tally::processor_time();
  ProcessResult result = lab_.play(spec);
  tally_.took(result, Tally::processor_time() - before);
  return result;
}

Facts Soak::facts(const Minute& minute) const {
  Facts facts = lab_.facts();
  // Without a record the zone is looked up and the list read again, as it is before a change.
  facts.mishap = facts.holds.empty() ? Mishap::none : minute.mishap;
  facts.meddled = minute.meddled;
  facts.hold_length = kHoldDuringRun;
  return facts;
}

// --- What is told ---

void Soak::note(const std::string& line) {
  constexpr std::size_t kKept = 40;
  latest_.push_back(line);
  if (latest_.size() > kKept) {
    latest_.pop_front();
  }
}

bool Soak::fail(const std::string& why, const ProcessSpec& spec) const {
  std::printf("\n");
  for (const std::string& line : latest_) {
    std::printf("%s\n", line.c_str());
  }
  std::printf("\nSEED=%u, minute %d: the program does not do what the contract says\n%s\n%s\n",
              seed_, minute_, why.c_str(), joined(spec.argv).c_str());
  return false;
}

void Soak::show_progress() const {
  const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  const int every = is_terminal ? kMinutesOfDay : 5 * kMinutesOfDay;
  if (minute_ % every != 0 && minute_ != minutes_) {
    return;
  }
  const auto elapsed =
      std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - begun_);
  std::printf("%sday %d: %d of %d minutes lived through in %lld s%s", is_terminal ? "\r" : "",
              minute_ / kMinutesOfDay, minute_, minutes_, static_cast<long long>(elapsed.count()),
              is_terminal && minute_ != minutes_ ? "" : "\n");
  std::fflush(stdout);
}

int soak_main() {
  constexpr unsigned kSeed = 20260131;
  constexpr unsigned kMonth = 30 * kMinutesOfDay;
  const auto seed = static_cast<unsigned>(number_from_environment("SEED", kSeed));
  const auto minutes = static_cast<int>(std::max(1UL, number_from_environment("MINUTES", kMonth)));
  std::printf("SEED=%u MINUTES=%d\n", seed, minutes);
  std::fflush(stdout);
  return Soak(seed, minutes).pass() ? 0 : 1;
}

}  // namespace
}  // namespace soak

int main() try { return soak::soak_main(); } catch (const std::exception& problem) {
  std::fprintf(stderr, "soak: %s\n", problem.what());
  return 1;
}
