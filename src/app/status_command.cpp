#include "app/status_command.h"

#include "app/report.h"
#include "app/report_json.h"
#include "app/status_report.h"

int status_command(const Config& config, Nagios nagios, const Clock& clock,
                   const Audience& audience) {
  std::vector<RunReport> reports;
  Listener listener;
  listener.finished = [&](std::size_t, const RunReport& report) {
    reports.push_back(report);
    return exit_status(report);
  };
  const ExitStatus ran = run_records(config, clock, {.begun = clock.now()}, listener);

  // A record whose run was broken off, as by a lack of memory, has no report.
  const bool complete = reports.size() == config.records.size();
  Level worst = complete || ran == ExitStatus::ok ? Level::ok : Level::unknown;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    worst = worse(worst, level(reports[i]));
    if (nagios == Nagios::yes) {
      continue;
    }
    if (config.json == Json::yes) {
      print(stdout, to_status_json(reports[i]) + "\n");
    } else {
      print(stdout,
            (i > 0 ? "\n" : "") + status_table(reports[i], audience.output_colour, audience.width));
    }
  }
  if (nagios == Nagios::yes) {
    print(stdout, nagios_line(reports));
  }
  return static_cast<int>(worst);
}
