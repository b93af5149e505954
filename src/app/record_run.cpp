#include "app/record_run.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "app/aftermath.h"
#include "app/mailman.h"
#include "app/news.h"
#include "app/output.h"
#include "app/report.h"
#include "app/report_json.h"
#include "app/system_clock.h"
#include "app/version.h"
#include "io/network_prober.h"
#include "io/state_directory.h"

namespace {

double milliseconds_since(BootTime start, BootTime now) {
  return std::chrono::duration<double, std::milli>(now - start).count();
}

void warn(const RunReport& report, const std::string& text) {
  print(stderr, warning_line(title(report) + ": " + text));
}

/// One record's part in the run: what it needs, and what came of it.
class RecordRun {
 public:
  RecordRun(const RecordConfig& record, const Config& config, const RunWish& wish, Http& http,
            EventLoop& loop, Canaries& canaries, Progress progress)
      : record_(record),
        config_(config),
        wish_(wish),
        loop_(loop),
        state_(config.state_dir, record.name, record.type),
        report_(begin_report(record, config.dry_run)),
        progress_(std::move(progress)),
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
      report_.elapsed_ms = milliseconds_since(wish_.begun, loop_.now());
      co_return report_;
    }
    recall();
    store_.emplace(api_, loop_, store_settings());
    const World world{.store = *store_,
                      .prober = prober_,
                      .last_word = [this] { return last_word(); },
                      .progress = [this](const RunReport& so_far) { tell(so_far); },
                      .about_to_change = [this](const RunReport& so_far) { begin_change(so_far); }};
    RunReport report = co_await run_record(record_, config_.dry_run, memory_, world);
    complete(report);
    report.elapsed_ms = milliseconds_since(wish_.begun, loop_.now());
    remember(report);
    lock_.reset();  // The other records, and what people are told, must not hold up the next run.
    co_return report;
  }

  /// Of all runs so far, this one included once it is done.
  const Counters& counters() const { return seen_.counters; }

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
      auto& waited = co_await waiting;
      lock = std::move(waited);
    }
    if (!lock) {
      const bool waits_for_ever = record_.damping.failback_delay > Milliseconds{0};
      warn(report_, "running without a lock and without a memory: " + lock.error().message +
                        (waits_for_ever ? "; no failback_delay ends that way" : ""));
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
    std::string became;
    if (may_write_state()) {
      const auto aside = (state_.*set_aside)();
      became = aside ? "; it is now " + *aside : "";
    }
    warn(report_, content.error().message + became);
    return {};
  }

  void recall() {
    seen_ = usable(state_.read_seen(), &StateDirectory::set_seen_aside);
    interrupted_ = std::exchange(seen_.begun, std::nullopt);
    memory_.now = unix_now();  // There may have been a wait.
    memory_.said = wish_.instead_of_said
                       ? *wish_.instead_of_said
                       : usable(state_.read_said(), &StateDirectory::set_said_aside);
    memory_.gone = seen_.gone;
    memory_.vouched = wish_.vouched;
    memory_.wanted = wish_.wanted;
    memory_.last_run = seen_.pace ? std::optional(seen_.pace->last_run) : std::nullopt;
    memory_.is_watched = seen_.pace && still_holds(*seen_.pace, memory_.now);
    if (memory_.is_watched) {
      memory_.tracks = seen_.tracks;
    } else if (seen_.pace) {
      unwatched_since_ = std::min(seen_.pace->last_run, memory_.now);
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
    const bool is_by_hand = wish_.wanted.has_value();
    if (!is_by_hand && said->hold && said->hold->is_in_force(unix_now())) {
      return Withheld{said->hold};
    }
    const bool moved =
        backups_in_force(record_.sites, *said) != backups_in_force(record_.sites, memory_.said);
    return moved ? std::optional(Withheld{}) : std::nullopt;
  }

  void tell(const RunReport& so_far) const {
    if (progress_) {
      RunReport complete_so_far = so_far;
      complete(complete_so_far);
      progress_(complete_so_far);
    }
  }

  void complete(RunReport& report) const {
    report.zone = store_->zone_label();
    report.api_requests = api_.requests();
    report.api_requests_left = api_.requests_left();
  }

  /// So that not even a kill between the write and the end of the run keeps people from hearing of
  /// the change. Nobody knows then whether it was this run that made it.
  void begin_change(const RunReport& so_far) {
    if (!may_write_state()) {
      return;
    }
    take_up_interrupted(so_far);
    RunReport done = so_far;
    complete(done);
    done.change = Unconfirmed{
        {.kind = ApiFailure::Kind::no_answer, .message = "the run was killed in the middle of it"}};
    seen_.begun = BegunChange{past_run(done, config_.host, wish_.by), event_of_change(done),
                              title(done) + ": " + move_text(done), to_json(done)};
    (void)state_.write_seen(seen_, Sync::yes);  // The end of the run tries again, and complains.
  }

  /// An earlier run was killed in the middle of a change: the record tells what came of it.
  void take_up_interrupted(const RunReport& report) {
    if (!interrupted_ || !report.record) {
      return;
    }
    const PastRun& run = interrupted_->run;
    if (report.record->content == run.change->to) {
      post(config_, Outbox(config_.state_dir), {notice_of(*interrupted_, title(report))});
      seen_.counters = counted(seen_.counters, run);
      const auto history = state_.read_history();
      const bool is_kept = history && !history->empty() && history->back().time == run.time;
      if (!is_kept) {
        append_to_history(run);
      }
    }
    interrupted_.reset();
  }

  void remember(const RunReport& report) {
    const auto& zone = store_->zone();
    const bool is_named = zone && !zone->name.empty();
    if (is_named && zone->status == "pending") {
      warn(report_, "the zone " + zone->name + " is pending: Cloudflare does not serve it yet");
    }
    const News news = news_of(report, seen_.told, config_.remind, config_.host);
    if (!may_write_state()) {
      if (config_.dry_run == DryRun::no && !config_.channels.empty() && !news.notices.empty()) {
        warn(report_, "no notice of this: there is no outbox without a state directory");
      }
      return;
    }
    take_up_interrupted(report);
    seen_.begun = interrupted_;
    if (is_named) {
      seen_.zone = Seen::CachedZone{config_.api.base.str(), *zone};
    }
    seen_.pace = paced(seen_.pace, memory_.now);
    seen_.tracks = report.tracks;
    seen_.gone = report.gone;
    add_to_history(report);
    seen_.told = news.told;
    // Before what was told is remembered: rather told twice than never.
    post(config_, Outbox(config_.state_dir), news.notices);
    seen_.counters = counted(seen_.counters, *seen_.last);
    if (const auto written = state_.write_seen(seen_); !written) {
      warn(report_, written.error().message);
    }
  }

  /// What differs from the run before is kept for longer than until the next one.
  void add_to_history(const RunReport& report) {
    PastRun run = past_run(report, config_.host, wish_.by);
    run.unwatched_since = unwatched_since_;
    const bool is_news =
        !seen_.last || seen_.last->likeness != run.likeness || run.unwatched_since || run.change;
    seen_.last = run;
    if (!is_news) {
      return;
    }
    if (!append_to_history(run)) {
      seen_.last->likeness.clear();  // So that the next run is news again.
    }
  }

  bool append_to_history(const PastRun& run) const {
    const auto written = state_.append_history(run);
    if (!written) {
      warn(report_, written.error().message);
    }
    return written.has_value();
  }

  const RecordConfig& record_;
  const Config& config_;
  const RunWish& wish_;
  EventLoop& loop_;
  StateDirectory state_;
  RunReport report_;
  Progress progress_;
  std::optional<Lock> lock_;
  Seen seen_;
  std::optional<UnixTime> unwatched_since_;
  std::optional<BegunChange> interrupted_;  ///< until it is known what came of it
  Memory memory_ = {};
  Cloudflare api_;
  std::optional<CloudflareRecord> store_;  ///< once the zone that earlier runs found is known
  NetworkProber prober_;
};

}  // namespace

