#include "model.h"

#include <algorithm>
#include <utility>

namespace soak {
namespace {

using namespace std::chrono_literals;

enum class Finding { up, down, unknown };

std::string word(Finding finding) {
  switch (finding) {
    case Finding::up:
      return "accessible";
    case Finding::down:
      return "inaccessible";
    case Finding::unknown:
      return "unknown";
  }
  return {};
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool befalls_every_run(Mishap mishap) {
  return mishap == Mishap::refused || mishap == Mishap::unavailable || mishap == Mishap::too_many;
}

/// Whether what is remembered says nothing any more.
bool is_void(const Memory& memory, Time now) {
  if (!memory.last_run) {
    return false;  // There is nothing that could be.
  }
  const Time gap = now - *memory.last_run;
  return gap < 0ms || (gap > 15min && gap > 3 * memory.interval);
}

/// One more run has found an address `found`.
std::optional<Track> followed(std::optional<Track> track, Finding found, Time now,
                              const Rules& rules) {
  if (found == Finding::unknown) {
    if (track) {
      track->up_since.reset();
    }
    return track;
  }
  const bool up = found == Finding::up;
  if (!track) {
    track = Track{.counts_as_up = up};
  }
  track->against = up == track->counts_as_up ? 0 : track->against + 1;
  if (track->against >= (up ? rules.rise : rules.fall)) {
    track->counts_as_up = up;
    track->against = 0;
  }
  track->up_since = up ? track->up_since.value_or(now) : std::optional<Time>();
  return track;
}

class Run {
 public:
  Run(const Rules& rules, const Memory& memory, const Facts& facts)
      : rules_(rules), facts_(facts), before_(memory), memory_(memory) {
    if (is_void(memory_, facts_.now)) {
      memory_.tracks.clear();
    }
    outcome_.holds_after = facts_.holds;
    if (is_held()) {
      outcome_.state = "held";
    }
  }

  Outcome go() {
    outcome_.met_mishap = befalls_every_run(facts_.mishap);
    if (facts_.mishap == Mishap::refused || facts_.holds.size() != 1) {
      outcome_.status = 3;
    } else {
      origin_ = facts_.holds.front();
      outcome_.role = role_of(origin_);
      take_steps();
    }
    tell_of_probes();
    remember();
    return outcome_;
  }

 private:
  bool is_former(const std::string& address) const { return contains(memory_.former, address); }

  bool is_held() const { return memory_.held_until && facts_.now < *memory_.held_until; }

  std::string role_of(const std::string& address) const {
    const bool is_backup = address == memory_.backup || is_former(address);
    return address == rules_.main ? "main" : is_backup ? "backup" : "other";
  }

  // --- Who is accessible ---

  /// A result that the decision needs. Where it is a failure, the canaries are asked.
  Finding ask(const std::string& address) {
    if (is_former(address)) {
      return Finding::down;  // Nobody probes it.
    }
    const bool fails = !facts_.up.contains(address);
    knows_that_it_is_cut_off_ = knows_that_it_is_cut_off_ || (fails && facts_.is_cut_off);
    return found(address);
  }

  Finding found(const std::string& address) const {
    if (facts_.up.contains(address)) {
      return Finding::up;
    }
    return knows_that_it_is_cut_off_ ? Finding::unknown : Finding::down;
  }

  std::optional<Track> track_of(const std::string& address) const {
    const auto before = memory_.tracks.find(address);
    const bool is_new = before == memory_.tracks.end();
    return followed(is_new ? std::nullopt : std::optional(before->second), found(address),
                    facts_.now, rules_);
  }

  bool counts_as_up(const std::string& address) const {
    return !is_former(address) && track_of(address)->counts_as_up;
  }

  /// Nobody is sent to an address that only counts as accessible.
  bool may_be_target(const std::string& address) const {
    return found(address) == Finding::up && counts_as_up(address);
  }

  /// When MAIN has been accessible for long enough, and the record has rested for as long.
  Time failback_due() const {
    return std::max(*track_of(rules_.main)->up_since + rules_.failback_delay,
                    facts_.now + rules_.failback_delay - facts_.record_age);
  }

  // --- The steps ---

  void take_steps() {
    // 1. The origin is known. 2. Is it accessible?
    if (ask(origin_) == Finding::unknown) {
      return leave({1, 2}, 4);
    }
    if (!counts_as_up(origin_)) {
      return find_candidate();
    }
    // 3. Is it MAIN?
    const bool is_to_be_kept = rules_.unfamiliar == Unfamiliar::keep && role_of(origin_) == "other";
    if (origin_ == rules_.main || is_to_be_kept) {
      return leave({1, 2, 3}, 0);
    }
    // 4. Is MAIN accessible?
    if (ask(rules_.main) == Finding::unknown) {
      return leave({1, 2, 3, 4}, 4);
    }
    const bool is_pending = found(rules_.main) == Finding::up && failback_due() > facts_.now;
    if (is_pending) {
      outcome_.pending_until = failback_due();
      outcome_.state = is_held() ? "held" : "pending";
    }
    if (is_pending || !may_be_target(rules_.main)) {
      return leave({1, 2, 3, 4}, 0);
    }
    // 5. Change the record to MAIN.
    change({1, 2, 3, 4, 5}, rules_.main);
  }

  void find_candidate() {
    // 6. Is the origin BACKUP?
    for (const std::string& candidate : candidates()) {
      // 7. Is the candidate accessible?
      if (ask(candidate) == Finding::unknown) {
        return leave({1, 2, 6, 7}, 4);
      }
      if (may_be_target(candidate)) {
        // 8. Change the record to the candidate.
        return change({1, 2, 6, 7, 8}, candidate);
      }
    }
    leave({1, 2, 6, 7}, 1);
  }

  std::vector<std::string> candidates() const {
    const std::string role = role_of(origin_);
    const bool main_first = rules_.unfamiliar == Unfamiliar::main_first && role == "other";
    std::vector<std::string> list;
    if (role == "backup" || main_first) {
      list.push_back(rules_.main);
    }
    if (origin_ != memory_.backup) {
      list.push_back(memory_.backup);
    }
    return list;
  }

  void leave(const std::vector<int>& steps, int status) {
    outcome_.steps = steps;
    outcome_.status = status;
    known_after_ = origin_;
  }

  // --- The change ---

  void change(const std::vector<int>& steps, const std::string& target) {
    leave(steps, 0);
    outcome_.action = target == rules_.main ? "failback" : "failover";
    outcome_.from = origin_;
    outcome_.to = target;
    if (is_held()) {
      withhold();
    } else if (!facts_.is_dry) {
      outcome_.met_mishap = facts_.mishap != Mishap::none;
      send();
    }
  }

  void withhold() {
    outcome_.state = "held";
    outcome_.status = outcome_.steps.back() == 5 ? 0 : 1;
  }

  void send() {
    switch (facts_.mishap) {
      case Mishap::none:
      case Mishap::refused:
      case Mishap::unavailable:
      case Mishap::too_many:
      case Mishap::answer_lost:
      case Mishap::meddled_before_write:  // The later write wins.
        return sent(0, true, true);
      case Mishap::reread_refused:
        outcome_.status = 6;
        return;
      case Mishap::meddled_before_reread:
        return find_meddled();
      case Mishap::second_before_reread:
        outcome_.status = 5;
        outcome_.holds_after.push_back(facts_.meddled);
        known_after_.reset();
        return;
      case Mishap::held_before_write:
        memory_.held_until = facts_.now + facts_.hold_length;
        return withhold();
      case Mishap::write_refused:
      case Mishap::write_lost:
        return sent(6, false, false);
      case Mishap::write_gone:
        sent(5, false, false);
        known_after_.reset();
        return;
      case Mishap::write_lost_unseen:
        sent(7, std::nullopt, false);
        known_after_.reset();
        return;
      case Mishap::answer_lost_unseen:
        sent(7, std::nullopt, true);
        known_after_.reset();
        return;
      case Mishap::killed_at_reread:
        outcome_.is_killed = true;
        return;
      case Mishap::killed_at_write:
      case Mishap::killed_after_write:
        sent(0, true, facts_.mishap == Mishap::killed_after_write);
        outcome_.is_killed = true;
        return;
    }
  }

  void sent(int status, std::optional<bool> written, bool has_effect) {
    outcome_.status = status;
    outcome_.written = written;
    outcome_.writes = 1;
    if (has_effect) {
      outcome_.holds_after = {outcome_.to};
      known_after_ = outcome_.to;
    }
  }

  void find_meddled() {
    if (facts_.meddled == origin_) {
      return sent(0, true, true);
    }
    outcome_.holds_after = {facts_.meddled};
    known_after_ = facts_.meddled;
    outcome_.status = facts_.meddled == outcome_.to ? 0 : 5;
  }

  // --- What is left for the next run ---

  /// Those that are probed, and have been judged ever.
  std::map<std::string, Track> tracks() const {
    std::map<std::string, Track> all;
    for (const std::string& address : {rules_.main, memory_.backup, origin_}) {
      const bool is_probed = !address.empty() && !is_former(address);
      if (const auto track = is_probed ? track_of(address) : std::nullopt) {
        all[address] = *track;
      }
    }
    return all;
  }

  void tell_of_probes() {
    for (const std::string& address : {rules_.main, memory_.backup, origin_}) {
      if (!address.empty()) {
        outcome_.probes[address] = {word(is_former(address) ? Finding::down : found(address))};
      }
    }
    for (const auto& [address, track] : tracks()) {
      outcome_.probes[address].counts_as = word(track.counts_as_up ? Finding::up : Finding::down);
    }
  }

  void remember() {
    if (facts_.is_dry || outcome_.is_killed) {
      outcome_.memory = before_;
      return;
    }
    memory_.tracks = tracks();
    const bool goes_on = memory_.last_run && *memory_.last_run <= facts_.now;
    memory_.interval = goes_on ? facts_.now - *memory_.last_run : 0ms;
    memory_.last_run = facts_.now;
    if (known_after_ && !is_former(*known_after_)) {
      memory_.former.clear();
    }
    outcome_.memory = memory_;
  }

  const Rules& rules_;
  const Facts& facts_;
  const Memory& before_;
  Memory memory_;
  std::string origin_ = {};  ///< empty while nobody has read it
  bool knows_that_it_is_cut_off_ = false;
  std::optional<std::string> known_after_ = {};  ///< what the run takes the record to hold then
  Outcome outcome_ = {};
};

Outcome without_steps(const Memory& memory, const Facts& facts, int status) {
  return {.status = status, .prints = false, .holds_after = facts.holds, .memory = memory};
}

}  // namespace

Outcome run(const Rules& rules, const Memory& memory, const Facts& facts) {
  return Run(rules, memory, facts).go();
}

Outcome set_backup(const Rules& rules, const Memory& memory, const Facts& facts,
                   const std::string& address) {
  if (address == rules.main) {
    return without_steps(memory, facts, 2);
  }
  if (address == memory.backup && memory.former.empty()) {
    return without_steps(memory, facts, 0);
  }
  Memory announced = memory;
  if (address != memory.backup) {
    announced.former.push_back(memory.backup);
    std::erase(announced.former, address);
    announced.backup = address;
  }
  return run(rules, announced, facts);
}

}  // namespace soak
