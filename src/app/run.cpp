#include "app/run.h"

#include <algorithm>

namespace {

/// The probes of a run, each begun once.
class Probes {
 public:
  explicit Probes(Prober& prober) : prober_(prober) {}

  void begin(const IpAddress& address) {
    if (!tasks_.contains(address)) {
      add(address, prober_.probe(address));
    }
  }

  /// For an address that is not to be probed: its result is known.
  void settle(const ProbeResult& result) {
    if (!tasks_.contains(result.address)) {
      add(result.address, known(result));
    }
  }

  /// The result that a decision hangs on: a failure counts only if this host is not cut off.
  Task<ProbeResult> of_needed(IpAddress address) {
    prober_.need(address);
    ProbeResult result = co_await tasks_.at(address);
    if (result.health == Health::down && result.attempts > 0) {
      is_cut_off_ = co_await prober_.is_cut_off();
    }
    co_return corrected(result);
  }

  /// All results, in the order of their beginning.
  Task<std::vector<ProbeResult>> all() {
    std::vector<ProbeResult> results;
    for (const IpAddress& address : order_) {
      const ProbeResult result = co_await tasks_.at(address);
      results.push_back(corrected(result));
    }
    co_return results;
  }

 private:
  void add(const IpAddress& address, Task<ProbeResult> task) {
    order_.push_back(address);
    tasks_.emplace(address, std::move(task));
  }

  static Task<ProbeResult> known(ProbeResult result) { co_return result; }

  /// A host that is cut off has learned nothing from its failures.
  ProbeResult corrected(ProbeResult result) const {
    if (is_cut_off_ && result.health == Health::down && result.attempts > 0) {
      result.health = Health::unknown;
      result.failure = ProbeFailure{ProbeFailure::Kind::this_host, "no canary answers either"};
    }
    return result;
  }

  Prober& prober_;
  bool is_cut_off_ = false;
  std::vector<IpAddress> order_;
  std::map<IpAddress, Task<ProbeResult>> tasks_;
};

/// The site as far as it is known before names are resolved.
Site unresolved(const Host& host) {
  return host.address() != nullptr ? Site(*host.address()) : Site(*host.name(), {});
}

/// One run, from its memory to its report.
class Run {
 public:
  Run(const RecordConfig& config, DryRun dry_run, const Memory& memory, const World& world)
      : config_(config),
        memory_(memory),
        world_(world),
        report_(begin_report(config, dry_run)),
        probes_(world.prober) {
    report_.now = memory.now;
    report_.last_run = memory.last_run;
    report_.is_watched = memory.is_watched;
    report_.vouched = memory.vouched;
    report_.wanted = memory.wanted;
    report_.gone = memory.gone;
    const bool is_by_hand = memory.wanted.has_value();
    if (!is_by_hand && memory.said.hold && memory.said.hold->is_in_force(memory.now)) {
      report_.hold = memory.said.hold;
    }
  }

  Task<RunReport> go() {
    auto reading = world_.store.read();
    begin_probes_of_addresses();
    begin_resolving();
    co_await resolving_.front();  // No step goes without MAIN.
    report_.sites = known_sites();
    const auto& records = co_await reading;
    if (!records) {
      report_.read_trouble = records.error();
    } else if (records->size() != 1) {
      report_.read_trouble = NotOneRecord{records->size()};
    } else {
      report_.record = records->front();
      auto acting = act();
      report_.change = co_await acting;
    }
    auto resolving = all_sites();
    report_.sites = co_await resolving;
    auto others = probes_.all();
    const std::vector<ProbeResult>& results = co_await others;
    report_.probes = in_order(results);
    remember();
    co_return report_;
  }

 private:
  // --- The sites ---

  /// At once: what needs no resolving.
  void begin_probes_of_addresses() {
    if (const IpAddress* const main = config_.sites.main.address()) {
      begin_probe(*main);
    }
    for (const Host& backup : backups_in_force(config_.sites, memory_.said)) {
      if (const IpAddress* const address = backup.address()) {
        begin_probe(*address);
      }
    }
  }

  void begin_probe(const IpAddress& address) {
    if (address == memory_.vouched) {
      probes_.settle({.address = address, .health = Health::up});
    } else {
      probes_.begin(address);
    }
  }

  /// MAIN's first, then those of the backups.
  void begin_resolving() {
    hosts_ = backups_in_force(config_.sites, memory_.said);
    hosts_.insert(hosts_.begin(), config_.sites.main);
    for (const Host& host : hosts_) {
      resolving_.push_back(to_site(host, resolving_.empty() ? Role::main : Role::backup));
    }
  }

  /// A name that is still being looked up has no address yet.
  Sites known_sites() {
    std::vector<Site> known;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      known.push_back(resolving_[i].done() ? resolving_[i].result() : unresolved(hosts_[i]));
    }
    Sites sites{known.front(), {std::next(known.begin()), known.end()}};
    for (const FormerAddress& former : former_in_force(config_.sites, memory_.said, memory_.gone)) {
      if (sites.role_of(former.address) == Role::other) {  // A name may stand for it by now.
        sites.former.push_back(former.address);
      }
    }
    return sites;
  }

