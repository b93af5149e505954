#include "app/run_command.h"

#include "app/report.h"
#include "app/report_json.h"

namespace {

std::string output_of(const RunReport& report, const Config& config) {
  std::string text;
  if (config.json == Json::yes) {
    text = to_json(report) + "\n";
  } else if (config.detail != Detail::quiet) {
    for (const auto& line : {change_line(report), already_line(report)}) {
      text += line ? *line + "\n" : "";
    }
  }
  return text;
}

std::string errors_of(const RunReport& report) {
  auto trouble = problem(report);
  if (!trouble) {
    return {};
  }
  trouble->message = title(report) + ": " + trouble->message;
  return to_lines(*trouble);
}

/// All of it or, where memory is short, nothing.
void say(const RunReport& report, const Config& config) {
  const std::string output = output_of(report, config);
  const std::string errors = errors_of(report);
  print(stdout, output);
  print(stderr, errors);
}

}  // namespace

ExitStatus run_command(const Config& config, const Clock& clock, const Audience& audience,
                       const RunWish& wish) {
  const Narrator narrator = config.json == Json::yes ? Narrator(stderr, audience.error_colour)
                                                     : Narrator(stdout, audience.output_colour);
  std::vector<Narrator> narrators(config.records.size(), narrator);
  const bool narrates = config.detail == Detail::steps;
  Listener listener;
  std::size_t speaker = 0;
  const auto give_word_to = [&](std::size_t record) -> Narrator& {
    if (record != speaker) {
      narrators[speaker].interrupted();
      speaker = record;
    }
    return narrators[record];
  };
  if (narrates) {
    listener.so_far = [&](std::size_t record, const RunReport& so_far) {
      give_word_to(record).tell(so_far);
    };
  }
  listener.finished = [&](std::size_t record, const RunReport& report) {
    if (narrates && !report.busy) {
      give_word_to(record).finish(report);
    }
    say(report, config);
    return exit_status(report);
  };
  return run_records(config, clock, wish, listener);
}
