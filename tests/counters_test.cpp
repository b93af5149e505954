// What all runs of a record come to.

#include "core/counters.h"

#include "support/catch.h"
#include "support/fakes.h"

namespace {

using namespace std::chrono_literals;

const UnixTime kTime = *parse_unix_time("2026-01-31T10:15:00Z");

PastRun run_at(UnixTime time, int status) {
  return {.time = time, .status = status};
}

PastRun change_at(UnixTime time, PastChange::Kind kind, std::optional<bool> written, int status) {
  PastRun run = run_at(time, status);
  run.change = PastChange{kind, ip("192.0.2.10"), ip("198.51.100.20"), written, "refused"};
  return run;
}

}  // namespace

TEST_CASE("A run with status 0 is a success and ends a row of failures") {
  Counters counters;

  for (int i = 1; i <= 3; ++i) {
    counters = counted(counters, run_at(kTime + i * 1min, i));
    CHECK(counters.failures_in_a_row == i);
    CHECK_FALSE(counters.last_success);
  }
  counters = counted(counters, run_at(kTime + 9min, 0));

  CHECK(counters.failures_in_a_row == 0);
  CHECK(counters.last_success == kTime + 9min);
  CHECK(counters.changes.empty());
  CHECK_FALSE(counters.last_change);
}

TEST_CASE("Only a change that is confirmed counts, by its kind") {
  using Kind = PastChange::Kind;
  Counters counters;

  counters = counted(counters, change_at(kTime, Kind::failover, true, 0));
  counters = counted(counters, change_at(kTime + 1min, Kind::failover, false, 6));
  counters = counted(counters, change_at(kTime + 2min, Kind::failback, std::nullopt, 7));
  counters = counted(counters, change_at(kTime + 3min, Kind::failback, true, 0));
  counters = counted(counters, change_at(kTime + 4min, Kind::switched, true, 0));
  counters = counted(counters, change_at(kTime + 5min, Kind::failover, true, 0));
  counters = counted(counters, run_at(kTime + 6min, 1));

  CHECK(counters.changes == std::map<Kind, std::int64_t>{
                                {Kind::failover, 2}, {Kind::failback, 1}, {Kind::switched, 1}});
  CHECK(counters.last_change == kTime + 5min);
  CHECK(counters.last_success == kTime + 5min);
  CHECK(counters.failures_in_a_row == 1);
}

TEST_CASE("Counting changes nothing of what was counted") {
  const Counters before{.changes = {{PastChange::Kind::failover, 5}}, .failures_in_a_row = 7};

  counted(before, change_at(kTime, PastChange::Kind::failover, true, 0));

  CHECK(before == Counters{.changes = {{PastChange::Kind::failover, 5}}, .failures_in_a_row = 7});
}
