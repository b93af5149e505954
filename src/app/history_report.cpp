#include "app/history_report.h"

#include <algorithm>
#include <set>

#include "app/painted_table.h"
#include "app/report.h"
#include "value/text.h"

namespace {

using Tone = StepLine::Tone;

constexpr std::size_t kUsualCells = 72;
constexpr std::size_t kMostCells = 144;
constexpr std::size_t kIndent = 2;

/// How a part of the strip looks, and what it means.
struct Symbol {
  char letter;
  const char* meaning;
  Tone tone;
};

Symbol symbol(Served served) {
  switch (served) {
    case Served::main:
      return {'M', "MAIN served", Tone::good};
    case Served::backup:
      return {'B', "BACKUP served", Tone::doubtful};
    case Served::other:
      return {'o', "another address served", Tone::doubtful};
    case Served::nobody:
      return {'!', "nobody served", Tone::bad};
    case Served::unknown:
      return {'?', "could not tell", Tone::plain};
    case Served::not_watched:
      return {'.', "nobody looked", Tone::plain};
  }
  return {' ', "", Tone::plain};
}

/// "2026-01-31 10:15:00": what people read beside others of its kind.
std::string clock_text(UnixTime time) {
  std::string text = to_text(std::chrono::floor<std::chrono::seconds>(time));
  std::replace(text.begin(), text.end(), 'T', ' ');
  text.pop_back();
  return text;
}

/// The cells in their colours, neighbours of one kind painted together.
std::string painted_cells(const std::vector<Served>& cells, Colour colour) {
  std::string text;
  for (std::size_t begin = 0; begin < cells.size();) {
    std::size_t end = begin;
    while (end < cells.size() && cells[end] == cells[begin]) {
      ++end;
    }
    const Symbol of_cells = symbol(cells[begin]);
    text += painted(std::string(end - begin, of_cells.letter), of_cells.tone, colour);
    begin = end;
  }
  return text;
}

std::string strip_text(const Past& past, UnixTime from, Colour colour, std::size_t width) {
  const std::size_t fitting = width > 2 * kIndent ? width - 2 * kIndent : kUsualCells;
  const std::size_t cells = width == 0 ? kUsualCells : std::min(fitting, kMostCells);
  const auto served =
      strip(stretches(past.runs, past.watched_until, past.now), from, past.now, cells);
  const std::string indent(kIndent, ' ');
  const std::string left = clock_text(from);
  const std::string right = clock_text(past.now) + " UTC";
  const std::size_t labels = left.size() + right.size();
  const std::string gap(cells > labels ? cells - labels : 1, ' ');

  std::vector<std::string> legend;
  for (const Served kind : std::set<Served>(served.begin(), served.end())) {
    legend.push_back(std::string(1, symbol(kind).letter) + " " + symbol(kind).meaning);
  }
  return indent + painted_cells(served, colour) + "\n" + indent + left + gap + right + "\n" +
         indent + joined(legend) + "\n";
}

PastEvent change_event(const PastRun& run) {
  std::string reason = run.change->reason;
  if (run.change->written != true) {
    reason += (reason.empty() ? "" : "; ") + run.trouble;
  }
  return {.time = run.time,
          .name = std::string(to_text(run.change->kind)),
          .change = run.change,
          .reason = std::move(reason),
          .host = run.host,
          .by = std::string(to_text(run.by))};
}

std::string what(const PastEvent& event) {
  if (event.change) {
    const std::string move = event.change->from.str() + " -> " + event.change->to.str();
    return event.change->written == true    ? move
           : event.change->written == false ? move + " (not done)"
                                            : move + " (not confirmed)";
  }
  return (event.lasts ? "until now, " : "") + describe(event.duration.value_or(Milliseconds{0}));
}

std::string who(const PastEvent& event) {
  return event.by.empty() ? "" : "by " + event.by + (event.host.empty() ? "" : " on " + event.host);
}

Tone tone_of(const PastEvent& event) {
  if (!event.change) {
    return event.name == "outage" ? Tone::bad : Tone::plain;
  }
  return event.change->written != true                      ? Tone::bad
         : event.change->kind == PastChange::Kind::failback ? Tone::good
                                                            : Tone::doubtful;
}

std::string ago(UnixTime time, UnixTime now) {
  return now < time ? "by a clock that has been set back since" : describe(now - time) + " ago";
}

/// Nothing for the usual: the clock.
std::string started(By by) {
  switch (by) {
    case By::run:
      return "";
    case By::hook:
      return ", started by a hook";
    case By::hand:
      return ", started by hand";
  }
  return "";
}

}  // namespace

