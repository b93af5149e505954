#include "verdict.h"

#include <csignal>

#include "../support/config_lab.h"
#include "../support/lab.h"

namespace torture {

namespace {

constexpr double kLatest = kDeadlineSeconds + 3.0;  // The machine may be slow.

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// What one performance must not have done.
class Judge {
 public:
  Judge(const Plot& plot, const Kind& kind, const Act& act)
      : plot_(plot), kind_(kind), act_(act), result_(act.result) {}

  std::vector<std::string> judge() {
    check_end();
    check_write();
    if (result_.status) {
      check_status(*result_.status);
    }
    check_claims();
    check_silence();
    return violations_;
  }

 private:
  void demand(bool holds, const std::string& otherwise) {
    if (!holds) {
      violations_.push_back(otherwise);
    }
  }

  bool is_moved() const { return act_.record == plot_.target; }
  bool is_untouched() const { return act_.writes == 0 && act_.record == plot_.held; }

  /// OpenSSL 3.0 locks a lock that it had no memory for, as the first handshake begins.
  bool is_crash_of_openssl() const {
    return plot_.transport == Transport::tls && kind_.family == "malloc" &&
           result_.signal == SIGSEGV && is_untouched();
  }

  void check_end() {
    demand(!result_.killed_at_limit, "it hung");
    demand(!result_.signal || result_.killed_at_limit || is_crash_of_openssl(),
           "it was ended by signal " + std::to_string(result_.signal.value_or(0)));
    demand(result_.elapsed.count() < kLatest,
           "it took " + std::to_string(result_.elapsed.count()) + " s");
  }

  void check_write() {
    demand(act_.writes <= 1, "it wrote " + std::to_string(act_.writes) + " times");
    demand(act_.record == plot_.held || is_moved(), "it wrote " + act_.record);
    demand(plot_.is_change_due() || act_.writes == 0, "it wrote, and nothing was due");
    demand(!plot_.announces() || act_.announced || act_.writes == 0,
           "it wrote what it had not stored");
  }

  /// Section 5 of the contract. Nobody else is here, and always an origin is accessible.
  void check_status(int status) {
    const std::string what = "status " + std::to_string(status) + " with " +
                             std::to_string(act_.writes) + " writes, and the record at " +
                             act_.record;
    switch (status) {
      case 0:
        demand(is_moved(), what);
        demand(!plot_.announces() || act_.announced, what + ", and nothing is stored");
        break;
      case 2:
        demand(is_untouched() && !act_.contacted, what);
        break;
      case 3:
      case 4:
        demand(is_untouched(), what);
        break;
      case 5:  // An API that says 404 of the record.
        demand(kind_.family == kApi && act_.record == plot_.held, what);
        break;
      case 6:
        demand(act_.record == plot_.held, what);
        break;
      case 7:
        demand(plot_.is_change_due(), what);
        break;
      default:
        demand(false, what);
    }
  }

  void check_claims() {
    const bool claims_change = contains(result_.out, plot_.held + " -> " + plot_.target) ||
                               contains(result_.out, "\"written\":true");
    demand(!claims_change || (act_.writes == 1 && is_moved()), "a change is told that is none");
    demand(!contains(result_.out, "stored the backup's address") || act_.announced,
           "an address is said to be stored that is not");
    demand(!contains(result_.err, "nothing was stored") || !act_.announced,
           "an address is said not to be stored that is");
    demand(!contains(result_.err, "nothing was changed") || act_.record == plot_.held,
           "nothing is said to be changed, and is");
    const bool is_json = result_.out.starts_with("{") && kind_.family != "write";
    const std::string status = std::to_string(result_.status.value_or(-1));
    demand(!is_json || !result_.status || json_member(result_.out, "exit") == status,
           "the status in the JSON is another than " + status);
  }

  void check_silence() {
    const std::string said = result_.out + result_.err;
    demand(!contains(said, Lab::kToken), "the token is told");
    demand(!contains(said, "a child speaks"), "a child has our output");
    demand(
        !result_.status || *result_.status == 0 || !result_.err.empty() || kind_.family == "write",
        "a status without a word");
  }

  const Plot& plot_;
  const Kind& kind_;
  const Act& act_;
  const ProcessResult& result_;
  std::vector<std::string> violations_ = {};
};

std::string shown(const ProcessResult& result) {
  return "status " + std::to_string(result.status.value_or(-1)) + ", " + result.out + result.err;
}

/// The undisturbed runs that follow.
class Aftermath {
 public:
  Aftermath(Theatre& theatre, const Plot& plot, const Act& act)
      : theatre_(theatre),
        act_(act),
        goal_(plot.announces() && !act.announced ? plot.held : plot.target),
        has_moved_(goal_ != plot.held) {}

  std::vector<std::string> violations() const { return violations_; }

  void check_next() {
    const Act next = theatre_.go_on();
    demand(next.result.status == 0 && next.result.err.empty(),
           "the next run has trouble: " + shown(next.result));
    demand(next.record == goal_, "the next run leaves the record at " + next.record);
    demand(next.writes <= (act_.record == goal_ ? 0U : 1U), "the next run writes again");
    demand(next.announced == act_.announced, "the next run has forgotten what was stored");
  }

  void check_last() {
    const Act last = theatre_.go_on();
    demand(last.result.status == 0 && (last.result.out + last.result.err).empty(),
           "the run after that has trouble: " + shown(last.result));
    demand(last.writes == 0, "the run after that writes");
  }

  void check_told() {
    demand(!has_moved_ || contains(act_.result.err, "warning:") || theatre_.is_change_told(),
           "nobody was told of the change");
  }

  void check_tidy() {
    for (const std::string& name : theatre_.litter()) {
      demand(false, name + " is left");
    }
  }

 private:
  void demand(bool holds, const std::string& otherwise) {
    if (!holds) {
      violations_.push_back(otherwise);
    }
  }

  Theatre& theatre_;
  const Act& act_;
  std::string goal_;
  bool has_moved_;
  std::vector<std::string> violations_ = {};
};

/// Allocations and bytes are many: for most of them one run that follows must do.
bool takes_two_more(const Kind& kind, long nth) {
  constexpr long kSeldom = 4;
  const bool are_many = kind.family == "malloc" || kind.family == kApi;
  return !are_many || nth % kSeldom == 0;
}

}  // namespace

Verdict try_out(Theatre& theatre, const Plot& plot, const Kind& kind, long nth) {
  theatre.reset();
  Verdict verdict{.act = theatre.perform(kind, nth)};
  verdict.violations = Judge(plot, kind, verdict.act).judge();
  const bool is_over = verdict.act.failed_call.empty() ||
                       (!verdict.act.contacted && !verdict.act.announced);  // Nothing is begun.
  if (is_over) {
    return verdict;
  }
  Aftermath aftermath(theatre, plot, verdict.act);
  aftermath.check_next();
  if (takes_two_more(kind, nth)) {
    aftermath.check_last();
  }
  const bool can_tell = kind.family != "write" || kind.how != "stay";  // Not even a warning.
  if (can_tell) {
    aftermath.check_told();
  }
  aftermath.check_tidy();
  for (const std::string& violation : aftermath.violations()) {
    verdict.violations.push_back(violation);
  }
  return verdict;
}

}  // namespace torture