  Task<Sites> all_sites() {
    for (Task<Site>& site : resolving_) {
      co_await site;
    }
    knows_all_sites_ = true;
    co_return known_sites();
  }

  Task<Site> to_site(Host host, Role role) {
    if (host.address() != nullptr) {
      co_return Site(*host.address());
    }
    const auto addresses = co_await world_.prober.resolve(*host.name());
    if (!addresses) {
      report_.unresolved.push_back({*host.name(), role, addresses.error().message});
      co_return Site(*host.name(), {});
    }
    for (const IpAddress& address : *addresses) {
      begin_probe(address);
    }
    co_return Site(*host.name(), *addresses);
  }

  // --- The steps ---

  Task<std::optional<Change>> act() {
    const Record record = *report_.record;
    const bool may_be_of_a_name =
        report_.sites.role_of(record.content) == Role::other || is_former(record.content);
    if (may_be_of_a_name || memory_.wanted) {
      auto resolving = all_sites();
      report_.sites = co_await resolving;
    }
    if (is_former(record.content)) {
      probes_.settle(replaced(record.content));
    } else {
      begin_probe(record.content);
    }
    auto deciding = decide_when_known();
    const Decision& decision = co_await deciding;
    const auto* const move = std::get_if<PointTo>(&decision);
    if (move == nullptr || report_.dry_run == DryRun::yes || report_.hold) {
      co_return std::nullopt;
    }
    world_.about_to_change(report_);
    const Change outcome = co_await change(world_.store, record, move->target, world_.last_word);
    const auto* const withheld = std::get_if<Withheld>(&outcome);
    if (withheld != nullptr && withheld->hold) {
      report_.hold = withheld->hold;
      co_return std::nullopt;
    }
    co_return outcome;
  }

  /// Asks for verdicts, one after the other, until the eight steps lead to a decision. A move does
  /// not wait for names that come after its target: no search goes past a name without an address.
  Task<Decision> decide_when_known() {
    HealthReport health;
    for (;;) {
      report_.decision = decide_with(health);
      const auto* const wait = std::get_if<Wait>(&*report_.decision);
      const bool moves = std::holds_alternative<PointTo>(*report_.decision);
      if (wait == nullptr && !moves && !knows_all_sites_) {
        auto resolving = all_sites();
        report_.sites = co_await resolving;
        continue;
      }
      world_.progress(report_);
      if (wait == nullptr) {
        co_return *report_.decision;
      }
      const IpAddress address = wait->address;
      ProbeResult result = co_await probes_.of_needed(address);
      judge(result, health);
      report_.probes.push_back(std::move(result));
    }
  }

  Decision decide_with(const HealthReport& health) const {
    const IpAddress& origin = report_.record->content;
    if (!memory_.wanted) {
      return decide(origin, report_.sites, health, report_.unfamiliar);
    }
    const Decision decision = decide_switch(origin, report_.sites, health, memory_.wanted->to);
    const bool is_settled = std::holds_alternative<PointTo>(decision) ||
                            left_at(decision) != Step::candidate_accessible;
    return memory_.wanted->forced && !is_settled ? forced(decision) : decision;
  }

  /// To the first target that has an address, whatever is known of it; not while anything is
  /// awaited.
  Decision forced(const Decision& decision) const {
    const IpAddress& origin = report_.record->content;
    const bool is_there = report_.sites.role_of(origin) == memory_.wanted->to;
    if (std::holds_alternative<Wait>(decision) || (is_there && !is_former(origin))) {
      return decision;
    }
    for (const Host& host : switch_targets(origin, report_.sites, memory_.wanted->to)) {
      if (host.address() != nullptr) {
        return PointTo{*host.address(), Step::fail_over};
      }
    }
    return decision;
  }

  void judge(const ProbeResult& result, HealthReport& health) {
    const IpAddress& address = result.address;
    track(result);
    if (memory_.wanted) {
      health.set(address, result.health);  // A person need not be told to wait and see.
      return;
    }
    const Track* const after = report_.track_of(address);
    health.set(address,
               damped(after != nullptr ? std::optional(*after) : std::nullopt, result.health));
    const bool is_main = report_.sites.main.has(address) && after != nullptr && after->up_since;
    if (!is_main) {
      return;
    }
    const UnixTime due =
        failback_due(*after->up_since, report_.record->age, memory_.now, config_.damping);
    if (due > memory_.now) {
      health.set_settling(address);
      report_.failback_due = std::chrono::ceil<std::chrono::seconds>(due);
    }
  }

  bool is_former(const IpAddress& address) const {
    const auto& former = report_.sites.former;
    return std::find(former.begin(), former.end(), address) != former.end();
  }

