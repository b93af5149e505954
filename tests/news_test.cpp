// What runs have to tell, one by one and over a day in an accelerated clock.

#include "app/news.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "app/report.h"
#include "support/catch.h"
#include "support/fakes.h"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using Events = std::vector<Event>;

const IpAddress kMain = ip("192.0.2.10");
const IpAddress kBackup = ip("198.51.100.20");
const std::string kHost = "watcher";
const UnixTime kStart = *parse_unix_time("2026-01-31T10:15:00.250Z");

ProbeResult probed(const IpAddress& address, Health health) {
  ProbeResult result{.address = address, .health = health, .attempts = 1, .ms = 1};
  if (health == Health::down) {
    result.failure = ProbeFailure{ProbeFailure::Kind::refused};
  } else if (health == Health::unknown) {
    result.failure = ProbeFailure{ProbeFailure::Kind::this_host, "Network is unreachable"};
  }
  return result;
}

/// What a run met.
struct Met {
  UnixTime now = kStart;
  IpAddress origin = kMain;
  Health main = Health::up;
  Health backup = Health::up;
  bool readable = true;
  Change outcome = Written{};  ///< of the change, if one is due
};

RunReport report_of(const Met& met, const std::string& name = "www.example.com") {
  RunReport report{.name = *Fqdn::parse(name),
                   .type = RecordType::a,
                   .sites = {kMain, {kBackup}},
                   .unfamiliar = Unfamiliar::follow,
                   .dry_run = DryRun::no,
                   .now = met.now,
                   .zone = "example.com",
                   .probes = {probed(kMain, met.main), probed(kBackup, met.backup)},
                   .elapsed_ms = 12.5};
  HealthReport health;
  for (const ProbeResult& probe : report.probes) {
    health.set(probe.address, probe.health);
    if (const auto track = followed(std::nullopt, probe.health, met.now, {})) {
      report.tracks.insert_or_assign(probe.address, *track);
    }
  }
  if (!met.readable) {
    report.read_trouble = ReadTrouble(ApiFailure{.kind = ApiFailure::Kind::refused, .status = 403});
    return report;
  }
  report.record = Record{"372e67954025e0ba6aaa6d586b9e0b59", met.origin};
  report.decision = decide(met.origin, report.sites, health);
  if (std::holds_alternative<PointTo>(*report.decision)) {
    report.change = met.outcome;
  }
  return report;
}

Events events_of(const News& news) {
  Events events;
  for (const Notice& notice : news.notices) {
    events.push_back(notice.event);
  }
  return events;
}

News news_of(const Met& met, const Told& told = {}, Milliseconds remind = 0ms) {
  return news_of(report_of(met), told, remind, kHost);
}

/// What is open once people have been told of a run that met this.
Told told_of(const Met& met) {
  return news_of(met).told;
}

/// With the standbys that the run found dead, but nothing of its trouble.
Told told_with(const Trouble& trouble, const Met& met) {
  return {trouble, told_of(met).dead_standbys};
}

const Met kGood{};
const Met kMainDown{.main = Health::down};
const Met kAllDown{.main = Health::down, .backup = Health::down};
const Met kBlind{.main = Health::unknown, .backup = Health::unknown};
const Met kUnread{.readable = false};

Met later(Met met, Milliseconds by) {
  met.now += by;
  return met;
}

Met with_outcome(Met met, Change outcome) {
  met.outcome = std::move(outcome);
  return met;
}

}  // namespace

namespace Catch {

template <>
struct StringMaker<Event> {
  static std::string convert(Event event) { return std::string(to_text(event)); }
};

}  // namespace Catch

TEST_CASE("Every event has a name, and every name is an event's") {
  std::set<std::string> names;
  for (int number = 0; number < 10; ++number) {
    const Event event{static_cast<Event>(number)};
    const std::string name(to_text(event));
    CAPTURE(name);
    CHECK(parse_event(name) == event);
    names.insert(name);
  }
  CHECK(names == std::set<std::string>{"failover", "failback", "cannot-fail-over", "refused",
                                       "unconfirmed", "conflict", "standby-down", "standby-up",
                                       "unknown", "recovered"});
  for (const char* const other : {"", "Failover", "failover ", "cannot_fail_over", "all"}) {
    CHECK_FALSE(parse_event(other));
  }
}

