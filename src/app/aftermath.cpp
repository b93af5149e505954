#include "app/aftermath.h"

#include "app/mailman.h"
#include "app/output.h"
#include "app/report.h"
#include "app/system_clock.h"
#include "io/lock.h"
#include "io/small_file.h"
#include "io/state_file.h"

namespace {

/// Under a lock, if it can be had soon: other runs may share the file.
void write_metrics(const std::string& path, const std::vector<MeasuredRun>& runs,
                   std::size_t outbox, EventLoop& loop, Http& http) {
  constexpr Milliseconds kLongerThanAWrite{1000};
  const Milliseconds at_most =
      std::min(kLongerThanAWrite, loop.left() / 4);  // The rest: the ping's.
  auto locking = Lock::acquire(loop, path + ".lock", at_most);
  const auto lock = loop.run(locking, http);
  const auto before = read_small_file(path, Links::refuse);
  const auto written = replace_state(path, metrics_text(runs, outbox, before ? before->text : ""),
                                     Sync::no, Readers::everybody);
  if (!written) {
    print(stderr, warning_line("no metrics: " + written.error().message));
  }
}

/// As healthchecks.io takes it: the exit status at the end of the address, the log as the body.
/// https://healthchecks.io/docs/signaling_failures/
HttpRequest ping_request(const Url& url, const std::vector<MeasuredRun>& runs, ExitStatus status) {
  constexpr Milliseconds kTimeout{10000};
  HttpRequest request{.url = url.with_path("/" + std::to_string(to_int(status))),
                      .method = "POST",
                      .headers = {{"Content-Type", Secret("text/plain; charset=utf-8")}},
                      .timeout = kTimeout,
                      .connect_timeout = kTimeout,
                      .wants_body = [](int) { return false; },
                      .proxy = HttpRequest::Proxy::from_environment};
  for (const MeasuredRun& run : runs) {
    request.body += summary(run.report) + "\n";
  }
  return request;
}

}  // namespace

Milliseconds time_to_tell(const Config& config) {
  constexpr Milliseconds kLongest{5000};
  constexpr int kPart = 5;
  const bool somebody_waits =
      config.dry_run == DryRun::no && (!config.channels.empty() || config.ping);
  return somebody_waits ? std::min(kLongest, config.deadline / kPart) : Milliseconds{0};
}

void tell_others(const Config& config, const std::vector<MeasuredRun>& runs, ExitStatus status,
                 EventLoop& loop, Http& http) {
  const Outbox outbox(config.state_dir);
  if (!config.state_dir.empty()) {
    deliver_all(config, outbox, unix_now(), loop, http);
  }
  if (!config.metrics_file.empty()) {
    write_metrics(config.metrics_file, runs, outbox.size(), loop, http);
  }
  if (!config.ping) {
    return;
  }
  const auto url = config.ping();
  if (!url) {
    print(stderr, warning_line("no ping: " + url.error().message));
    return;
  }
  auto ping = http.fetch(ping_request(*url, runs, status));
  loop.run(ping, http);
}