  ProbeResult replaced(const IpAddress& address) const {
    ProbeFailure failure{ProbeFailure::Kind::replaced};
    for (const Announcement& announcement : memory_.said.backups) {
      for (const FormerAddress& former : announcement.former) {
        if (former.address == address) {
          failure.detail = announcement.address.str();
        }
      }
    }
    return {.address = address, .health = Health::down, .failure = std::move(failure)};
  }

  // --- What is left for the report and for the next run ---

  /// MAIN, the backups, then what else was probed.
  std::vector<ProbeResult> in_order(const std::vector<ProbeResult>& results) const {
    std::vector<ProbeResult> ordered = results;
    std::stable_sort(ordered.begin(), ordered.end(),
                     [this](const ProbeResult& a, const ProbeResult& b) {
                       return place_of(a.address) < place_of(b.address);
                     });
    return ordered;
  }

  std::size_t place_of(const IpAddress& address) const {
    const Sites& sites = report_.sites;
    if (sites.main.has(address)) {
      return 0;
    }
    const auto at = std::find_if(sites.backups.begin(), sites.backups.end(),
                                 [&](const Site& backup) { return backup.has(address); });
    return 1 + static_cast<std::size_t>(at - sites.backups.begin());
  }

  void track(const ProbeResult& result) {
    if (result.address == memory_.vouched || is_former(result.address)) {
      return;  // Nobody has probed it.
    }
    const auto before = memory_.tracks.find(result.address);
    const auto after =
        followed(before == memory_.tracks.end() ? std::nullopt : std::optional(before->second),
                 result.health, memory_.now, config_.damping);
    if (after) {
      report_.tracks.insert_or_assign(result.address, *after);
    }
  }

  void remember() {
    for (const ProbeResult& result : report_.probes) {
      track(result);
    }
    keep_tracks_of_unresolved();
    if (!report_.record) {
      return;
    }
    const std::optional<IpAddress> holds = report_.origin_after();
    const auto former = former_in_force(config_.sites, memory_.said, memory_.gone);
    if (holds && !is_former(*holds)) {
      report_.gone.insert(report_.gone.end(), former.begin(), former.end());
    }
    std::erase_if(report_.gone,
                  [this](const FormerAddress& gone) { return !is_said(memory_.said, gone); });
  }

  /// The addresses of a name that does not resolve now are not known, and not forgotten either.
  void keep_tracks_of_unresolved() {
    if (report_.unresolved.empty()) {
      return;
    }
    for (const auto& [address, before] : memory_.tracks) {
      if (const auto after = followed(before, Health::unknown, memory_.now, config_.damping)) {
        report_.tracks.emplace(address, *after);
      }
    }
  }

  static bool is_said(const Said& said, const FormerAddress& former) {
    return std::any_of(said.backups.begin(), said.backups.end(),
                       [&](const Announcement& announcement) {
                         const auto& all = announcement.former;
                         return std::find(all.begin(), all.end(), former) != all.end();
                       });
  }

  const RecordConfig& config_;
  const Memory& memory_;
  const World& world_;
  RunReport report_;
  Probes probes_;
  std::vector<Host> hosts_ = {};  ///< MAIN and the backups
  std::vector<Task<Site>> resolving_ = {};
  bool knows_all_sites_ = false;
};

}  // namespace

const ProbeResult* RunReport::probe_of(const IpAddress& address) const {
  const auto found = std::find_if(probes.begin(), probes.end(), [&](const ProbeResult& probe) {
    return probe.address == address;
  });
  return found == probes.end() ? nullptr : &*found;
}

const Track* RunReport::track_of(const IpAddress& address) const {
  const auto found = tracks.find(address);
  return found == tracks.end() ? nullptr : &found->second;
}

std::optional<IpAddress> RunReport::origin_after() const {
  if (!record || (change && std::holds_alternative<Unconfirmed>(*change))) {
    return std::nullopt;
  }
  if (!change) {
    return record->content;
  }
  if (const auto* const conflict = std::get_if<Conflict>(&*change)) {
    return conflict->now.size() == 1 ? std::optional(conflict->now.front().content) : std::nullopt;
  }
  const bool done =
      std::holds_alternative<Written>(*change) || std::holds_alternative<AlreadyThere>(*change);
  return done ? std::get<PointTo>(*decision).target : record->content;
}

RunReport begin_report(const RecordConfig& config, DryRun dry_run) {
  Sites sites{unresolved(config.sites.main), {}};
  for (const Host& backup : config.sites.backups) {
    sites.backups.push_back(unresolved(backup));
  }
  return {.name = config.name,
          .type = config.type,
          .sites = std::move(sites),
          .unfamiliar = config.unfamiliar,
          .dry_run = dry_run,
          .damping = config.damping};
}

Task<RunReport> run_record(const RecordConfig& config, DryRun dry_run, const Memory& memory,
                           const World& world) {
  Run run(config, dry_run, memory, world);
  auto report = run.go();
  RunReport& finished = co_await report;
  co_return std::move(finished);
}
