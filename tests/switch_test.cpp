// A change by hand: where it may lead, and that it leads nowhere else.

#include <string>
#include <vector>

#include "app/exit_status.h"
#include "app/report.h"
#include "app/run.h"
#include "core/decision.h"
#include "support/catch.h"
#include "support/fakes.h"

namespace {

const IpAddress kMain = ip("192.0.2.10");
const IpAddress kBackup = ip("198.51.100.20");
const IpAddress kSecond = ip("198.51.100.21");
const IpAddress kOther = ip("203.0.113.9");
const Sites kSites{kMain, {kBackup, kSecond}};

using enum Health;

HealthReport report(Health main, Health backup, Health second = down, Health other = down) {
  HealthReport health;
  health.set(kMain, main);
  health.set(kBackup, backup);
  health.set(kSecond, second);
  health.set(kOther, other);
  return health;
}

std::string shown(const Decision& decision) {
  if (const auto* const move = std::get_if<PointTo>(&decision)) {
    return "to " + move->target.str();
  }
  if (const auto* const wait = std::get_if<Wait>(&decision)) {
    return "wait for " + wait->address.str();
  }
  if (const auto* const stuck = std::get_if<CannotJudge>(&decision)) {
    return "cannot judge " + stuck->host.str();
  }
  return left_at(decision) == Step::get_origin ? "is there" : "nowhere to go";
}

std::string shown(const std::vector<Host>& hosts) {
  std::string text;
  for (const Host& host : hosts) {
    text += (text.empty() ? "" : " ") + host.str();
  }
  return text;
}

/// Calls `check` with every origin, both wishes and every state of four addresses.
template <typename Check>
void for_every_state(const std::vector<Health>& states, Check check) {
  for (const Role to : {Role::main, Role::backup}) {
    for (const IpAddress& origin : {kMain, kBackup, kSecond, kOther}) {
      for (const Health main : states) {
        for (const Health first : states) {
          for (const Health second : states) {
            for (const Health other : states) {
              check(origin, report(main, first, second, other), to);
            }
          }
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("A switch goes to the first accessible address of the site that is asked for") {
  struct Row {
    IpAddress origin;
    Role to;
    Health main;
    Health backup;
    Health second;
    std::string expected;
  };
  for (const Row& row : std::vector<Row>{
           {kMain, Role::backup, up, up, up, "to 198.51.100.20"},
           {kMain, Role::backup, down, up, up, "to 198.51.100.20"},
           {kMain, Role::backup, up, down, up, "to 198.51.100.21"},
           {kMain, Role::backup, up, down, down, "nowhere to go"},
           {kMain, Role::backup, up, unknown, up, "cannot judge 198.51.100.20"},
           {kMain, Role::backup, up, pending, up, "wait for 198.51.100.20"},
           {kMain, Role::backup, up, up, pending, "to 198.51.100.20"},
           {kMain, Role::backup, pending, up, down, "to 198.51.100.20"},
           {kMain, Role::main, up, down, down, "is there"},
           {kMain, Role::main, down, up, up, "nowhere to go"},
           {kMain, Role::main, pending, up, up, "wait for 192.0.2.10"},
           {kMain, Role::main, unknown, up, up, "cannot judge 192.0.2.10"},
           {kBackup, Role::main, up, up, up, "to 192.0.2.10"},
           {kBackup, Role::main, up, down, down, "to 192.0.2.10"},
           {kBackup, Role::main, down, up, up, "nowhere to go"},
           {kBackup, Role::main, unknown, up, up, "cannot judge 192.0.2.10"},
           {kBackup, Role::backup, up, up, up, "is there"},
           {kBackup, Role::backup, up, down, up, "to 198.51.100.21"},
           {kBackup, Role::backup, up, down, down, "nowhere to go"},
           {kSecond, Role::backup, up, up, up, "is there"},
           {kSecond, Role::backup, up, up, down, "to 198.51.100.20"},
           {kOther, Role::main, up, up, up, "to 192.0.2.10"},
           {kOther, Role::backup, up, up, up, "to 198.51.100.20"},
       }) {
    CAPTURE(row.origin.str(), static_cast<int>(row.to), static_cast<int>(row.main),
            static_cast<int>(row.backup), static_cast<int>(row.second));

    CHECK(shown(decide_switch(row.origin, kSites, report(row.main, row.backup, row.second),
                              row.to)) == row.expected);
  }
}

TEST_CASE("The targets of a switch are in order, and the origin is none of them") {
  CHECK(shown(switch_targets(kMain, kSites, Role::main)).empty());
  CHECK(shown(switch_targets(kBackup, kSites, Role::main)) == "192.0.2.10");
  CHECK(shown(switch_targets(kMain, kSites, Role::backup)) == "198.51.100.20 198.51.100.21");
  CHECK(shown(switch_targets(kBackup, kSites, Role::backup)) == "198.51.100.21");
  CHECK(shown(switch_targets(kOther, kSites, Role::backup)) == "198.51.100.20 198.51.100.21");
}

TEST_CASE("A switch leads to what is accessible, of the site asked for, and never to the origin") {
  int moves = 0;

  for_every_state({up, down, unknown, pending},
                  [&](const IpAddress& origin, const HealthReport& health, Role to) {
                    const Decision decision = decide_switch(origin, kSites, health, to);
                    if (const auto* const move = std::get_if<PointTo>(&decision)) {
                      ++moves;
                      REQUIRE(health.of(move->target).as_target == up);
                      REQUIRE(move->target != origin);
                      REQUIRE(kSites.role_of(move->target) == to);
                    }
                  });

  CHECK(moves > 100);
}

TEST_CASE("A switch rests on no address without a verdict") {
  for_every_state({up, down, unknown, pending},
                  [](const IpAddress& origin, const HealthReport& health, Role to) {
                    const Decision decision = decide_switch(origin, kSites, health, to);
                    if (const auto* const wait = std::get_if<Wait>(&decision)) {
                      REQUIRE(health.of(wait->address).as_target == pending);
                      return;
                    }
                    if (const auto* const stuck = std::get_if<CannotJudge>(&decision)) {
                      REQUIRE(health.of(*stuck->host.address()).as_target == unknown);
                      return;
                    }
                    for (const Health verdict : {up, down}) {
                      HealthReport settled;
                      for (const IpAddress& address : {kMain, kBackup, kSecond, kOther}) {
                        const Health known = health.of(address).as_target;
                        settled.set(address, known == up || known == down ? known : verdict);
                      }
                      REQUIRE(shown(decide_switch(origin, kSites, settled, to)) == shown(decision));
                    }
                  });
}

TEST_CASE("A switch stays only where it is wanted, or where nothing of the site is accessible") {
  for_every_state({up, down}, [](const IpAddress& origin, const HealthReport& health, Role to) {
    const Decision decision = decide_switch(origin, kSites, health, to);
    if (!std::holds_alternative<Keep>(decision)) {
      return;
    }
    const bool is_there = kSites.role_of(origin) == to && health.of(origin).as_target == up;
    REQUIRE((left_at(decision) == Step::get_origin) == is_there);
    for (const Host& target : switch_targets(origin, kSites, to)) {
      REQUIRE((is_there || health.of(*target.address()).as_target == down));
    }
  });
}

TEST_CASE("A person is told what this run found, whatever earlier ones remember") {
  HealthReport health = report(up, up);
  health.set(kBackup, {.as_origin = up, .as_target = down});
  health.set_settling(kMain);

  CHECK(shown(decide_switch(kMain, kSites, health, Role::backup)) == "nowhere to go");
  CHECK(shown(decide_switch(kBackup, kSites, health, Role::main)) == "to 192.0.2.10");
}

TEST_CASE("From a backup's former address a switch leads to the new one, never back") {
  const Sites moved{kMain, {kSecond}, {kBackup}};

  CHECK(shown(decide_switch(kBackup, moved, report(up, down, up), Role::backup)) ==
        "to 198.51.100.21");
  CHECK(shown(decide_switch(kBackup, moved, report(up, down, down), Role::backup)) ==
        "nowhere to go");
  CHECK(shown(decide_switch(kBackup, moved, report(up, down, up), Role::main)) == "to 192.0.2.10");
  CHECK(shown(decide_switch(kMain, moved, report(up, up, down), Role::backup)) == "nowhere to go");
  CHECK(shown(switch_targets(kMain, moved, Role::backup)) == "198.51.100.21");
}

TEST_CASE("A switch to a name takes its first accessible address, and none if there is none") {
  const Fqdn home = *Fqdn::parse("home.example.net");
  const Sites named{kMain, {Site(home, {kBackup, kSecond})}};
  const Sites unresolved{kMain, {Site(home, {}), kSecond}};

  CHECK(shown(decide_switch(kMain, named, report(up, down, up), Role::backup)) ==
        "to 198.51.100.21");
  CHECK(shown(decide_switch(kSecond, named, report(up, up, up), Role::backup)) == "is there");
  CHECK(shown(decide_switch(kMain, unresolved, report(up, down, up), Role::backup)) ==
        "cannot judge home.example.net");
}

// --- As a run makes it ---

namespace {

const UnixTime kNow = *parse_unix_time("2026-01-31T10:15:00Z");

struct Outcome {
  RunReport report;
  std::vector<std::pair<std::string, IpAddress>> writes;
};

Outcome switched(const IpAddress& origin, const Switch& wanted,
                 const std::map<IpAddress, Health>& health, const Said& said = {},
                 DryRun dry_run = DryRun::no) {
  const RecordConfig record{.name = *Fqdn::parse("www.example.com"),
                            .type = RecordType::a,
                            .zone = {},
                            .sites = {kMain, {kBackup, kSecond}},
                            .probe = {.target = TcpTarget{80}}};
  FakeStore store;
  store.reads = {std::vector<Record>{{"372e67954025e0ba6aaa6d586b9e0b59", origin}}};
  FakeProber prober;
  prober.health = health;
  const Memory memory{.now = kNow, .said = said, .wanted = wanted};
  const World world{store, prober, [] { return std::optional<Withheld>(); },
                    [](const RunReport&) {}};
  auto task = run_record(record, dry_run, memory, world);
  REQUIRE(task.done());
  return {task.result(), store.writes};
}

}  // namespace

TEST_CASE("By hand a record is written once at most, to what is accessible unless it is forced") {
  int forced_writes = 0;
  for (const bool forced : {false, true}) {
    for_every_state({up, down, unknown},
                    [&](const IpAddress& origin, const HealthReport& health, Role to) {
                      std::map<IpAddress, Health> found;
                      for (const IpAddress& address : {kMain, kBackup, kSecond, kOther}) {
                        found.emplace(address, health.of(address).as_target);
                      }

                      const Outcome outcome = switched(origin, {.to = to, .forced = forced}, found);

                      REQUIRE(outcome.writes.size() <= 1);
                      for (const auto& [id, target] : outcome.writes) {
                        REQUIRE(target != origin);
                        REQUIRE(kSites.role_of(target) == to);
                        REQUIRE((forced || found.at(target) == up));
                        REQUIRE(exit_status(outcome.report) == ExitStatus::ok);
                        forced_writes += found.at(target) == up ? 0 : 1;
                      }
                      const bool is_elsewhere = kSites.role_of(origin) != to;
                      REQUIRE((!forced || !is_elsewhere || outcome.writes.size() == 1));
                    });
  }
  CHECK(forced_writes > 50);
}

TEST_CASE("A forced switch prefers what is accessible") {
  const Switch wanted{.to = Role::backup, .forced = true};

  const Outcome outcome = switched(kMain, wanted, {{kBackup, down}, {kSecond, up}});

  REQUIRE(outcome.writes.size() == 1);
  CHECK(outcome.writes.front().second == kSecond);
}

TEST_CASE("A hold does not hold up a person, and a dry switch writes nothing") {
  const Said held{.hold = Hold{kNow + std::chrono::hours(1), "works"}};
  const std::map<IpAddress, Health> all_up{{kMain, up}, {kBackup, up}, {kSecond, up}};

  CHECK(switched(kMain, {.to = Role::backup}, all_up, held).writes.size() == 1);
  const Outcome dry = switched(kMain, {.to = Role::backup}, all_up, {}, DryRun::yes);
  CHECK(dry.writes.empty());
  CHECK(exit_status(dry.report) == ExitStatus::ok);
  CHECK(exit_status(switched(kMain, {.to = Role::backup}, {}, {}, DryRun::yes).report) ==
        ExitStatus::inaccessible);
}
