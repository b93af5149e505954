// The files of the state directory, and lines of the history.

#include "fuzz.h"
#include "io/state_json.h"

namespace {

using namespace std::chrono_literals;

bool same(const std::optional<Seen::CachedZone>& a, const std::optional<Seen::CachedZone>& b) {
  return a.has_value() == b.has_value() &&
         (!a || (a->api == b->api && a->zone.id == b->zone.id && a->zone.name == b->zone.name));
}

bool same(const Seen& a, const Seen& b) {
  return same(a.zone, b.zone) && a.pace == b.pace && a.tracks == b.tracks && a.gone == b.gone &&
         a.last == b.last && a.counters == b.counters && a.told == b.told && a.begun == b.begun;
}

/// What the next run does with it, as far as it counts.
void go_on_from(const Seen& seen) {
  const UnixTime now = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31);
  if (seen.pace) {
    (void)still_holds(*seen.pace, now);
    always(paced(seen.pace, now).interval >= 0ms, "time between runs is not negative");
  }
  for (const auto& [address, track] : seen.tracks) {
    (void)followed(track, Health::down, now, Damping{.fall = 3, .rise = 3});
    (void)failback_due(track.up_since.value_or(now), {}, now, Damping{.failback_delay = 1h});
  }
  const Counters next = counted(seen.counters, {.time = now, .status = 1});
  always(next.failures_in_a_row > seen.counters.failures_in_a_row, "a failure is counted");
}

}  // namespace

void fuzz(std::string_view input) {
  const auto seen = parse_seen(input);
  if (seen) {
    const auto again = parse_seen(to_json(*seen));
    always(again && same(*again, *seen), "what was seen is read back");
    go_on_from(*seen);
  }
  const auto said = parse_said(input);
  if (said) {
    always(parse_said(to_json(*said)) == said, "what was said is read back");
  }
  const auto run = parse_past_run(input);
  if (run) {
    const std::string line = to_json(*run);
    always(parse_past_run(line) == run, "a run is read back");
    always(line.find('\n') == line.size() - 1, "a run is one line");
    (void)stretches({*run}, run->time, run->time + 24h);
  }
  always(!has_nul(input) || !(seen || said || run), "no state has a NUL");
}
