#include "core/decision.h"

#include <algorithm>
#include <set>
#include <string>

#include "support/catch.h"
#include "support/fakes.h"

namespace {

const IpAddress kMain = ip("192.0.2.10");
const IpAddress kBackup = ip("198.51.100.20");
const IpAddress kSecond = ip("198.51.100.21");
const IpAddress kOther = ip("203.0.113.9");
const Sites kSites{kMain, {kBackup}};
const Sites kTwoBackups{kMain, {kBackup, kSecond}};

using enum Health;

HealthReport report(Health main, Health backup, Health other = down, Health second = down) {
  HealthReport health;
  health.set(kMain, main);
  health.set(kBackup, backup);
  health.set(kOther, other);
  health.set(kSecond, second);
  return health;
}

std::string shown(const Decision& decision) {
  const char* const kind = std::holds_alternative<Keep>(decision)      ? "keep"
                           : std::holds_alternative<PointTo>(decision) ? "point to "
                           : std::holds_alternative<Wait>(decision)    ? "wait for "
                                                                       : "cannot judge ";
  std::string text = kind;
  if (const auto* move = std::get_if<PointTo>(&decision)) {
    text += move->target.str();
  } else if (const auto* wait = std::get_if<Wait>(&decision)) {
    text += wait->address.str();
  } else if (const auto* stuck = std::get_if<CannotJudge>(&decision)) {
    text += stuck->host.str();
  }
  for (const int step : steps_to(left_at(decision))) {
    text += " " + std::to_string(step);
  }
  return text;
}

struct Row {
  IpAddress origin;
  Health main;
  Health backup;
  Health other;
  std::string expected;
};

void check(const Row& row, const Sites& sites = kSites,
           Unfamiliar unfamiliar = Unfamiliar::follow) {
  const HealthReport health = report(row.main, row.backup, row.other);
  CAPTURE(row.origin.str(), static_cast<int>(row.main), static_cast<int>(row.backup),
          static_cast<int>(row.other));

  const Decision decision = decide(row.origin, sites, health, unfamiliar);

  CHECK(shown(decision) == row.expected);
}

}  // namespace

TEST_CASE("The eight steps decide as their table says") {
  for (const Row& row : std::vector<Row>{
           {kMain, up, up, down, "keep 1 2 3"},
           {kMain, up, down, down, "keep 1 2 3"},
           {kMain, down, up, down, "point to 198.51.100.20 1 2 6 7 8"},
           {kMain, down, down, down, "keep 1 2 6 7"},
           {kBackup, up, up, down, "point to 192.0.2.10 1 2 3 4 5"},
           {kBackup, down, up, down, "keep 1 2 3 4"},
           {kBackup, up, down, down, "point to 192.0.2.10 1 2 6 7 8"},
           {kBackup, down, down, down, "keep 1 2 6 7"},
           {kOther, up, up, up, "point to 192.0.2.10 1 2 3 4 5"},
           {kOther, up, down, up, "point to 192.0.2.10 1 2 3 4 5"},
           {kOther, down, up, up, "keep 1 2 3 4"},
           {kOther, down, down, up, "keep 1 2 3 4"},
           {kOther, up, up, down, "point to 198.51.100.20 1 2 6 7 8"},
           {kOther, down, up, down, "point to 198.51.100.20 1 2 6 7 8"},
           {kOther, up, down, down, "keep 1 2 6 7"},
           {kOther, down, down, down, "keep 1 2 6 7"},
       }) {
    check(row);
  }
}

TEST_CASE("Nothing is decided on ignorance, and nothing is asked that the answer does not need") {
  for (const Row& row : std::vector<Row>{
           {kMain, unknown, up, down, "cannot judge 192.0.2.10 1 2"},
           {kMain, pending, up, down, "wait for 192.0.2.10 1 2"},
           {kMain, up, unknown, down, "keep 1 2 3"},
           {kMain, up, pending, down, "keep 1 2 3"},
           {kMain, down, unknown, down, "cannot judge 198.51.100.20 1 2 6 7"},
           {kMain, down, pending, down, "wait for 198.51.100.20 1 2 6 7"},
           {kBackup, unknown, up, down, "cannot judge 192.0.2.10 1 2 3 4"},
           {kBackup, pending, up, down, "wait for 192.0.2.10 1 2 3 4"},
           {kBackup, unknown, down, down, "cannot judge 192.0.2.10 1 2 6 7"},
           {kOther, pending, up, down, "point to 198.51.100.20 1 2 6 7 8"},
           {kOther, up, pending, up, "point to 192.0.2.10 1 2 3 4 5"},
           {kOther, up, up, unknown, "cannot judge 203.0.113.9 1 2"},
           {kOther, up, up, pending, "wait for 203.0.113.9 1 2"},
       }) {
    check(row);
  }
}

