#include "core/said.h"

#include "support/catch.h"
#include "support/fakes.h"
#include "support/printers.h"

namespace {

using namespace std::chrono_literals;

const UnixTime kNow = *parse_unix_time("2026-01-31T10:15:00Z");

const IpAddress kMain = ip("192.0.2.10");
const IpAddress kFirst = ip("198.51.100.20");
const IpAddress kSecond = ip("198.51.100.21");
const IpAddress kNew = ip("203.0.113.30");
const IpAddress kNewer = ip("203.0.113.31");

const SiteHosts kConfigured{kMain, {kFirst, kSecond}};

std::vector<IpAddress> addresses(const std::vector<FormerAddress>& former) {
  std::vector<IpAddress> list;
  for (const FormerAddress& address : former) {
    list.push_back(address.address);
  }
  return list;
}

std::vector<IpAddress> former(const Said& said, const std::vector<FormerAddress>& gone = {}) {
  return addresses(former_in_force(kConfigured, said, gone));
}

using Addresses = std::vector<IpAddress>;

}  // namespace

TEST_CASE("Without announcements the backups are those of the configuration") {
  CHECK(backups_in_force(kConfigured, {}) == kConfigured.backups);
  CHECK(former({}).empty());
}

TEST_CASE("An announced address takes the place of the backup, which had another before") {
  const Said said = announced({}, kConfigured, kFirst, kNew, kNow);

  CHECK(backups_in_force(kConfigured, said) == std::vector<Host>{kNew, kSecond});
  CHECK(former(said) == Addresses{kFirst});
}

TEST_CASE("All addresses that a backup had are remembered until they are known to be gone") {
  const Said once = announced({}, kConfigured, kFirst, kNew, kNow);
  const Said twice = announced(once, kConfigured, kFirst, kNewer, kNow + 1min);

  CHECK(former(twice) == Addresses{kFirst, kNew});
  const auto gone = former_in_force(kConfigured, once, {});
  CHECK(former(twice, gone) == Addresses{kNew});
}

TEST_CASE("An address that was gone and is lost again counts anew") {
  const Said away = announced({}, kConfigured, kFirst, kNew, kNow);
  const auto gone = former_in_force(kConfigured, away, {});
  const Said home = announced(away, kConfigured, kFirst, kFirst, kNow + 1h);
  const Said away_again = announced(home, kConfigured, kFirst, kNew, kNow + 2h);

  CHECK(former(home) == Addresses{kNew});
  CHECK(former(away_again, gone) == Addresses{kFirst});
}

TEST_CASE("Announcing the address in force says nothing new") {
  const Said said = announced({}, kConfigured, kFirst, kNew, kNow);

  CHECK(announced(said, kConfigured, kFirst, kNew, kNow + 1h) == said);
  CHECK(announced({}, kConfigured, kFirst, kFirst, kNow) == Said{});
}

TEST_CASE("An announcement is void once the configuration lists its backup no more") {
  const Said said = announced({}, kConfigured, kFirst, kNew, kNow);
  const SiteHosts edited{kMain, {kNewer, kSecond}};

  CHECK(backups_in_force(edited, said) == edited.backups);
  CHECK(former_in_force(edited, said, {}).empty());
  CHECK(announced(said, edited, kSecond, ip("203.0.113.99"), kNow).backups.size() == 1);
}

TEST_CASE("An address that serves again, as MAIN or as another backup, is nobody's former one") {
  const Said said = announced({}, kConfigured, kFirst, kNew, kNow);

  CHECK(former_in_force({kMain, {kFirst, kSecond}},
                        announced(said, kConfigured, kSecond, kFirst, kNow),
                        {}) == std::vector{FormerAddress{kSecond, kNow}});
  const SiteHosts swapped{kFirst, {kFirst, kSecond}};
  CHECK(former_in_force(swapped, said, {}).empty());
}

TEST_CASE("A backup is found by its configured address and by the one it has now") {
  const Said said = announced({}, kConfigured, kFirst, kNew, kNow);

  CHECK(configured_backup(kConfigured, said, kFirst) == Host(kFirst));
  CHECK(configured_backup(kConfigured, said, kNew) == Host(kFirst));
  CHECK(configured_backup(kConfigured, said, kSecond) == Host(kSecond));
  CHECK_FALSE(configured_backup(kConfigured, said, kNewer));
  CHECK_FALSE(configured_backup(kConfigured, said, kMain));
}

TEST_CASE("A backup that is a host name has no former address when it gets one") {
  const SiteHosts named{kMain, {*Fqdn::parse("home.example.net")}};
  const Said said = announced({}, named, named.backups.front(), kNew, kNow);

  CHECK(backups_in_force(named, said) == std::vector<Host>{kNew});
  CHECK(former_in_force(named, said, {}).empty());
}

TEST_CASE("However often the backup redials, what is remembered of it stays small") {
  Said said;
  for (int i = 0; i < 1000; ++i) {
    const auto address = ip("203.0.113." + std::to_string(i % 200));
    said = announced(said, kConfigured, kFirst, address, kNow + std::chrono::minutes(i));
  }

  CHECK(said.backups.size() == 1);
  CHECK(said.backups.front().former.size() == 16);
  CHECK(said.backups.front().former.back().address == ip("203.0.113.198"));
}

TEST_CASE("A hold ends by itself, and one without a sensible end is none") {
  CHECK(Hold{kNow + 1ms}.is_in_force(kNow));
  CHECK_FALSE(Hold{kNow}.is_in_force(kNow));
  CHECK_FALSE(Hold{kNow - 1h}.is_in_force(kNow));
  CHECK(Hold{kNow + kLongestHold}.is_in_force(kNow));
  CHECK(Hold{kNow + kLongestHold + 1s}.is_in_force(kNow));  // The end is rounded up.
  CHECK_FALSE(Hold{kNow + kLongestHold + 1h}.is_in_force(kNow));
}
