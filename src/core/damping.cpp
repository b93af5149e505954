#include "core/damping.h"

#include <algorithm>

namespace {

/// How many runs in a row it takes to change what counts as `counts_as`.
int runs_to_leave(Health counts_as, const Damping& damping) {
  return counts_as == Health::up ? damping.fall : damping.rise;
}

}  // namespace

std::optional<Track> followed(std::optional<Track> before, Health found, UnixTime now,
                              const Damping& damping) {
  if (found != Health::up && found != Health::down) {
    if (before) {
      before->up_since.reset();
    }
    return before;
  }
  Track track = before.value_or(Track{.counts_as = found, .since = now});
  track.against = found == track.counts_as ? 0 : track.against + 1;
  if (track.against >= runs_to_leave(track.counts_as, damping)) {
    track = {.counts_as = found, .since = now, .against = 0, .up_since = track.up_since};
  }
  if (found == Health::down) {
    track.up_since.reset();
  } else if (!track.up_since) {
    track.up_since = now;
  }
  return track;
}

HealthReport::Verdict damped(const std::optional<Track>& after, Health found) {
  if (!after || (found != Health::up && found != Health::down)) {
    return {found, found};
  }
  return {after->counts_as, found == Health::up ? after->counts_as : Health::down};
}

Pace paced(const std::optional<Pace>& before, UnixTime now) {
  if (!before || now < before->last_run) {
    return {now};
  }
  return {now, now - before->last_run};
}

bool still_holds(const Pace& pace, UnixTime now) {
  constexpr std::chrono::minutes kShortGap{15};
  constexpr int kMissedRuns = 3;
  const auto gap = now - pace.last_run;
  return gap >= gap.zero() && (gap <= kShortGap || gap <= kMissedRuns * pace.interval);
}

UnixTime failback_due(UnixTime up_since, std::optional<std::chrono::milliseconds> record_age,
                      UnixTime now, const Damping& damping) {
  const UnixTime by_probes = up_since + damping.failback_delay;
  return record_age ? std::max(by_probes, now + (damping.failback_delay - *record_age)) : by_probes;
}