std::vector<PastEvent> events(const Past& past, std::optional<UnixTime> since) {
  std::vector<PastEvent> list;
  for (const PastRun& run : past.runs) {
    if (run.change) {
      list.push_back(change_event(run));
    }
  }
  for (const Stretch& stretch : stretches(past.runs, past.watched_until, past.now)) {
    if (stretch.served == Served::nobody || stretch.served == Served::not_watched) {
      list.push_back(
          {.time = stretch.from,
           .name = stretch.served == Served::nobody ? "outage" : "unwatched",
           .duration = stretch.to - stretch.from,
           .lasts = stretch.to == past.now,
           .reason = stretch.why,
           .host = stretch.host,
           .by = std::string(stretch.served == Served::nobody ? to_text(stretch.by) : "")});
    }
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const PastEvent& a, const PastEvent& b) { return a.time < b.time; });
  if (since) {
    std::erase_if(list, [&](const PastEvent& event) {
      return event.time + event.duration.value_or(Milliseconds{0}) < *since;
    });
  }
  return list;
}

std::string history_text(const Past& past, std::optional<UnixTime> since, Colour colour,
                         std::size_t width) {
  constexpr std::chrono::hours kDay{24};
  std::string text = headed(title(past.record), colour) + "\n";
  if (past.runs.empty()) {
    return text + "  nothing is kept yet: no run has been made with this state directory\n";
  }
  text += strip_text(past, since.value_or(past.now - kDay), colour, width) + "\n";
  const auto list = events(past, since);
  if (list.empty()) {
    return text + "  no change and no outage" + (since ? " in this time" : " so far") + "\n";
  }
  PaintedTable table;
  for (const PastEvent& event : list) {
    table.add({clock_text(event.time), event.name, what(event), who(event)}, event.reason,
              tone_of(event));
  }
  return text + table.str(kIndent, colour, width);
}

std::optional<PastRun> explained_run(const Past& past, std::optional<UnixTime> at) {
  if (past.last && (!at || *at >= past.last->time)) {
    return past.last;
  }
  const PastRun* const run = at ? run_at(past.runs, *at) : nullptr;
  return run != nullptr ? std::optional(*run) : std::nullopt;
}

std::string explanation(const Past& past, const PastRun& run, Colour colour) {
  std::string text = headed(title(past.record), colour) + ": the run of " + clock_text(run.time) +
                     " UTC" + (run.host.empty() ? "" : " on " + run.host) + started(run.by) + ", " +
                     ago(run.time, past.now) + "\n";
  for (const StepLine& line : run.lines) {
    text += printed(line, colour);
  }
  if (!run.trouble.empty()) {
    text += printed({"", run.trouble, Tone::bad}, colour);
  }
  const auto next = std::find_if(past.runs.begin(), past.runs.end(),
                                 [&](const PastRun& later) { return later.time > run.time; });
  if (next != past.runs.end()) {
    text += printed({"", "the runs after it were like it until " + clock_text(next->time) + " UTC"},
                    colour);
  }
  return text;
}

Error nothing_to_explain(const Past& past, std::optional<UnixTime> at) {
  return {title(past.record) + ": no run " + (at ? "of that time or before it " : "") + "is kept",
          at && past.last ? "cf-failover history shows how far back it goes"
                          : "is this the state directory, and the user, of the runs?"};
}
