// Every call of a run fails once: each file and network call and each allocation, of several
// commands; each request of a run meets each fault of Cloudflare's API, alone and together with
// another one, and each answer breaks off at each of its bytes. After each, what the program
// promises is looked at. A violation is shown with the words that repeat it; timing may move the
// numbers of its calls a little.
//
//   torture [PLOT [KIND [N]]]
//
// Of the pairs, and of the allocations and bytes of some plots, only a random choice is tried, by
// SEED; with STRIDE, about every STRIDE-th one of all plots.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include "../support/environment.h"
#include "verdict.h"

namespace torture {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr unsigned kUsualSeed = 20260131;
constexpr auto kTimeForAll = 19min;
constexpr long kEveryBelow = 500;  // Where samples are taken of allocations: from here on.
constexpr long kUsualStride = 20;
constexpr long kPairStride = 100;
constexpr int kUsesOfTheatre = 50;  // What its servers have seen is kept, and takes time to read.

/// One plot and one kind of failure: the calls of a run, from the first on.
struct Series {
  const Plot& plot;
  const Kind& kind;
  std::mt19937 random;
  long next = 1;
  long end = 0;       ///< the first that did not fail any more; 0: not known yet
  int under_way = 0;  ///< performances
  bool is_told = false;
  std::map<std::string, int> endings = {};
  int failed = 0;
  int violations = 0;
};

/// Allocations, bytes and pairs: these come last, and of some a choice is tried.
bool is_many(const Kind& kind) {
  return kind.family == "malloc" || kind.how == "cut" || kind.how == "pair";
}

struct Ticket {
  Series* series = nullptr;
  long nth = 0;
};

std::string ending(const ProcessResult& result) {
  if (result.killed_at_limit) {
    return "hung";
  }
  return result.signal ? "signal " + std::to_string(*result.signal)
                       : std::to_string(result.status.value_or(-1));
}

std::string summary(const Series& series) {
  std::string text;
  for (const auto& [how, count] : series.endings) {
    text += "  " + how + ": " + std::to_string(count);
  }
  return text;
}

/// What is tried of what is many.
struct Choice {
  unsigned seed = 0;
  long stride = 0;  ///< 0: the usual one, where samples are taken at all
};

/// All there is to do, handed out to whoever asks.
class Programme {
 public:
  Programme(const std::string& plot, const std::string& kind, const Choice& choice)
      : stride_(choice.stride) {
    for (const bool is_long : {false, true}) {  // The short ones first.
      for (const Plot& one : plots()) {
        for (const Kind& other : kinds()) {
          const bool is_wanted = (plot.empty() || plot == one.name) &&
                                 (kind.empty() || kind == other.name) &&
                                 (other.family != kApi || one.has_hostile_api);
          if (is_wanted && is_long == is_many(other)) {
            series_.push_back({one, other, std::mt19937(choice.seed)});
          }
        }
      }
    }
  }

  /// Nothing once all is done, or the time is up.
  Ticket next() {
    const std::lock_guard guard(mutex_);
    for (Series& series : series_) {
      if (series.end != 0) {
        continue;
      }
      if (Clock::now() > end_) {
        is_cut_short_ = true;
        return {};
      }
      const Ticket ticket{&series, series.next};
      series.next += stride(series);
      ++series.under_way;
      return ticket;
    }
    return {};
  }

  void settle(const Ticket& ticket, const Verdict& verdict) {
    const std::lock_guard guard(mutex_);
    Series& series = *ticket.series;
    --series.under_way;
    if (verdict.act.failed_call.empty()) {
      series.end = series.end == 0 ? ticket.nth : std::min(series.end, ticket.nth);
    } else {
      ++series.failed;
      ++series.endings[ending(verdict.act.result)];
    }
    if (!verdict.violations.empty()) {
      ++series.violations;
      tell(ticket, verdict);
    }
    if (series.end != 0 && series.under_way == 0 && !series.is_told) {
      series.is_told = true;
      std::printf("%-15s %-15s %5d failed%s\n", series.plot.name.c_str(), series.kind.name.c_str(),
                  series.failed, summary(series).c_str());
      std::fflush(stdout);
    }
  }

  /// The table; whether all is well.
  bool conclude() const;

 private:
  long stride(Series& series) const {
    const long mean = stride_ == 0 ? usual_stride(series) : stride_;
    return mean > 1 && is_many(series.kind)
               ? std::uniform_int_distribution<long>(1, 2 * mean - 1)(series.random)
               : 1;
  }

  /// From one sample to the next, in the mean.
  static long usual_stride(const Series& series) {
    if (series.kind.how == "pair") {
      return kPairStride;
    }
    const bool is_first_part = series.kind.family == "malloc" && series.next < kEveryBelow;
    return series.plot.is_sampled && !is_first_part ? kUsualStride : 1;
  }

