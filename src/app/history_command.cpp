#include "app/history_command.h"

#include "app/history_json.h"
#include "app/history_report.h"
#include "app/report.h"
#include "app/system_clock.h"
#include "io/state_directory.h"

namespace {

/// All that is kept of one record.
Result<Past> read_past(const PastRequest& request, const RecordKey& record) {
  const StateDirectory state(request.state_dir, record.name, record.type);
  auto runs = state.read_history();
  if (!runs) {
    return tl::unexpected(runs.error());
  }
  const auto seen = state.read_seen();
  if (!seen) {
    return tl::unexpected(seen.error());
  }
  const UnixTime now = unix_now();
  const bool is_watched = seen->pace && still_holds(*seen->pace, now);
  return Past{.record = record,
              .runs = *std::move(runs),
              .last = seen->last,
              .watched_until = is_watched   ? now
                               : seen->pace ? seen->pace->last_run
                                            : UnixTime(),
              .now = now};
}

/// Tells of each record by itself; the worst status of all.
template <typename Tell>
ExitStatus for_each_past(const PastRequest& request, Tell tell) {
  ExitStatus status = ExitStatus::ok;
  for (const RecordKey& record : request.records) {
    const auto past = read_past(request, record);
    if (!past) {
      print(stderr, to_lines({title(record) + ": " + past.error().message, past.error().hint}));
      status = worse(status, ExitStatus::usage);
      continue;
    }
    status = worse(status, tell(*past));
  }
  return status;
}

}  // namespace

ExitStatus history_command(const PastRequest& request, const Audience& audience) {
  bool is_first = true;
  return for_each_past(request, [&](const Past& past) {
    if (request.json == Json::yes) {
      for (const PastEvent& event : events(past, request.time)) {
        print(stdout, to_json(past.record, event) + "\n");
      }
    } else {
      print(stdout, (is_first ? "" : "\n") +
                        history_text(past, request.time, audience.output_colour, audience.width));
    }
    is_first = false;
    return ExitStatus::ok;
  });
}

ExitStatus explain_command(const PastRequest& request, const Audience& audience) {
  bool is_first = true;
  return for_each_past(request, [&](const Past& past) {
    const auto run = explained_run(past, request.time);
    if (!run) {
      print(stderr, to_lines(nothing_to_explain(past, request.time)));
      return ExitStatus::inaccessible;
    }
    if (request.json == Json::yes) {
      print(stdout, to_json(past.record, *run) + "\n");
    } else {
      print(stdout, (is_first ? "" : "\n") + explanation(past, *run, audience.output_colour));
    }
    is_first = false;
    return ExitStatus::ok;
  });
}
