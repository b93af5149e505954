#include "app/switch_command.h"

#include "app/report.h"
#include "app/system_clock.h"
#include "io/state_directory.h"

namespace {

class HoldForSwitch {
 public:
  HoldForSwitch(const SwitchRequest& request, const Clock& clock)
      : record_(request.config.records.front()),
        state_(request.config.state_dir, record_.name, record_.type),
        loop_(clock, clock.now() + request.config.deadline) {
    if (request.hold) {
      const auto end = std::chrono::ceil<std::chrono::seconds>(unix_now() + *request.hold);
      ours_ = Hold{end, "switch to " + std::string(to_text(request.wanted.to)) + " by hand"};
    }
  }

  /// Before the switch: a run that came right after it would undo it.
  Result<void> store() {
    const auto stored = change([this](Said said) {
      before_ = said.hold;
      said.hold = ours_;
      return said;
    });
    return stored ? Result<void>() : tl::unexpected(stored.error());
  }

  /// Unless somebody has said something else meanwhile.
  void take_back() {
    const auto taken_back = change([this](Said said) {
      if (said.hold == ours_) {
        said.hold = before_;
      }
      return said;
    });
    if (!taken_back) {
      print(stderr, warning_line(title(key()) + ": still " + hold_line({}, ours_, unix_now()) +
                                 ": " + taken_back.error().message));
    }
  }

  RecordKey key() const { return {record_.name, record_.type}; }
  const std::optional<Hold>& ours() const { return ours_; }

 private:
  Result<StateDirectory::SaidChange> change(const std::function<Said(Said)>& how) {
    auto changing = state_.change_said(loop_, how);
    return std::move(loop_.run(changing, pump_));
  }

  const RecordConfig& record_;
  StateDirectory state_;
  EventLoop loop_;
  PollPump pump_;
  std::optional<Hold> ours_;
  std::optional<Hold> before_;
};

}  // namespace

ExitStatus switch_command(const SwitchRequest& request, const Clock& clock,
                          const Audience& audience) {
  const BootTime begun = clock.now();
  const Config& config = request.config;
  HoldForSwitch hold(request, clock);
  const bool holds = hold.ours() && config.dry_run == DryRun::no;
  if (holds) {
    if (const auto stored = hold.store(); !stored) {
      print(stderr,
            to_lines({title(hold.key()) + ": nothing was changed: " + stored.error().message,
                      "--no-hold switches without a hold; the next run may undo it"}));
      return ExitStatus::usage;
    }
  }
  const ExitStatus status =
      run_command(config, clock, audience,
                  {.begun = begun, .by = By::hand, .waits = true, .wanted = request.wanted});
  const bool may_have_changed = status == ExitStatus::ok || status == ExitStatus::unconfirmed;
  if (holds && !may_have_changed) {
    hold.take_back();
  } else if (holds && config.detail != Detail::quiet && config.json == Json::no) {
    print(stdout, title(hold.key()) + ": " + hold_line({}, hold.ours(), unix_now()) + "\n");
  }
  return status;
}