TEST_CASE("A run tells of what befell the record") {
  struct Row {
    Met met;
    Events events;
  };
  const ApiFailure failure{.kind = ApiFailure::Kind::refused, .status = 403};
  const Row row = GENERATE_COPY(values<Row>({
      {kGood, {}},
      {kMainDown, {Event::failover}},
      {{.origin = kBackup}, {Event::failback}},
      {{.origin = kBackup, .main = Health::down}, {}},
      {{.backup = Health::down}, {Event::standby_down}},
      {{.backup = Health::unknown}, {}},
      {kUnread, {Event::unknown}},
      {kBlind, {Event::unknown}},
      {with_outcome(kMainDown, NotWritten{failure}), {Event::refused}},
      {with_outcome(kMainDown, Unconfirmed{failure}), {Event::unconfirmed}},
      {with_outcome(kMainDown, Conflict{}), {Event::conflict}},
      {with_outcome(kMainDown, AlreadyThere{}), {}},
  }));

  const News news = news_of(row.met);

  CHECK(events_of(news) == row.events);
  for (const Notice& notice : news.notices) {
    CHECK_THAT(notice.sentence, StartsWith("www.example.com A: "));
    CHECK(std::count(notice.sentence.begin(), notice.sentence.end(), '\n') == 0);
    CHECK(notice.host == kHost);
    CHECK(notice.time == kStart);
    CHECK(notice.record == "www.example.com A");
    CHECK_FALSE(notice.reason.empty());
    CHECK_THAT(notice.json, StartsWith("{\"record\":\"www.example.com\""));
  }
}

TEST_CASE("A notice of a change names both addresses, even if it did not come about") {
  const ApiFailure failure{.kind = ApiFailure::Kind::refused, .status = 403};
  const Change outcome =
      GENERATE_COPY(values<Change>({Written{}, NotWritten{failure}, Unconfirmed{failure}}));

  const News news = news_of(with_outcome(kMainDown, outcome));

  REQUIRE(news.notices.size() == 1);
  CHECK(news.notices.front().from == kMain.str());
  CHECK(news.notices.front().to == kBackup.str());
}

TEST_CASE("When everything is down the origin is told of, and the standby's death too") {
  const News news = news_of(kAllDown);

  CHECK(events_of(news) == Events{Event::standby_down, Event::cannot_fail_over});
  REQUIRE(news.told.trouble);
  CHECK(*news.told.trouble == Trouble{kStart, {{Event::cannot_fail_over, kStart}}});
}

TEST_CASE("The same trouble is not told again, and its beginning is remembered") {
  const Told open = told_of(kAllDown);

  const News news = news_of(later(kAllDown, 5min), open);

  CHECK(news.notices.empty());
  CHECK(news.told == open);
}

TEST_CASE("Another trouble is told, and began when the first did") {
  const News news = news_of(later(kUnread, 5min), told_of(kAllDown));

  CHECK(events_of(news) == Events{Event::unknown});
  CHECK(news.told.trouble ==
        Trouble{kStart, {{Event::cannot_fail_over, kStart}, {Event::unknown, kStart + 5min}}});
}

TEST_CASE("Troubles that take turns are told once each") {
  Told told;
  Events events;
  for (int minute = 0; minute < 60; ++minute) {
    const News news =
        news_of(later(minute % 2 == 0 ? kAllDown : kUnread, std::chrono::minutes(minute)), told);
    const Events now = events_of(news);
    events.insert(events.end(), now.begin(), now.end());
    told = news.told;
  }
  const News recovery = news_of(later(kGood, 1h), told);

  CHECK(events == Events{Event::standby_down, Event::cannot_fail_over, Event::unknown});
  REQUIRE(events_of(recovery) == Events{Event::standby_up, Event::recovered});
  CHECK(recovery.notices.back().reason == "cannot-fail-over and unknown for 1 h");
}

TEST_CASE("A reminder is due when the interval has passed since the last word") {
  const auto [since_told, remind, due] = GENERATE(table<Milliseconds, Milliseconds, bool>({
      {59min, 1h, false},
      {1h, 1h, true},
      {25h, 1h, true},
      {25h, 0ms, false},
      {0ms, 1ms, false},
      {-1h, 1h, false},
  }));
  const UnixTime now = kStart + 48h;
  const UnixTime told_at = now - since_told;
  const Trouble open{kStart, {{Event::cannot_fail_over, told_at}}};
  Met met = kAllDown;
  met.now = now;

  const News news = news_of(met, told_with(open, kAllDown), remind);

  CHECK(news.notices.size() == (due ? 1 : 0));
  CHECK(news.told.trouble == Trouble{kStart, {{Event::cannot_fail_over, due ? now : told_at}}});
  if (due) {
    CHECK_THAT(news.notices.front().sentence, StartsWith("www.example.com A: still, after "));
  }
}

TEST_CASE("The end of trouble is told with what it was and how long it lasted") {
  const Trouble open{kStart - 2h, {{Event::cannot_fail_over, kStart - 2h}}};

  const News news = news_of(kGood, {open});

  REQUIRE(events_of(news) == Events{Event::recovered});
  CHECK_THAT(news.notices.front().sentence, StartsWith("www.example.com A: recovered after 2 h: "));
  CHECK_THAT(news.notices.front().reason, ContainsSubstring("cannot-fail-over"));
  CHECK_FALSE(news.told.trouble);
}

