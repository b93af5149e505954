#include "comparison.h"

#include <stdexcept>
#include <utility>

#include "value/unix_time.h"

namespace soak {
namespace {

using namespace std::chrono_literals;

std::string text(const std::string& value) {
  return value.empty() ? "null" : value;
}

std::string text(int value) {
  return std::to_string(value);
}

std::string text(Time time) {
  return to_text(std::chrono::floor<std::chrono::seconds>(UnixTime(time)));
}

std::string text(const std::optional<bool>& value) {
  return !value ? "null" : *value ? "true" : "false";
}

std::string text(bool value) {
  return value ? "yes" : "no";
}

template <typename Items>
std::string text(const Items& items) {
  std::string list;
  for (const auto& item : items) {
    list += (list.empty() ? "" : " ") + text(item);
  }
  return "[" + list + "]";
}

template <typename Item>
std::string text(const std::optional<Item>& value) {
  return value ? text(*value) : "null";
}

/// Collects what differs.
class Differences {
 public:
  template <typename Value>
  void compare(const std::string& what, const Value& model, const Value& program) {
    if (model != program) {
      add(what, text(model), text(program));
    }
  }

  void compare_times(const std::string& what, Time model, const std::string& program, Time slack) {
    const auto time = parse_unix_time(program);
    const Time apart = time ? time->time_since_epoch() - model : Time::max();
    if (apart < -slack || apart > slack) {
      add(what, text(model), text(program));
    }
  }

  void require(bool is_so, const std::string& what, const std::string& found) {
    if (!is_so) {
      lines_.push_back(what + ": " + found);
    }
  }

  std::vector<std::string> lines() const { return lines_; }

 private:
  void add(const std::string& what, const std::string& model, const std::string& program) {
    lines_.push_back(what + ": the model says " + model + ", the program " + program);
  }

  std::vector<std::string> lines_ = {};
};

void compare_report(const Outcome& model, const ReportLine& report, const Facts& facts,
                    Differences& differences) {
  differences.compare("exit in the report", model.status, report.exit);
  differences.compare("steps", model.steps, report.steps);
  differences.compare("role", model.role, report.role.value_or(""));
  differences.compare("action", model.action, report.action);
  differences.compare("from", model.from, report.from.value_or(""));
  differences.compare("to", model.to, report.to.value_or(""));
  differences.compare("written", model.written, report.written);
  differences.compare("state", model.state, report.state);
  differences.compare_times("time", facts.now, report.time, 1s);
  if (model.state == "pending" && report.pending_until) {
    // Cloudflare's clock has gone on between our look at it and the program's.
    differences.compare_times("pending_until", *model.pending_until, *report.pending_until, 30s);
  }
}

void compare_probes(const Outcome& model, const ReportLine& report, Differences& differences) {
  differences.compare("probes", static_cast<int>(model.probes.size()),
                      static_cast<int>(report.probes.size()));
  for (const ProbeLine& probe : report.probes) {
    const auto expected = model.probes.find(probe.address);
    if (expected == model.probes.end()) {
      differences.require(false, "probed without need", probe.address);
      continue;
    }
    differences.compare(probe.address, expected->second.result, probe.result);
    differences.compare(probe.address + " counts as", expected->second.counts_as,
                        probe.counts_as.value_or(""));
  }
}

/// What is printed beside the report: one error and its hint, or nothing.
void check_words(const Outcome& model, const Reality& reality, Differences& differences) {
  const std::string& err = reality.process.err;
  const bool is_error = err.starts_with("cf-failover: error: www.example.com A: ");
  differences.require(model.status == 0 ? err.empty() : is_error, "standard error", err);
}

/// What holds of every run, whatever the model says.
void check_promises(const Reality& reality, const Facts& facts, Differences& differences) {
  differences.require(reality.broken_report.empty(), "the report", reality.broken_report);
  differences.require(reality.writes <= 1, "more than one write", text(reality.writes));
  if (reality.report && reality.report->written == true) {
    const std::string to = reality.report->to.value_or("");
    differences.require(facts.up.contains(to), "sent to an address that is down", to);
    differences.require(reality.holds == std::vector{to}, "not where it says", text(reality.holds));
  }
}

/// Before the write or after it, who knows; and nothing else.
void compare_killed(const Outcome& model, const Reality& reality, const Facts& facts,
                    Differences& differences) {
  const bool is_as_before = reality.holds == facts.holds;
  differences.require(is_as_before || (model.writes == 1 && reality.holds == model.holds_after),
                      "the record after a kill", text(reality.holds));
  differences.require(reality.writes <= model.writes, "writes of a killed run",
                      text(reality.writes));
}

}  // namespace

Reality reality_of(ProcessResult process, std::vector<std::string> holds, int writes) {
  Reality reality{.process = std::move(process), .holds = std::move(holds), .writes = writes};
  if (!reality.was_killed() && !reality.process.out.empty()) {
    try {
      reality.report = parse_report_line(reality.process.out);
    } catch (const std::runtime_error& problem) {
      reality.broken_report = problem.what();
    }
  }
  return reality;
}

std::vector<std::string> differences(const Outcome& model, const Reality& reality,
                                     const Facts& facts) {
  Differences differences;
  check_promises(reality, facts, differences);
  if (reality.was_killed() && !model.is_killed) {
    compare_killed(model, reality, facts, differences);
    return differences.lines();
  }
  differences.compare("record", model.holds_after, reality.holds);
  differences.compare("writes", model.writes, reality.writes);
  differences.compare("killed", model.is_killed, reality.was_killed());
  if (model.is_killed) {
    return differences.lines();
  }
  differences.compare("exit status", std::optional(model.status), reality.process.status);
  differences.compare("a report", model.prints, reality.report.has_value());
  check_words(model, reality, differences);
  if (model.prints && reality.report) {
    compare_report(model, *reality.report, facts, differences);
    compare_probes(model, *reality.report, differences);
  }
  return differences.lines();
}

std::string describe(const Outcome& outcome) {
  if (outcome.is_killed) {
    return "killed, then " + text(outcome.holds_after);
  }
  return "status " + text(outcome.status) + ", steps " + text(outcome.steps) + ", " +
         outcome.action + (outcome.to.empty() ? "" : " to " + outcome.to) + ", written " +
         text(outcome.written) + ", " + outcome.state + ", then " + text(outcome.holds_after);
}

std::string describe(const Memory& memory) {
  std::string line = "last run " + text(memory.last_run) + " after " +
                     text(static_cast<int>(memory.interval / 1s)) + " s, held until " +
                     text(memory.held_until) + ", BACKUP at " + memory.backup + ", before " +
                     text(memory.former);
  for (const auto& [address, track] : memory.tracks) {
    line += "; " + address + " counts as " + (track.counts_as_up ? "up" : "down") + ", against " +
            text(track.against) + ", up since " + text(track.up_since);
  }
  return line;
}

}  // namespace soak
