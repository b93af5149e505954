#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "app/options.h"
#include "app/report.h"
#include "app/run_command.h"
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

Surroundings look_around() {
  return {.environment = Environment::from(environ),
          .usual_config_file = "/etc/cf-failover/config.json",
          .is_root = geteuid() == 0,
          .output_is_terminal = isatty(STDOUT_FILENO) == 1};
}

Colour colour_for(int descriptor, const Environment& environment) {
  const bool wanted = environment.get("NO_COLOR").empty() && environment.get("TERM") != "dumb";
  return wanted && isatty(descriptor) == 1 ? Colour::yes : Colour::no;
}

ExitStatus act(const Request& request, const Surroundings& surroundings) {
  if (const auto* text = std::get_if<ShowText>(&request)) {
    print(stdout, text->text);
    return ExitStatus::ok;
  }
  const SystemClock clock;
  if (const auto* check = std::get_if<CheckRequest>(&request)) {
    return check_command(*check, clock);
  }
  if (const auto* hold = std::get_if<HoldRequest>(&request)) {
    return hold_command(*hold, clock);
  }
  const Audience audience{colour_for(STDOUT_FILENO, surroundings.environment),
                          colour_for(STDERR_FILENO, surroundings.environment)};
  if (const auto* set_backup = std::get_if<SetBackupRequest>(&request)) {
    return set_backup_command(*set_backup, clock, audience);
  }
  return run_command(std::get<Config>(request), clock, audience, {.begun = clock.now()});
}

ExitStatus run_program(int argc, char** argv) {
  const Surroundings surroundings = look_around();
  const auto request = parse_options(argc, argv, surroundings);
  if (!request) {
    print(stderr, to_lines(request.error()));
    return ExitStatus::usage;
  }
  return act(*request, surroundings);
}

}  // namespace

int main(int argc, char** argv) try {
  open_missing_streams();
  std::signal(SIGPIPE, SIG_IGN);
  return to_int(run_program(argc, argv));
} catch (const std::exception& problem) {
  std::fprintf(stderr, "cf-failover: error: %s\n", problem.what());
  return to_int(ExitStatus::unknown);
}