TEST_CASE("A failover ends trouble too") {
  const Trouble open{kStart - 1min, {{Event::unknown, kStart - 1min}}};

  const News news = news_of(kMainDown, {open});

  CHECK(events_of(news) == Events{Event::failover, Event::recovered});
  CHECK_FALSE(news.told.trouble);
}

TEST_CASE("A standby's death and return are told, but not those of the origin") {
  const Met dead{.backup = Health::down};
  const Met on_backup{.origin = kBackup, .main = Health::down};
  const Met dead_origin{.origin = kBackup, .main = Health::down, .backup = Health::down};

  CHECK(events_of(news_of(dead, told_of(kGood))) == Events{Event::standby_down});
  CHECK(news_of(dead, told_of(dead)).notices.empty());
  CHECK(events_of(news_of(later(kGood, 3min), told_of(dead))) == Events{Event::standby_up});
  CHECK(news_of(on_backup, told_of(on_backup)).notices.empty());
  CHECK(events_of(news_of(dead_origin, told_of(on_backup))) == Events{Event::cannot_fail_over});
}

TEST_CASE("A standby that nobody can judge has neither died nor returned") {
  const Met unknown{.backup = Health::unknown};
  const Met dead{.backup = Health::down};

  CHECK(news_of(unknown, told_of(kGood)).notices.empty());
  CHECK(news_of(unknown, told_of(dead)).notices.empty());
}

TEST_CASE("While the record cannot be read, no address is called a standby") {
  const Met met{.main = Health::down, .backup = Health::down, .readable = false};
  const Met before{.origin = kBackup, .main = Health::down};

  const News news = news_of(met, told_of(before));

  CHECK(events_of(news) == Events{Event::unknown});
}

TEST_CASE("A standby's return is told after a gap in the runs as well") {
  const Met dead{.backup = Health::down};
  // More than 15 minutes without a run make void what was remembered of addresses.
  CHECK(news_of(later(dead, 1h), told_of(dead)).notices.empty());
  CHECK(events_of(news_of(later(kGood, 1h), told_of(dead))) == Events{Event::standby_up});
}

namespace {

/// A record's day: sites and API that come and go.
class Day {
 public:
  explicit Day(unsigned seed) : random_(seed) {}

  Met next(UnixTime now) {
    flip(main_, 0.03);
    flip(backup_, 0.03);
    if (chance(0.02)) {
      readable_ = !readable_;
    }
    Met met{.now = now, .origin = origin_, .main = main_, .backup = backup_, .readable = readable_};
    if (chance(0.02)) {
      met.main = met.backup = Health::unknown;
    }
    met.outcome = outcome();
    const RunReport report = report_of(met);
    if (report.change && std::holds_alternative<Written>(*report.change)) {
      origin_ = std::get<PointTo>(*report.decision).target;
    }
    return met;
  }

 private:
  bool chance(double part) { return std::uniform_real_distribution<>(0, 1)(random_) < part; }
  void flip(Health& health, double part) {
    if (chance(part)) {
      health = health == Health::up ? Health::down : Health::up;
    }
  }
  Change outcome() {
    const ApiFailure failure{.kind = ApiFailure::Kind::server, .status = 502};
    return chance(0.7)   ? Change(Written{})
           : chance(0.5) ? Change(NotWritten{failure})
           : chance(0.5) ? Change(Unconfirmed{failure})
                         : Change(Conflict{});
  }

  std::mt19937 random_;
  IpAddress origin_ = kMain;
  Health main_ = Health::up;
  Health backup_ = Health::up;
  bool readable_ = true;
};

bool is_trouble(Event event) {
  return event == Event::cannot_fail_over || event == Event::refused ||
         event == Event::unconfirmed || event == Event::conflict || event == Event::unknown;
}

bool is_fit_for_a_file(const std::string& id) {
  return !id.empty() && id.size() < 200 && id.front() != '.' && id.front() != '-' &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '.' || c == '-' || c == '+' || c == '_';
         });
}

}  // namespace

