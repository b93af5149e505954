#include "app/run_command.h"

#include <algorithm>
#include <memory>

#include "app/report_json.h"
#include "app/run.h"
#include "app/system_clock.h"
#include "app/version.h"
#include "io/network_prober.h"
#include "io/state_directory.h"

namespace {

double milliseconds_since(BootTime start, const Clock& clock) {
  return std::chrono::duration<double, std::milli>(clock.now() - start).count();
}

void warn(const RunReport& report, const std::string& text) {
  print(stderr, warning_line(title(report) + ": " + text));
}

/// One record's part in the run: what it needs, and what came of it.
class RecordRun {
 public:
  RecordRun(const RecordConfig& record, const Config& config, Http& http, EventLoop& loop,
            Canaries& canaries, const Narrator& narrator)
      : record_(record),
        config_(config),
        state_(config.state_dir, record.name, record.type),
        report_(begin_report(record, config.dry_run)),
        narrator_(narrator),
        lock_(take_lock()),
        seen_(read_seen()),
        api_(http, loop, config.api),
        store_(api_, loop, store_settings()),
        prober_(http, loop, canaries, record.probe, config.child_environment) {}

  /// To be called once; `this` stays where it is until the task is done.
  Task<RunReport> begin() {
    if (report_.busy) {
      co_return report_;
    }
    RunReport report = co_await run_record(record_, config_.dry_run, store_, prober_,
                                           [this](const RunReport& so_far) { tell(so_far); });
    complete(report);
    remember_zone();
    co_return report;
  }

  void finish_narration(const RunReport& report) { narrator_.finish(report); }

  /// What is left to say when a run was broken off, as by a lack of memory.
  ExitStatus broken_off(const std::string& why) const {
    const bool open_end = api_.has_written();
    print(stderr,
          to_lines({title(report_) + ": the run was broken off: " + why,
                    open_end ? "the record may or may not have changed; the next run will see"
                             : "nothing was changed; the next run tries again"}));
    return open_end ? ExitStatus::unconfirmed : ExitStatus::unknown;
  }

 private:
  /// Without a usable state directory the run goes on: the read before a write guards it too.
  std::optional<Lock> take_lock() {
    if (config_.dry_run == DryRun::yes) {
      return std::nullopt;
    }
    auto lock = state_.try_lock();
    if (!lock) {
      warn(report_, "running without a lock and without a cache: " + lock.error().message);
      return std::nullopt;
    }
    report_.busy = !lock->has_value();
    may_write_state_ = lock->has_value();
    return *std::move(lock);
  }

  Seen read_seen() {
    auto seen = state_.read_seen();
    if (seen) {
      return *std::move(seen);
    }
    if (may_write_state_) {
      const auto aside = state_.set_seen_aside();
      warn(report_, seen.error().message + (aside ? "; it is now " + *aside : ""));
    }
    return {};
  }

  CloudflareRecord::Settings store_settings() const {
    constexpr Milliseconds kWriteTakes{1000};
    constexpr int kSmallPart = 10;
    const bool is_cached = seen_.zone && seen_.zone->api == config_.api.base.str();
    const bool is_asked_for =
        is_cached && (!record_.zone.name || record_.zone.name->str() == seen_.zone->zone.name);
    return {.name = record_.name,
            .type = record_.type,
            .zone = record_.zone,
            .cached = is_asked_for ? std::optional(seen_.zone->zone) : std::nullopt,
            .ttl = record_.ttl,
            .write_takes = std::min(kWriteTakes, config_.deadline / kSmallPart)};
  }

  void tell(const RunReport& so_far) {
    if (config_.detail == Detail::steps) {
      RunReport complete_so_far = so_far;
      complete(complete_so_far);
      narrator_.tell(complete_so_far);
    }
  }

  void complete(RunReport& report) const {
    report.zone = store_.zone_label();
    report.api_requests = api_.requests();
  }

  void remember_zone() {
    const auto& zone = store_.zone();
    if (!zone || zone->name.empty()) {
      return;
    }
    if (zone->status == "pending") {
      warn(report_, "the zone " + zone->name + " is pending: Cloudflare does not serve it yet");
    }
    if (!may_write_state_) {
      return;
    }
    const bool is_known =
        seen_.zone && seen_.zone->api == config_.api.base.str() && seen_.zone->zone.id == zone->id;
    if (is_known) {
      return;
    }
    seen_.zone = Seen::CachedZone{config_.api.base.str(), *zone};
    if (const auto written = state_.write_seen(seen_); !written) {
      warn(report_, written.error().message);
    }
  }

  const RecordConfig& record_;
  const Config& config_;
  StateDirectory state_;
  RunReport report_;
  Narrator narrator_;
  bool may_write_state_ = false;
  std::optional<Lock> lock_;
  Seen seen_;
  Cloudflare api_;
  CloudflareRecord store_;
  NetworkProber prober_;
};

void say(const RunReport& report, const Config& config) {
  if (config.json == Json::yes) {
    print(stdout, to_json(report, utc_now()) + "\n");
  } else if (const auto line = change_line(report); line && config.detail != Detail::quiet) {
    print(stdout, *line + "\n");
  }
  if (auto trouble = problem(report)) {
    trouble->message = title(report) + ": " + trouble->message;
    print(stderr, to_lines(*trouble));
  }
}

}  // namespace

ExitStatus run_command(const Config& config, const Clock& clock, const Audience& audience) {
  const BootTime start = clock.now();
  EventLoop loop(clock, start + config.deadline);
  Http http(loop, program_and_version(), config.trust);
  Canaries canaries(http, config.canaries);
  const Narrator narrator = config.json == Json::yes ? Narrator(stderr, audience.error_colour)
                                                     : Narrator(stdout, audience.output_colour);

  std::vector<std::unique_ptr<RecordRun>> runs;
  std::vector<Task<RunReport>> tasks;
  for (const RecordConfig& record : config.records) {
    runs.push_back(std::make_unique<RecordRun>(record, config, http, loop, canaries, narrator));
    tasks.push_back(runs.back()->begin());
  }

  const auto finish = [&](RecordRun& run, Task<RunReport>& task) {
    RunReport& report = loop.run(task, http);
    report.elapsed_ms = milliseconds_since(start, clock);
    if (config.detail == Detail::steps && !report.busy) {
      run.finish_narration(report);
    }
    say(report, config);
    return exit_status(report);
  };
  ExitStatus status = ExitStatus::ok;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    try {
      status = worse(status, finish(*runs[i], tasks[i]));
    } catch (const std::exception& problem) {
      status = worse(status, runs[i]->broken_off(problem.what()));
    }
  }
  return status;
}
