#include "app/run.h"

#include <algorithm>

#include "app/exit_status.h"
#include "app/report.h"
#include "support/catch.h"
#include "support/fakes.h"

namespace {

const IpAddress kMain = ip("192.0.2.10");
const IpAddress kBackup = ip("198.51.100.20");
const IpAddress kSecond = ip("198.51.100.21");
const IpAddress kOther = ip("203.0.113.9");
const std::string kId = "372e67954025e0ba6aaa6d586b9e0b59";

RecordConfig config(Unfamiliar unfamiliar = Unfamiliar::follow) {
  return {.name = *Fqdn::parse("www.example.com"),
          .type = RecordType::a,
          .zone = {},
          .sites = {kMain, {kBackup, kSecond}},
          .probe = {.target = TcpTarget{80}},
          .unfamiliar = unfamiliar};
}

FakeStore store_holding(const IpAddress& origin) {
  FakeStore store;
  store.reads = {std::vector<Record>{{kId, origin}}};
  return store;
}

void ignore(const RunReport&) {}

std::optional<Withheld> allow() {
  return std::nullopt;
}

const UnixTime kNow = *parse_unix_time("2026-01-31T10:15:00Z");

RunReport run(const RecordConfig& record, FakeStore& store, FakeProber& prober,
              DryRun dry_run = DryRun::no, const Memory& memory = {.now = kNow}) {
  const World world{store, prober, allow, ignore};
  auto task = run_record(record, dry_run, memory, world);
  REQUIRE(task.done());
  return task.result();
}

}  // namespace

TEST_CASE("Each run writes at most once, to an address that it found accessible, for every state") {
  const std::vector<Health> states{Health::up, Health::down, Health::unknown};
  int writes = 0;
  for (const Unfamiliar policy : {Unfamiliar::follow, Unfamiliar::main_first, Unfamiliar::keep}) {
    for (const IpAddress& origin : {kMain, kBackup, kSecond, kOther}) {
      for (const Health main : states) {
        for (const Health backup : states) {
          for (const Health second : states) {
            for (const Health other : states) {
              const RecordConfig record = config(policy);
              FakeStore store = store_holding(origin);
              FakeProber prober;
              prober.health = {
                  {kMain, main}, {kBackup, backup}, {kSecond, second}, {kOther, other}};

              const RunReport report = run(record, store, prober);

              REQUIRE(store.writes.size() <= 1);
              if (!store.writes.empty()) {
                ++writes;
                REQUIRE(store.writes.front().first == kId);
                REQUIRE(store.writes.front().second != origin);
                REQUIRE(prober.health.at(store.writes.front().second) == Health::up);
                REQUIRE(exit_status(report) == ExitStatus::ok);
              }
            }
          }
        }
      }
    }
  }
  CHECK(writes > 50);
}

TEST_CASE("Every site is probed once, and an unfamiliar origin as well") {
  const RecordConfig record = config();
  FakeStore store = store_holding(kOther);
  FakeProber prober;

  const RunReport report = run(record, store, prober);

  CHECK(prober.asked == std::vector{kMain, kBackup, kSecond, kOther});
  CHECK(report.probes.size() == 4);
}

TEST_CASE("The write does not wait for a probe that the decision does not need") {
  const RecordConfig record = config();
  FakeStore store = store_holding(kMain);
  FakeProber prober;
  Gate slow;
  prober.health = {{kBackup, Health::up}};
  prober.gates = {{kSecond, &slow}};
  const Memory memory{.now = kNow};
  const World world{store, prober, allow, ignore};

  auto task = run_record(record, DryRun::no, memory, world);

  CHECK(store.writes.size() == 1);
  CHECK_FALSE(task.done());
  slow.open();
  REQUIRE(task.done());
  CHECK(task.result().probes.size() == 3);
}

TEST_CASE("A dry run decides and writes nothing, and its status is that of the real run") {
  const RecordConfig record = config();
  FakeStore store = store_holding(kMain);
  FakeProber prober;
  prober.health = {{kBackup, Health::up}};

  const RunReport report = run(record, store, prober, DryRun::yes);

  CHECK(store.writes.empty());
  CHECK(store.reads_seen == 1);
  CHECK(exit_status(report) == ExitStatus::ok);
  CHECK(change_line(report) ==
        "www.example.com A: dry run: failover 192.0.2.10 -> 198.51.100.20 (192.0.2.10: refused)");
}

TEST_CASE("No record and several records are refused, with their number") {
  const RecordConfig record = config();
  FakeProber prober;
  FakeStore none;
  none.reads = {std::vector<Record>{}};
  FakeStore two;
  two.reads = {std::vector<Record>{{kId, kMain}, {kId, kBackup}}};

  const RunReport without = run(record, none, prober);
  const RunReport ambiguous = run(record, two, prober);

  CHECK(exit_status(without) == ExitStatus::unread);
  CHECK(problem(without)->message == "found no A record of that name in the zone");
  CHECK(exit_status(ambiguous) == ExitStatus::unread);
  CHECK(problem(ambiguous)->message == "found 2 A records of that name");
  CHECK(none.writes.empty());
  CHECK(two.writes.empty());
}

TEST_CASE("Steps told during a run are the first lines of the steps told at its end") {
  for (const IpAddress& origin : {kMain, kBackup, kOther}) {
    for (const Health main : {Health::up, Health::down, Health::unknown}) {
      for (const Health backup : {Health::up, Health::down, Health::unknown}) {
        const RecordConfig record = config();
        FakeStore store = store_holding(origin);
        FakeProber prober;
        Gate first;
        Gate second;
        prober.health = {{kMain, main}, {kBackup, backup}};
        prober.gates = {{kMain, &first}, {kBackup, &second}};
        std::vector<std::string> told;
        const Progress progress = [&](const RunReport& so_far) {
          const auto lines = step_lines(so_far);
          REQUIRE(lines.size() >= told.size());
          for (std::size_t i = 0; i < told.size(); ++i) {
            REQUIRE(lines[i].text == told[i]);
          }
          for (std::size_t i = told.size(); i < lines.size(); ++i) {
            told.push_back(lines[i].text);
          }
        };

        const Memory memory{.now = kNow};
        const World world{store, prober, allow, progress};
        auto task = run_record(record, DryRun::no, memory, world);
        first.open();
        second.open();

        const auto lines = step_lines(task.result());
        REQUIRE(lines.size() >= told.size());
        for (std::size_t i = 0; i < told.size(); ++i) {
          CHECK(lines[i].text == told[i]);
        }
      }
    }
  }
}