ExitStatus run_records(const Config& config, const Clock& clock, const RunWish& wish,
                       const Listener& listener) {
  const BootTime deadline = wish.begun + config.deadline;
  EventLoop loop(clock, deadline - time_to_tell(config));
  Http http(loop, program_and_version(), config.trust);
  Canaries canaries(http, config.canaries);

  std::vector<std::unique_ptr<RecordRun>> runs;
  std::vector<Task<RunReport>> tasks;
  for (const RecordConfig& record : config.records) {
    const std::size_t index = runs.size();
    const Progress progress = [&listener, index](const RunReport& so_far) {
      listener.so_far(index, so_far);
    };
    runs.push_back(std::make_unique<RecordRun>(record, config, wish, http, loop, canaries,
                                               listener.so_far ? progress : Progress()));
    tasks.push_back(runs.back()->begin());
  }

  ExitStatus status = ExitStatus::ok;
  bool others_run = true;  // One for every record, and they tell.
  std::vector<MeasuredRun> measured;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    try {
      const RunReport& report = loop.run(tasks[i], http);
      others_run = others_run && report.busy;
      if (!report.busy) {
        measured.push_back({report, runs[i]->counters()});
      }
      status = worse(status, listener.finished(i, report));  // Last: what it says is to be true.
    } catch (const std::exception& problem) {
      others_run = false;
      status = worse(status, runs[i]->broken_off(problem.what()));
    }
  }
  tasks.clear();
  runs.clear();
  loop.set_deadline(deadline);
  if (config.dry_run == DryRun::no && !others_run) {
    try {
      tell_others(config, measured, status, loop, http);
    } catch (const std::exception& problem) {
      print(stderr, warning_line(std::string("not everybody was told: ") + problem.what()));
    }
  }
  return status;
}
