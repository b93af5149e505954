#include "core/damping.h"

#include <random>
#include <vector>

#include "support/catch.h"
#include "support/printers.h"

namespace {

using namespace std::chrono_literals;

using enum Health;

const UnixTime kStart = *parse_unix_time("2026-01-31T10:00:00Z");

/// The track after runs a minute apart.
std::optional<Track> after(const std::vector<Health>& runs, const Damping& damping) {
  std::optional<Track> track;
  UnixTime now = kStart;
  for (const Health found : runs) {
    track = followed(track, found, now, damping);
    now += 1min;
  }
  return track;
}

/// What the contract says, worked out from all runs so far instead of run by run.
struct Model {
  std::vector<Health> found;
  std::vector<UnixTime> times;
  std::vector<Health> verdicts = {};  // Those of `found` that are one.
  std::optional<Health> counts_as = {};

  void add(Health health, UnixTime now, const Damping& damping) {
    found.push_back(health);
    times.push_back(now);
    if (health == unknown) {
      return;
    }
    verdicts.push_back(health);
    if (verdicts.size() == 1 || last_are(down, damping.fall) || last_are(up, damping.rise)) {
      counts_as = health;
    }
  }

  bool last_are(Health health, int count) const {
    const auto wanted = static_cast<std::size_t>(count);
    return verdicts.size() >= wanted &&
           std::all_of(verdicts.end() - count, verdicts.end(),
                       [&](Health verdict) { return verdict == health; });
  }

  std::optional<UnixTime> up_since() const {
    std::optional<UnixTime> since;
    for (std::size_t i = found.size(); i-- > 0 && found[i] == up;) {
      since = times[i];
    }
    return since;
  }
};

}  // namespace

TEST_CASE("By default an address counts as what the last run found") {
  CHECK(after({up}, {})->counts_as == up);
  CHECK(after({up, down}, {})->counts_as == down);
  CHECK(after({up, down, up}, {})->counts_as == up);
}

TEST_CASE("Enough runs in a row are needed to change what an address counts as") {
  const Damping damping{.fall = 3, .rise = 2};
  const auto [runs, counts_as, against] = GENERATE(table<std::vector<Health>, Health, int>({
      {{up, down}, up, 1},
      {{up, down, down}, up, 2},
      {{up, down, down, down}, down, 0},
      {{up, down, down, up, down, down}, up, 2},
      {{up, down, unknown, down, down}, down, 0},
      {{up, down, down, down, up}, down, 1},
      {{up, down, down, down, up, up}, up, 0},
      {{down}, down, 0},
      {{down, up}, down, 1},
  }));

  const auto track = after(runs, damping);

  CHECK(track->counts_as == counts_as);
  CHECK(track->against == against);
}

TEST_CASE("A run that could not judge leaves no track of an address, and ends its being up") {
  CHECK_FALSE(after({unknown}, {}));
  CHECK(after({up, up}, {})->up_since == kStart);
  CHECK(after({up, unknown}, {})->counts_as == up);
  CHECK_FALSE(after({up, unknown}, {})->up_since);
  CHECK(after({up, unknown, up}, {})->up_since == kStart + 2min);
}

TEST_CASE("What is remembered keeps an origin, and makes nobody a target") {
  const Damping slow{.fall = 2, .rise = 2};

  const auto remembered_up = damped(after({up, down}, slow), down);
  CHECK(remembered_up.as_origin == up);
  CHECK(remembered_up.as_target == down);

  const auto remembered_down = damped(after({down, up}, slow), up);
  CHECK(remembered_down.as_origin == down);
  CHECK(remembered_down.as_target == down);

  const auto not_judged = damped(after({up, unknown}, slow), unknown);
  CHECK(not_judged.as_origin == unknown);
  CHECK(not_judged.as_target == unknown);
}

TEST_CASE("Random runs come to what the contract says of them") {
  const unsigned seed = 20260131;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto upto = [&](int most) { return std::uniform_int_distribution(0, most)(random); };
  int flips = 0;
  for (int round = 0; round < 2000; ++round) {
    const Damping damping{.fall = 1 + upto(3), .rise = 1 + upto(3)};
    const int stubbornness = upto(3);
    Model model;
    std::optional<Track> track;
    UnixTime now = kStart;
    Health found = up;
    for (int run = 0; run < 40; ++run) {
      const int dice = upto(9);
      found = dice == 0 ? unknown : upto(stubbornness) == 0 ? (upto(1) == 0 ? up : down) : found;
      const auto before = track;
      track = followed(track, found, now, damping);
      model.add(found, now, damping);

      REQUIRE(track.has_value() == model.counts_as.has_value());
      if (track) {
        REQUIRE(track->counts_as == *model.counts_as);
        REQUIRE(track->up_since == model.up_since());
        REQUIRE((damped(track, found).as_target == up) == (found == up && *model.counts_as == up));
        flips += before && before->counts_as != track->counts_as ? 1 : 0;
        REQUIRE((track->since == now) == (!before || before->counts_as != track->counts_as));
      }
      now += std::chrono::seconds(upto(300) + 1);
    }
  }
  CHECK(flips > 1000);
}

TEST_CASE("Memory is void after a long gap, and after the clock has jumped back") {
  const auto [interval, gap, holds] = GENERATE(table<Milliseconds, Milliseconds, bool>({
      {1min, 1min, true},
      {1min, 15min, true},
      {1min, 15min + 1ms, false},
      {10min, 30min, true},
      {10min, 30min + 1ms, false},
      {0ms, 15min, true},
      {0ms, 16min, false},
      {1min, 0ms, true},
      {1min, -1ms, false},
      {1h, -1h, false},
  }));
  CAPTURE(interval.count(), gap.count());

  CHECK(still_holds({kStart, interval}, kStart + gap) == holds);
}

TEST_CASE("The pace is that of the last two runs") {
  const Pace first = paced(std::nullopt, kStart);
  CHECK(first == Pace{kStart, 0ms});

  const Pace second = paced(first, kStart + 5min);
  CHECK(second == Pace{kStart + 5min, 5min});
  CHECK(paced(second, kStart) == Pace{kStart, 0ms});
}

TEST_CASE("A failback waits for MAIN and for the record to have rested, each by its own clock") {
  const Damping damping{.failback_delay = 5min};
  const UnixTime now = kStart + 1h;

  CHECK(failback_due(now - 2min, std::nullopt, now, damping) == now + 3min);
  CHECK(failback_due(now - 2min, 10min, now, damping) == now + 3min);
  CHECK(failback_due(now - 10min, 1min, now, damping) == now + 4min);
  CHECK(failback_due(now - 10min, 5min, now, damping) == now);
  CHECK(failback_due(now - 1min, 0min, now, {}) <= now);
}