TEST_CASE("main-first replaces a dead unfamiliar address by MAIN if that is up") {
  for (const Row& row : std::vector<Row>{
           {kOther, up, up, down, "point to 192.0.2.10 1 2 6 7 8"},
           {kOther, down, up, down, "point to 198.51.100.20 1 2 6 7 8"},
           {kOther, down, down, down, "keep 1 2 6 7"},
           {kOther, up, up, up, "point to 192.0.2.10 1 2 3 4 5"},
           {kMain, down, up, down, "point to 198.51.100.20 1 2 6 7 8"},
       }) {
    check(row, kSites, Unfamiliar::main_first);
  }
}

TEST_CASE(
    "keep leaves an accessible unfamiliar address alone, and follows the steps for a dead one") {
  for (const Row& row : std::vector<Row>{
           {kOther, up, up, up, "keep 1 2 3"},
           {kOther, unknown, down, up, "keep 1 2 3"},
           {kOther, up, up, down, "point to 198.51.100.20 1 2 6 7 8"},
           {kBackup, up, up, down, "point to 192.0.2.10 1 2 3 4 5"},
       }) {
    check(row, kSites, Unfamiliar::keep);
  }
}

TEST_CASE("Backups are tried in their order; from a backup, MAIN comes first") {
  const auto decided = [](const IpAddress& origin, Health main, Health first, Health second) {
    return shown(decide(origin, kTwoBackups, report(main, first, down, second)));
  };

  CHECK(decided(kMain, down, up, up) == "point to 198.51.100.20 1 2 6 7 8");
  CHECK(decided(kMain, down, down, up) == "point to 198.51.100.21 1 2 6 7 8");
  CHECK(decided(kMain, down, down, down) == "keep 1 2 6 7");
  CHECK(decided(kMain, down, unknown, up) == "cannot judge 198.51.100.20 1 2 6 7");
  CHECK(decided(kMain, down, down, pending) == "wait for 198.51.100.21 1 2 6 7");
  CHECK(decided(kBackup, up, down, up) == "point to 192.0.2.10 1 2 6 7 8");
  CHECK(decided(kBackup, down, down, up) == "point to 198.51.100.21 1 2 6 7 8");
  CHECK(decided(kSecond, down, up, down) == "point to 198.51.100.20 1 2 6 7 8");
  CHECK(decided(kSecond, up, up, up) == "point to 192.0.2.10 1 2 3 4 5");
  CHECK(decided(kSecond, down, up, up) == "keep 1 2 3 4");
}

