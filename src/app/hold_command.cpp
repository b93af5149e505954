#include "app/hold_command.h"

#include "app/output.h"
#include "app/report.h"
#include "app/report_json.h"
#include "app/system_clock.h"
#include "io/state_directory.h"

namespace {

Said with_hold(Said said, const std::optional<Hold>& hold) {
  said.hold = hold;
  return said;
}

/// What is said of the record from now on.
Result<StateDirectory::SaidChange> store(const HoldRequest& request, const RecordKey& record,
                                         const std::optional<Hold>& hold, const Clock& clock) {
  const StateDirectory state(request.state_dir, record.name, record.type);
  if (request.dry_run == DryRun::yes) {
    const auto said = state.read_said();
    return StateDirectory::SaidChange{said.value_or(Said{}),
                                      with_hold(said.value_or(Said{}), hold)};
  }
  EventLoop loop(clock, clock.now() + request.deadline);
  PollPump pump;
  auto changing = state.change_said(loop, [&](const Said& said) { return with_hold(said, hold); });
  return loop.run(changing, pump);
}

}  // namespace

ExitStatus hold_command(const HoldRequest& request, const Clock& clock) {
  const UnixTime now = unix_now();
  std::optional<Hold> hold;
  if (request.length) {
    hold = Hold{std::chrono::ceil<std::chrono::seconds>(now + *request.length), request.why};
  }
  ExitStatus status = ExitStatus::ok;
  for (const RecordKey& record : request.records) {
    const auto stored = store(request, record, hold, clock);
    if (!stored) {
      print(stderr, to_lines({title(record) + ": not stored: " + stored.error().message,
                              "nothing was changed"}));
      status = ExitStatus::usage;
      continue;
    }
    if (!stored->warning.empty()) {
      print(stderr, warning_line(title(record) + ": " + stored->warning));
    }
    if (request.json == Json::yes) {
      print(stdout, to_json(record, hold) + "\n");
    } else if (request.detail != Detail::quiet) {
      print(stdout, title(record) + ": " +
                        hold_line(stored->before.hold, hold, now, request.dry_run) + "\n");
    }
  }
  return status;
}
