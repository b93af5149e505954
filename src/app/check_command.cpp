#include "app/check_command.h"

#include <memory>

#include "app/check_json.h"
#include "app/check_report.h"
#include "app/output.h"
#include "app/report.h"
#include "app/system_clock.h"
#include "app/version.h"
#include "io/network_prober.h"
#include "io/state_directory.h"

namespace {

/// One record as a run would find it. Nothing is locked, cached or written.
class OnlineCheck {
 public:
  OnlineCheck(const RecordConfig& record, const Config& config, Http& http, EventLoop& loop,
              Canaries& canaries)
      : record_(record),
        api_(http, loop, config.api),
        store_(api_, loop, {.name = record.name, .type = record.type, .zone = record.zone}),
        prober_(http, loop, canaries, record_.probe, family_of(record.type),
                config.child_environment),
        memory_{.now = unix_now(),
                .said = StateDirectory(config.state_dir, record.name, record.type)
                            .read_said()
                            .value_or(Said{})} {
    record_.probe.certificate_dates = true;
  }

  Task<RunReport> begin() {
    const World world{.store = store_,
                      .prober = prober_,
                      .last_word = [] { return std::optional<Withheld>(); },
                      .progress = [](const RunReport&) {}};
    RunReport report = co_await run_record(record_, DryRun::yes, memory_, world);
    report.zone = store_.zone_label();
    co_return report;
  }

  const std::optional<Zone>& zone() const { return store_.zone(); }

 private:
  RecordConfig record_;
  Cloudflare api_;
  CloudflareRecord store_;
  NetworkProber prober_;
  Memory memory_;
};

std::vector<Finding> look(const Config& config, const Clock& clock) {
  EventLoop loop(clock, clock.now() + config.deadline);
  Http http(loop, program_and_version(), config.trust);
  Canaries canaries(http, config.canaries);
  std::vector<std::unique_ptr<OnlineCheck>> checks;
  std::vector<Task<RunReport>> tasks;
  for (const RecordConfig& record : config.records) {
    checks.push_back(std::make_unique<OnlineCheck>(record, config, http, loop, canaries));
    tasks.push_back(checks.back()->begin());
  }
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    findings.push_back({loop.run(tasks[i], http), checks[i]->zone()});
  }
  return findings;
}

}  // namespace

ExitStatus check_command(const CheckRequest& request, const Clock& clock) {
  if (request.config.ping) {
    if (const auto url = request.config.ping(); !url) {
      print(stderr, to_lines(url.error()));
      return ExitStatus::usage;
    }
  }
  std::vector<Finding> findings;
  if (request.online == Online::yes) {
    findings = look(request.config, clock);
  }
  print(stdout, request.config.json == Json::yes ? to_json(request, findings) + "\n"
                                                 : check_report(request, findings, unix_now()));
  ExitStatus status = ExitStatus::ok;
  for (const Finding& finding : findings) {
    if (const auto trouble = check_problem(finding)) {
      print(stderr, to_lines({title(finding.report) + ": " + trouble->message, trouble->hint}));
    }
    status = worse(status, check_status(finding));
  }
  return status;
}
