#include "app/run.h"

#include <algorithm>
#include <map>

namespace {

/// The probes of a run, each begun once.
class Probes {
 public:
  explicit Probes(Prober& prober) : prober_(prober) {}

  void begin(const IpAddress& address) {
    order_.push_back(address);
    tasks_.emplace(address, prober_.probe(address));
  }
  Task<ProbeResult>& of(const IpAddress& address) { return tasks_.at(address); }

  /// The result that a decision hangs on: a failure counts only if this host is not cut off.
  Task<ProbeResult> of_needed(IpAddress address) {
    prober_.need(address);
    ProbeResult result = co_await of(address);
    if (result.health != Health::down) {
      co_return result;
    }
    const bool cut_off = co_await prober_.is_cut_off();
    if (cut_off) {
      result.health = Health::unknown;
      result.failure = ProbeFailure{ProbeFailure::Kind::this_host, "no canary answers either"};
    }
    co_return result;
  }
  const std::vector<IpAddress>& order() const { return order_; }

 private:
  Prober& prober_;
  std::vector<IpAddress> order_;
  std::map<IpAddress, Task<ProbeResult>> tasks_;
};

/// Asks for verdicts, one after the other, until the eight steps lead to a decision.
Task<Decision> decide_when_known(RunReport& report, IpAddress origin, Probes& probes,
                                 const Progress& progress) {
  HealthReport health;
  for (;;) {
    report.decision = decide(origin, report.sites, health, report.unfamiliar);
    progress(report);
    const auto* const wait = std::get_if<Wait>(&*report.decision);
    if (wait == nullptr) {
      co_return *report.decision;
    }
    const IpAddress address = wait->address;
    ProbeResult result = co_await probes.of_needed(address);
    health.set(result.address, result.health);
    report.probes.push_back(std::move(result));
  }
}

}  // namespace

const ProbeResult* RunReport::probe_of(const IpAddress& address) const {
  const auto found = std::find_if(probes.begin(), probes.end(), [&](const ProbeResult& probe) {
    return probe.address == address;
  });
  return found == probes.end() ? nullptr : &*found;
}

RunReport begin_report(const RecordConfig& config, DryRun dry_run) {
  return {.name = config.name,
          .type = config.type,
          .sites = config.sites,
          .unfamiliar = config.unfamiliar,
          .dry_run = dry_run};
}

Task<RunReport> run_record(const RecordConfig& config, DryRun dry_run, RecordStore& store,
                           Prober& prober, const Progress& progress) {
  RunReport report = begin_report(config, dry_run);
  auto reading = store.read();
  Probes probes(prober);
  probes.begin(config.sites.main);
  for (const IpAddress& backup : config.sites.backups) {
    probes.begin(backup);
  }

  const auto records = co_await reading;
  if (!records) {
    report.read_trouble = records.error();
  } else if (records->size() != 1) {
    report.read_trouble = NotOneRecord{records->size()};
  } else {
    const Record record = records->front();
    report.record = record;
    if (config.sites.role_of(record.content) == Role::other) {
      probes.begin(record.content);
    }
    const Decision decision = co_await decide_when_known(report, record.content, probes, progress);
    const auto* const move = std::get_if<PointTo>(&decision);
    if (move != nullptr && dry_run == DryRun::no) {
      report.change = co_await change(store, record, move->target);
    }
  }

  std::vector<ProbeResult> all;
  for (const IpAddress& address : probes.order()) {
    const ProbeResult result = co_await probes.of(address);
    const ProbeResult* const judged = report.probe_of(address);
    all.push_back(judged != nullptr ? *judged : result);
  }
  report.probes = std::move(all);
  co_return report;
}