  static void tell(const Ticket& ticket, const Verdict& verdict) {
    std::printf("VIOLATION: build/torture %s %s %ld (%s)\n", ticket.series->plot.name.c_str(),
                ticket.series->kind.name.c_str(), ticket.nth, verdict.act.failed_call.c_str());
    for (const std::string& violation : verdict.violations) {
      std::printf("  - %s\n", violation.c_str());
    }
    std::printf("  %s: %s%s\n", ending(verdict.act.result).c_str(), verdict.act.result.out.c_str(),
                verdict.act.result.err.c_str());
    std::fflush(stdout);
  }

  long stride_;
  std::mutex mutex_;
  std::deque<Series> series_;
  Clock::time_point end_ = Clock::now() + kTimeForAll;
  bool is_cut_short_ = false;
};

bool Programme::conclude() const {
  std::printf("\n%-15s %-15s %6s %10s  by exit status\n", "plot", "kind", "failed", "violations");
  int failed = 0;
  int violations = 0;
  for (const Series& series : series_) {
    failed += series.failed;
    violations += series.violations;
    if (series.failed > 0) {
      std::printf("%-15s %-15s %6d %10d%s\n", series.plot.name.c_str(), series.kind.name.c_str(),
                  series.failed, series.violations, summary(series).c_str());
    }
  }
  std::printf("%-15s %-15s %6d %10d\n", "all", "", failed, violations);
  if (is_cut_short_) {
    std::puts("The time was up before all was tried.");
  }
  return violations == 0 && failed > 0 && !is_cut_short_;
}

/// A port that is free on one address may be taken on the next.
std::unique_ptr<Theatre> open_theatre(const Plot& plot, Blame blame) {
  constexpr int kTries = 10;
  for (int tries = 1;; ++tries) {
    try {
      return std::make_unique<Theatre>(plot, blame);
    } catch (const std::system_error&) {
      if (tries == kTries) {
        throw;
      }
    }
  }
}

/// One after the other, in a theatre that is kept while it fits.
void work_through(Programme& programme) {
  std::unique_ptr<Theatre> theatre;
  const Plot* plot = nullptr;
  Blame blame = Blame::host;
  int uses = 0;
  for (Ticket ticket = programme.next(); ticket.series != nullptr; ticket = programme.next()) {
    const Series& series = *ticket.series;
    if (plot != &series.plot || blame != series.kind.blame || ++uses > kUsesOfTheatre) {
      theatre.reset();
      theatre = open_theatre(series.plot, series.kind.blame);
      plot = &series.plot;
      blame = series.kind.blame;
      uses = 0;
    }
    const Verdict verdict = try_out(*theatre, series.plot, series.kind, ticket.nth);
    if (!verdict.violations.empty()) {
      uses = kUsesOfTheatre;  // Nothing of it is to show in the next one.
    }
    programme.settle(ticket, verdict);
  }
}

bool play_all(const std::string& plot, const std::string& kind, const Choice& choice) {
  Programme programme(plot, kind, choice);
  std::vector<std::thread> workers;
  const unsigned count = 8 * std::max(std::thread::hardware_concurrency(), 1U);  // They wait a lot.
  for (unsigned i = 0; i < count; ++i) {
    workers.emplace_back([&programme] { work_through(programme); });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  return programme.conclude();
}

bool play_one(const Plot& plot, const Kind& kind, long nth) {
  const auto theatre = open_theatre(plot, kind.blame);
  const Verdict verdict = try_out(*theatre, plot, kind, nth);
  const Act& act = verdict.act;
  std::printf(
      "failed call: %s of %ld\nended with: %s after %.2f s\nwrites: %zu, the record: %s\n%s%s",
      act.failed_call.empty() ? "none" : act.failed_call.c_str(), act.calls,
      ending(act.result).c_str(), act.result.elapsed.count(), act.writes, act.record.c_str(),
      act.result.out.c_str(), act.result.err.c_str());
  for (const std::string& violation : verdict.violations) {
    std::printf("VIOLATION: %s\n", violation.c_str());
  }
  return verdict.violations.empty();
}

Choice usual_choice() {
  return {.seed = static_cast<unsigned>(number_from_environment("SEED", kUsualSeed)),
          .stride = static_cast<long>(number_from_environment("STRIDE", 0))};
}

bool torture(const std::vector<std::string>& words) {
  const std::string plot = words.empty() ? "" : words[0];
  const std::string kind = words.size() < 2 ? "" : words[1];
  if ((!plot.empty() && !plot_named(plot)) || (!kind.empty() && !kind_named(kind))) {
    throw std::invalid_argument("no such plot or kind");
  }
  if (words.size() > 2) {
    return play_one(*plot_named(plot), *kind_named(kind), std::stol(words[2]));
  }
  const Choice choice = usual_choice();
  std::printf("seed %u\n", choice.seed);
  return play_all(plot, kind, choice);
}

}  // namespace
}  // namespace torture

int main(int count, char** words) try {
  return torture::torture({words + 1, words + count}) ? 0 : 1;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "torture: %s\n", problem.what());
  return 2;
}
