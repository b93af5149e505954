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
  RecordRun(const RecordConfig& record, const Config& config, const RunWish& wish, Http& http,
            EventLoop& loop, Canaries& canaries, const Narrator& narrator)
      : record_(record),
        config_(config),
        wish_(wish),
        loop_(loop),
        state_(config.state_dir, record.name, record.type),
        report_(begin_report(record, config.dry_run)),
        narrator_(narrator),
        api_(http, loop, config.api),
        prober_(http, loop, canaries, record.probe, family_of(record.type),
                config.child_environment) {
    report_.now = memory_.now = unix_now();
  }

  /// To be called once; `this` stays where it is until the task is done.
  Task<RunReport> begin() {
    auto locking = take_lock();
    report_.busy = co_await locking;
    if (report_.busy) {
      co_return report_;
    }
    recall();
    store_.emplace(api_, loop_, store_settings());
    const World world{.store = *store_,
                      .prober = prober_,
                      .last_word = [this] { return last_word(); },
                      .progress = [this](const RunReport& so_far) { tell(so_far); }};
    RunReport report = co_await run_record(record_, config_.dry_run, memory_, world);
    complete(report);
    remember(report);
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
  /// Whether another run has it. Without a usable state directory the run goes on: the read before
  /// a write guards it too.
  Task<bool> take_lock() {
    if (config_.dry_run == DryRun::yes) {
      co_return false;
    }
    auto lock = state_.try_lock();
    if (lock && !lock->has_value() && wish_.waits) {
      auto waiting = state_.lock(loop_);
      lock = co_await waiting;
    }
    if (!lock) {
      warn(report_, "running without a lock and without a memory: " + lock.error().message);
      co_return false;
    }
    lock_ = *std::move(lock);
    co_return !lock_.has_value();
  }

  bool may_write_state() const { return lock_.has_value(); }

  /// Content that makes no sense is told, and put out of the way.
  template <typename Content>
  Content usable(Result<Content> content,
                 Result<std::string> (StateDirectory::*set_aside)() const) {
    if (content) {
      return *std::move(content);
    }
    if (may_write_state()) {
      const auto aside = (state_.*set_aside)();
      warn(report_, content.error().message + (aside ? "; it is now " + *aside : ""));
    }
    return {};
  }

  void recall() {
    seen_ = usable(state_.read_seen(), &StateDirectory::set_seen_aside);
    memory_.now = unix_now();  // There may have been a wait.
    memory_.said = wish_.instead_of_said
                       ? *wish_.instead_of_said
                       : usable(state_.read_said(), &StateDirectory::set_said_aside);
    memory_.gone = seen_.gone;
    memory_.vouched = wish_.vouched;
    if (seen_.pace && still_holds(*seen_.pace, memory_.now)) {
      memory_.history = seen_.history;
    } else {
      seen_.pace.reset();
    }
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

  /// People and hooks need not wait for a run to be heard by it.
  std::optional<Withheld> last_word() const {
    const auto said = state_.read_said();
    if (!said) {
      return std::nullopt;
    }
    if (said->hold && said->hold->is_in_force(unix_now())) {
      return Withheld{said->hold};
    }
    const bool moved =
        backups_in_force(record_.sites, *said) != backups_in_force(record_.sites, memory_.said);
    return moved ? std::optional(Withheld{}) : std::nullopt;
  }

  void tell(const RunReport& so_far) {
    if (config_.detail == Detail::steps) {
      RunReport complete_so_far = so_far;
      complete(complete_so_far);
      narrator_.tell(complete_so_far);
    }
  }

  void complete(RunReport& report) const {
    report.zone = store_->zone_label();
    report.api_requests = api_.requests();
  }

  void remember(const RunReport& report) {
    const auto& zone = store_->zone();
    const bool is_named = zone && !zone->name.empty();
    if (is_named && zone->status == "pending") {
      warn(report_, "the zone " + zone->name + " is pending: Cloudflare does not serve it yet");
    }
    if (!may_write_state()) {
      return;
    }
    if (is_named) {
      seen_.zone = Seen::CachedZone{config_.api.base.str(), *zone};
    }
    seen_.pace = paced(seen_.pace, memory_.now);
    seen_.history = report.history;
    seen_.gone = report.gone;
    if (const auto written = state_.write_seen(seen_); !written) {
      warn(report_, written.error().message);
    }
  }

  const RecordConfig& record_;
  const Config& config_;
  const RunWish& wish_;
  EventLoop& loop_;
  StateDirectory state_;
  RunReport report_;
  Narrator narrator_;
  std::optional<Lock> lock_;
  Seen seen_;
  Memory memory_ = {};
  Cloudflare api_;
  std::optional<CloudflareRecord> store_;  ///< once the zone that earlier runs found is known
  NetworkProber prober_;
};

void say(const RunReport& report, const Config& config) {
  if (config.json == Json::yes) {
    print(stdout, to_json(report) + "\n");
  } else if (const auto line = change_line(report); line && config.detail != Detail::quiet) {
    print(stdout, *line + "\n");
  }
  if (auto trouble = problem(report)) {
    trouble->message = title(report) + ": " + trouble->message;
    print(stderr, to_lines(*trouble));
  }
}

}  // namespace

ExitStatus run_command(const Config& config, const Clock& clock, const Audience& audience,
                       const RunWish& wish) {
  EventLoop loop(clock, wish.begun + config.deadline);
  Http http(loop, program_and_version(), config.trust);
  Canaries canaries(http, config.canaries);
  const Narrator narrator = config.json == Json::yes ? Narrator(stderr, audience.error_colour)
                                                     : Narrator(stdout, audience.output_colour);

  std::vector<std::unique_ptr<RecordRun>> runs;
  std::vector<Task<RunReport>> tasks;
  for (const RecordConfig& record : config.records) {
    runs.push_back(
        std::make_unique<RecordRun>(record, config, wish, http, loop, canaries, narrator));
    tasks.push_back(runs.back()->begin());
  }

  const auto finish = [&](RecordRun& run, Task<RunReport>& task) {
    RunReport& report = loop.run(task, http);
    report.elapsed_ms = milliseconds_since(wish.begun, clock);
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
