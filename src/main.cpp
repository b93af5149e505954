#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <csignal>
#include <cstdio>
#include <exception>

#include "app/options.h"
#include "app/report.h"
#include "app/run_command.h"
#include "app/status_report.h"
#include "app/system_clock.h"

namespace {

/// A hook may start us with closed descriptors; what we open next must not become "standard
/// output".
void open_missing_streams() {
  int descriptor = open("/dev/null", O_RDWR);
  while (descriptor >= 0 && descriptor <= STDERR_FILENO) {
    descriptor = dup(descriptor);
  }
  if (descriptor > STDERR_FILENO) {
    close(descriptor);
  }
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

Surroundings look_around() {
  return {.environment = Environment::from(environ),
          .usual_config_file = "/etc/cf-failover/config.json",
          .is_root = geteuid() == 0,
          .output_is_terminal = isatty(STDOUT_FILENO) == 1,
          .host = host_name(),
          .now = unix_now()};
}

Colour colour_for(int descriptor, const Environment& environment) {
  const bool wanted = environment.get("NO_COLOR").empty() && environment.get("TERM") != "dumb";
  return wanted && isatty(descriptor) == 1 ? Colour::yes : Colour::no;
}

/// Of the terminal that standard output is; 0 where it is none.
std::size_t width_of_output() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// Each kind of request by its command; what comes back is for the shell.
struct Act {
  const SystemClock& clock;
  const Audience& audience;

  int operator()(const ShowText& request) const {
    print(stdout, request.text);
    return to_int(ExitStatus::ok);
  }
  int operator()(const Config& config) const {
    return in_time(config, [&] {
      return to_int(run_command(config, clock, audience, {.begun = clock.now()}));
    });
  }
  int operator()(const StatusRequest& request) const {
    return in_time(request.config,
                   [&] { return status_command(request.config, request.nagios, clock, audience); });
  }
  int operator()(const SetBackupRequest& request) const {
    return in_time(request.config,
                   [&] { return to_int(set_backup_command(request, clock, audience)); });
  }
  int operator()(const SwitchRequest& request) const {
    return in_time(request.config,
                   [&] { return to_int(switch_command(request, clock, audience)); });
  }
  int operator()(const HoldRequest& request) const { return to_int(hold_command(request, clock)); }
  int operator()(const HistoryRequest& request) const {
    return to_int(history_command(request.past, audience));
  }
  int operator()(const ExplainRequest& request) const {
    return to_int(explain_command(request.past, audience));
  }
  int operator()(const NotifyTestRequest& request) const {
    return to_int(notify_test_command(request, clock));
  }
  int operator()(const CheckRequest& request) const {
    return to_int(check_command(request, clock));
  }

 private:
  /// A run ends at its deadline, whoever reads its output.
  template <typename Command>
  int in_time(const Config& config, Command command) const {
    const EventLoop loop(clock, clock.now() + config.deadline);
    const int status = command();
    flush_output(loop);
    return status;
  }
};

int run_program(int argc, char** argv) {
  const Surroundings surroundings = look_around();
  const auto request = parse_options(argc, argv, surroundings);
  if (!request) {
    print(stderr, to_lines(request.error()));
    return is_for_status(argc, argv) ? static_cast<int>(Level::unknown) : to_int(ExitStatus::usage);
  }
  const SystemClock clock;
  const Audience audience{.output_colour = colour_for(STDOUT_FILENO, surroundings.environment),
                          .error_colour = colour_for(STDERR_FILENO, surroundings.environment),
                          .width = width_of_output()};
  return std::visit(Act{clock, audience}, *request);
}

}  // namespace

int main(int argc, char** argv) try {
  open_missing_streams();
  prctl(PR_SET_DUMPABLE, 0);  // A core dump would hold the token.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // Where it is ignored nobody learns how a command ended.
  std::signal(SIGXFSZ, SIG_IGN);  // A file that may not grow is told like a full disk.
  const int status = run_program(argc, argv);
  flush_output();
  return status;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "cf-failover: error: %s\n", problem.what());
  return is_for_status(argc, argv) ? static_cast<int>(Level::unknown) : to_int(ExitStatus::unknown);
}