namespace {

/// Calls `check` with every origin, every policy and every state of four addresses.
template <typename Check>
void for_every_state(const std::vector<Health>& states, Check check) {
  for (const Unfamiliar policy : {Unfamiliar::follow, Unfamiliar::main_first, Unfamiliar::keep}) {
    for (const IpAddress& origin : {kMain, kBackup, kSecond, kOther}) {
      for (const Health main : states) {
        for (const Health first : states) {
          for (const Health second : states) {
            for (const Health other : states) {
              check(origin, report(main, first, other, second), policy);
            }
          }
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("A record never moves to an address that is not up, nor to the one that it holds") {
  int moves = 0;

  for_every_state({up, down, unknown, pending},
                  [&](const IpAddress& origin, const HealthReport& health, Unfamiliar policy) {
                    const Decision decision = decide(origin, kTwoBackups, health, policy);
                    if (const auto* move = std::get_if<PointTo>(&decision)) {
                      ++moves;
                      REQUIRE(health.of(move->target).as_target == up);
                      REQUIRE(move->target != origin);
                      REQUIRE(kTwoBackups.role_of(move->target) != Role::other);
                    }
                  });

  CHECK(moves > 100);
}

TEST_CASE("A decision never rests on an address without a verdict") {
  for_every_state({up, down, unknown, pending}, [](const IpAddress& origin,
                                                   const HealthReport& health, Unfamiliar policy) {
    const Decision decision = decide(origin, kTwoBackups, health, policy);
    if (const auto* wait = std::get_if<Wait>(&decision)) {
      REQUIRE(health.of(wait->address).as_target == pending);
    } else if (const auto* stuck = std::get_if<CannotJudge>(&decision)) {
      REQUIRE(health.of(*stuck->host.address()).as_target == unknown);
    } else {
      // Whatever the undecided addresses turn out to be, the decision stands.
      for (const Health verdict : {up, down}) {
        HealthReport settled;
        for (const IpAddress& address : {kMain, kBackup, kSecond, kOther}) {
          const Health known = health.of(address).as_target;
          settled.set(address, known == up || known == down ? known : verdict);
        }
        REQUIRE(shown(decide(origin, kTwoBackups, settled, policy)) == shown(decision));
      }
    }
  });
}

TEST_CASE("With fixed reachability, repeated runs stop writing after at most two") {
  for_every_state({up, down}, [](IpAddress origin, const HealthReport& health, Unfamiliar policy) {
    int writes = 0;
    for (int run = 0; run < 10; ++run) {
      const Decision decision = decide(origin, kTwoBackups, health, policy);
      if (const auto* move = std::get_if<PointTo>(&decision)) {
        origin = move->target;
        ++writes;
      }
    }
    REQUIRE(writes <= 2);
  });
}

TEST_CASE("All spellings of an IPv6 address have one role") {
  const Sites sites{ip("2001:db8::10"), {ip("2001:db8::20")}};

  CHECK(sites.role_of(ip("2001:0DB8:0:0::0010")) == Role::main);
  CHECK(sites.role_of(ip("2001:db8:0:0:0:0:0:20")) == Role::backup);
  CHECK(sites.role_of(ip("2001:db8::30")) == Role::other);
}

// --- What earlier runs, names and moved backups add ---

TEST_CASE("An origin that counts as accessible is kept, and only what this run found is a target") {
  HealthReport health = report(up, up);
  health.set(kMain, {.as_origin = up, .as_target = down});

  CHECK(shown(decide(kMain, kSites, health)) == "keep 1 2 3");
  CHECK(shown(decide(kBackup, kSites, health)) == "keep 1 2 3 4");

  health.set(kBackup, {.as_origin = up, .as_target = down});
  CHECK(shown(decide(kBackup, kSites, health)) == "keep 1 2 3 4");
}

TEST_CASE("A MAIN that is settling holds up the failback, and never a failover") {
  HealthReport health = report(up, up);
  health.set_settling(kMain);

  CHECK(shown(decide(kBackup, kSites, health)) == "keep 1 2 3 4");
  CHECK(shown(decide(kOther, kSites, report(up, up, up))) == "point to 192.0.2.10 1 2 3 4 5");

  HealthReport backup_down = report(up, down);
  backup_down.set_settling(kMain);
  CHECK(shown(decide(kBackup, kSites, backup_down)) == "point to 192.0.2.10 1 2 6 7 8");
}

TEST_CASE("A backup's former address plays its part, and the new address is where to go") {
  const Sites moved{kMain, {kSecond}, {kBackup}};

  CHECK(moved.role_of(kBackup) == Role::backup);
  CHECK(shown(decide(kBackup, moved, report(up, down, down, up))) ==
        "point to 192.0.2.10 1 2 6 7 8");
  CHECK(shown(decide(kBackup, moved, report(down, down, down, up))) ==
        "point to 198.51.100.21 1 2 6 7 8");
  CHECK(shown(decide(kBackup, moved, report(down, down, down, down))) == "keep 1 2 6 7");
  CHECK(shown(decide(kMain, moved, report(down, up, down, down))) == "keep 1 2 6 7");
}

TEST_CASE("A name stands for all its addresses, the first accessible one to be written") {
  const Fqdn home = *Fqdn::parse("home.example.net");
  const Sites named{Site(home, {kMain, kOther}), {kBackup}};

  CHECK(named.role_of(kMain) == Role::main);
  CHECK(named.role_of(kOther) == Role::main);
  CHECK(shown(decide(kOther, named, report(up, up, up))) == "keep 1 2 3");
  CHECK(shown(decide(kBackup, named, report(up, up, up))) == "point to 192.0.2.10 1 2 3 4 5");
  CHECK(shown(decide(kBackup, named, report(down, up, up))) == "point to 203.0.113.9 1 2 3 4 5");
  CHECK(shown(decide(kBackup, named, report(down, up, down))) == "keep 1 2 3 4");
  CHECK(shown(decide(kBackup, named, report(unknown, up, up))) ==
        "cannot judge 192.0.2.10 1 2 3 4");
  CHECK(shown(decide(kMain, named, report(down, up, up))) == "point to 203.0.113.9 1 2 6 7 8");
  CHECK(shown(decide(kMain, named, report(down, up, down))) == "point to 198.51.100.20 1 2 6 7 8");
}

TEST_CASE("A name that does not resolve is unknown where it matters, and nowhere else") {
  const Fqdn home = *Fqdn::parse("home.example.net");
  const Sites no_main{Site(home, {}), {kBackup}};
  const Sites no_backup{kMain, {Site(home, {}), kSecond}};

  CHECK(shown(decide(kBackup, no_main, report(down, up))) ==
        "cannot judge home.example.net 1 2 3 4");
  CHECK(shown(decide(kBackup, no_main, report(down, down))) ==
        "cannot judge home.example.net 1 2 6 7");
  CHECK(shown(decide(kOther, no_main, report(down, up, down))) ==
        "point to 198.51.100.20 1 2 6 7 8");
  CHECK(shown(decide(kOther, no_main, report(down, up, down), Unfamiliar::main_first)) ==
        "cannot judge home.example.net 1 2 6 7");
  CHECK(shown(decide(kMain, no_backup, report(up, down))) == "keep 1 2 3");
  CHECK(shown(decide(kMain, no_backup, report(down, down, down, up))) ==
        "cannot judge home.example.net 1 2 6 7");
}
