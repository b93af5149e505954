#include "app/status_report.h"

#include <algorithm>
#include <cmath>

#include "app/painted_table.h"
#include "app/report.h"
#include "value/text.h"

namespace {

using Tone = StepLine::Tone;

bool is_up(const ProbeResult& probe) {
  return probe.health == Health::up;
}

bool all_up(const RunReport& report) {
  return std::all_of(report.probes.begin(), report.probes.end(), is_up) &&
         report.unresolved.empty();
}

Tone tone_of(Level level) {
  switch (level) {
    case Level::ok:
      return Tone::good;
    case Level::warning:
    case Level::unknown:
      return Tone::doubtful;
    case Level::critical:
      return Tone::bad;
  }
  return Tone::plain;
}

std::string role_text(Role role) {
  return role == Role::other ? "other" : std::string(to_text(role));
}

/// "MAIN serves", "nobody serves", ...
std::string who_serves(const RunReport& report) {
  if (!report.record) {
    return "the record could not be read";
  }
  const Role role = report.sites.role_of(report.record->content);
  const std::string who =
      role == Role::other ? "an unfamiliar address" : std::string(to_text(role));
  switch (counts_as(report.record->content, report)) {
    case Health::up:
      return who + " serves";
    case Health::down:
      return "nobody serves: the record points to " + who + ", which is inaccessible";
    case Health::pending:
    case Health::unknown:
      break;
  }
  return "the record points to " + who + ", which this host cannot judge";
}

std::string since(const Track* track, UnixTime now) {
  if (track == nullptr || track->since == now) {
    return "";  // This run is the first to say so.
  }
  return "for " + describe(std::max(now - track->since, Milliseconds{0}));
}

std::string milliseconds(const ProbeResult& probe) {
  return probe.attempts == 0 ? "" : std::to_string(std::lround(probe.ms)) + " ms";
}

std::string what_next(const RunReport& report) {
  const auto trouble = problem(report);
  if (change_line(report)) {
    return move_text(report);
  }
  return trouble ? trouble->message : outcome_line(report).text;
}

/// Whether anybody looks regularly.
std::string last_run(const RunReport& report) {
  if (!report.last_run) {
    return "no run is kept here: does cron, or the timer, use this state directory?";
  }
  const Milliseconds ago = std::max(report.now - *report.last_run, Milliseconds{0});
  return report.is_watched ? "a run " + describe(ago) + " ago"
                           : "no run for " + describe(ago) + ": is cron, or the timer, on?";
}

PaintedTable address_table(const RunReport& report) {
  PaintedTable table;
  for (const ProbeResult& probe : report.probes) {
    table.add({role_text(report.sites.role_of(probe.address)), probe.address.str(),
               std::string(verdict_name(probe.health)), milliseconds(probe),
               since(report.track_of(probe.address), report.now)},
              probe.failure ? describe(*probe.failure) : "", tone_of(probe.health));
  }
  for (const Unresolved& unresolved : report.unresolved) {
    table.add({role_text(unresolved.role), unresolved.name.str(), "unknown", "", ""},
              unresolved.why, Tone::doubtful);
  }
  return table;
}

/// Labels must not hold '=' or a quote: ours do not.
std::string performance_data(const RunReport& report) {
  std::vector<std::string> data;
  for (const ProbeResult& probe : report.probes) {
    if (is_up(probe)) {
      data.push_back("'" + title(report) + " " + probe.address.str() +
                     "'=" + std::to_string(std::lround(probe.ms)) + "ms;;;0");
    }
  }
  std::string text;
  for (const std::string& item : data) {
    text += (text.empty() ? "" : " ") + item;
  }
  return text;
}

}  // namespace

Level level(const RunReport& report) {
  if (!report.record) {
    return Level::unknown;
  }
  switch (counts_as(report.record->content, report)) {
    case Health::down:
      return Level::critical;
    case Health::pending:
    case Health::unknown:
      return Level::unknown;
    case Health::up:
      break;
  }
  const bool on_main = report.sites.role_of(report.record->content) == Role::main;
  return on_main && all_up(report) ? Level::ok : Level::warning;
}

Level worse(Level a, Level b) {
  const auto weight = [](Level level) {
    switch (level) {
      case Level::ok:
        return 0;
      case Level::warning:
        return 1;
      case Level::unknown:
        return 2;
      case Level::critical:
        return 3;
    }
    return 3;
  };
  return weight(a) >= weight(b) ? a : b;
}

std::string_view to_text(Level level) {
  switch (level) {
    case Level::ok:
      return "OK";
    case Level::warning:
      return "WARNING";
    case Level::critical:
      return "CRITICAL";
    case Level::unknown:
      return "UNKNOWN";
  }
  return {};
}

std::string status_table(const RunReport& report, Colour colour, std::size_t width) {
  constexpr std::size_t kIndent = 8;
  const Level of_record = level(report);
  const std::string origin = report.record ? " -> " + report.record->content.str() : "";
  const std::string head = title(report) + origin + "  " + std::string(to_text(of_record)) + "  ";
  const std::string who = who_serves(report);
  const bool fits = width == 0 || head.size() + who.size() <= width;
  std::string text = headed(title(report) + origin, colour) + "  " +
                     painted(std::string(to_text(of_record)), tone_of(of_record), colour) +
                     (fits ? "  " + who + "\n" : "\n  " + folded(who, 2, width) + "\n");
  text += address_table(report).str(2, colour, width);
  text += "  last  " +
          painted(last_run(report), report.is_watched ? Tone::plain : Tone::doubtful, colour) +
          "\n";
  text += "  next  " + folded(what_next(report), kIndent, width) + "\n";
  return text;
}

std::string nagios_line(const std::vector<RunReport>& reports) {
  Level all = Level::ok;
  std::vector<std::string> texts;
  std::string data;
  for (const RunReport& report : reports) {
    all = worse(all, level(report));
    const std::string where = report.record ? " " + report.record->content.str() : "";
    texts.push_back(title(report) + where + ": " + who_serves(report));
    for (const ProbeResult& probe : report.probes) {
      if (probe.failure) {
        texts.back() += ", " + probe.address.str() + " " + reason(*probe.failure);
      }
    }
    const std::string of_record = performance_data(report);
    data += (data.empty() || of_record.empty() ? "" : " ") + of_record;
  }
  std::string text = "CF-FAILOVER " + std::string(to_text(all)) + " - ";
  for (std::size_t i = 0; i < texts.size(); ++i) {
    text += (i > 0 ? "; " : "") + texts[i];
  }
  std::replace(text.begin(), text.end(), '|', '/');  // It begins the performance data.
  return text + (data.empty() ? "" : " | " + data) + "\n";
}