TEST_CASE("Over a day of runs each trouble is told once, its end once, and reminders in time") {
  const auto remind = GENERATE(as<Milliseconds>(), 0ms, 10min, 1h);
  const auto seed = GENERATE(range(1U, 21U));
  CAPTURE(remind.count(), seed);
  Day day(seed);
  Told told;
  std::set<std::string> ids;
  std::string last_id;
  int changes = 0;
  int changes_told = 0;
  bool standby_is_told_dead = false;
  std::optional<UnixTime> began;
  std::map<Event, UnixTime> last_told;

  for (int minute = 0; minute < 24 * 60; ++minute) {
    const Met met = day.next(kStart + std::chrono::minutes(minute));
    const RunReport report = report_of(met);
    const News news = news_of(report, told, remind, kHost);

    Events troubles;
    int recoveries = 0;
    for (const Notice& notice : news.notices) {
      CHECK(is_fit_for_a_file(notice.id));
      CHECK(ids.insert(notice.id).second);
      CHECK(notice.id > last_id);
      last_id = notice.id;
      if (is_trouble(notice.event)) {
        troubles.push_back(notice.event);
      }
      recoveries += notice.event == Event::recovered ? 1 : 0;
      const bool moved = notice.event == Event::failover || notice.event == Event::failback;
      changes_told += moved ? 1 : 0;
      if (notice.event == Event::standby_down) {
        CHECK_FALSE(standby_is_told_dead);
        standby_is_told_dead = true;
      } else if (notice.event == Event::standby_up) {
        standby_is_told_dead = false;
      }
    }
    if (report.origin_after() == kBackup) {
      standby_is_told_dead = false;  // It is none now.
    }
    changes += report.change && std::holds_alternative<Written>(*report.change) ? 1 : 0;
    const int status = to_int(exit_status(report));

    CHECK(news.told.trouble.has_value() == (status != 0));
    CHECK(recoveries == (told.trouble && status == 0 ? 1 : 0));
    if (status == 0) {
      CHECK(troubles.empty());
      last_told.clear();
      began.reset();
    } else {
      began = began.value_or(met.now);
      CHECK(news.told.trouble->since == *began);
      CHECK(troubles.size() <= 1);
    }
    for (const Event event : troubles) {
      const auto before = last_told.find(event);
      CHECK((before == last_told.end() || (remind > 0ms && met.now - before->second >= remind)));
      last_told.insert_or_assign(event, met.now);
    }
    CHECK(last_told.empty() == (status == 0));
    told = news.told;
  }

  CHECK(changes > 0);
  CHECK(changes_told == changes);
}

TEST_CASE("Ids of notices are fit for a file's name, whatever the record's name") {
  const auto name = GENERATE(as<std::string>(), "www.example.com", "*.example.com",
                             "_dmarc.example.com", "xn--bcher-kva.example.com", "a.b");
  const RunReport report = report_of(kAllDown, name);

  const News news = news_of(report, {}, 0ms, kHost);

  REQUIRE(news.notices.size() == 2);
  for (const Notice& notice : news.notices) {
    CAPTURE(notice.id);
    CHECK(is_fit_for_a_file(notice.id));
    CHECK_THAT(notice.id, StartsWith("2026-01-31T101500.250Z-"));
  }
  CHECK(news.notices[0].id < news.notices[1].id);
}

TEST_CASE("Ids that are sorted are sorted by time, with and without fractions of a second") {
  std::vector<std::string> ids;
  for (const Milliseconds after : {0ms, 1ms, 10ms, 99ms, 749ms, 750ms, 751ms, 1750ms, 60750ms}) {
    ids.push_back(news_of(later(kMainDown, after)).notices.front().id);
  }

  CHECK(std::is_sorted(ids.begin(), ids.end()));
}

TEST_CASE("A notice's text has one plain sentence first, then what is known") {
  const Notice notice{.id = "x",
                      .event = Event::failover,
                      .time = kStart,
                      .record = "www.example.com A",
                      .sentence = "it moved",
                      .from = "192.0.2.10",
                      .to = "198.51.100.20",
                      .reason = "refused",
                      .host = kHost};

  CHECK(notice_text(notice, kStart) ==
        "it moved\n\nOld address: 192.0.2.10\nNew address: 198.51.100.20\nReason: refused\n"
        "Since: 2026-01-31T10:15:00Z\nNoticed by: watcher\n");
  CHECK(notice_text(notice, kStart + 2min) == notice_text(notice, kStart));
  CHECK(notice_text(notice, kStart + 23h) ==
        notice_text(notice, kStart) + "This notice is late by 23 h\n");
  CHECK(notice_text(notice, kStart - 1h) == notice_text(notice, kStart));
  CHECK(notice_text(
            {.id = "x", .event = Event::unknown, .time = kStart, .record = "r", .sentence = "s"},
            kStart) == "s\n\nSince: 2026-01-31T10:15:00Z\n");
}

TEST_CASE("Pauses between tries are a minute, doubled each time, up to an hour") {
  const std::vector<int> minutes{1, 2, 4, 8, 16, 32, 60, 60, 60};
  for (std::size_t i = 0; i < minutes.size(); ++i) {
    CHECK(pause_after(static_cast<int>(i) + 1) == std::chrono::minutes(minutes[i]));
  }
  CHECK(pause_after(std::numeric_limits<int>::max()) == 1h);
  CHECK(pause_after(0) == 1min);
}
