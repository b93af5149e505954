#include "app/run.h"

#include <algorithm>
#include <random>

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

// --- What a run remembers ---

namespace {

using namespace std::chrono_literals;

Memory remembering(Tracks tracks) {
  return {.now = kNow, .tracks = std::move(tracks)};
}

Said moved_backup(const IpAddress& address) {
  return announced({}, config().sites, kBackup, address, kNow - 1h);
}

}  // namespace

TEST_CASE("An origin that has not failed often enough is kept, with status 0") {
  RecordConfig record = config();
  record.damping = {.fall = 2};
  FakeProber prober;
  prober.health = {{kBackup, Health::up}};

  FakeStore first_store = store_holding(kMain);
  const RunReport first =
      run(record, first_store, prober, DryRun::no,
          remembering({{kMain, {.counts_as = Health::up, .since = kNow - 1h}}}));
  FakeStore second_store = store_holding(kMain);
  const RunReport second = run(record, second_store, prober, DryRun::no, remembering(first.tracks));

  CHECK(first_store.writes.empty());
  CHECK(exit_status(first) == ExitStatus::ok);
  CHECK(step_lines(first)[1].text ==
        "is it accessible? no: refused (1 ms), but in only 1 of 2 runs: it counts as accessible");
  CHECK(second_store.writes.size() == 1);
}

TEST_CASE("A failback is pending until MAIN has been accessible in every run for the delay") {
  RecordConfig record = config();
  record.damping = {.failback_delay = 5min};
  FakeProber prober;
  prober.health = {{kMain, Health::up}, {kBackup, Health::up}};
  const auto [up_for, age, written] = GENERATE(table<Milliseconds, Milliseconds, bool>({
      {0min, 1h, false},
      {4min, 1h, false},
      {5min, 1h, true},
      {5min, 4min, false},
      {1h, 5min, true},
  }));
  FakeStore store;
  store.reads = {std::vector<Record>{{.id = kId, .content = kBackup, .age = age}}};
  const Track main{.counts_as = Health::up, .since = kNow - 2h, .up_since = kNow - up_for};

  const RunReport report = run(record, store, prober, DryRun::no, remembering({{kMain, main}}));

  CHECK(store.writes.size() == (written ? 1 : 0));
  CHECK(is_pending(report) == !written);
  CHECK(exit_status(report) == ExitStatus::ok);
}

TEST_CASE("With no memory the delay begins with this run") {
  RecordConfig record = config();
  record.damping = {.failback_delay = 5min};
  FakeStore store = store_holding(kBackup);
  FakeProber prober;
  prober.health = {{kMain, Health::up}, {kBackup, Health::up}};

  const RunReport report = run(record, store, prober);

  CHECK(store.writes.empty());
  CHECK(report.failback_due == kNow + 5min);
  CHECK(step_lines(report).back().text ==
        "is MAIN 192.0.2.10 accessible? yes (1 ms), but not for 5 min yet");
  CHECK(closing_lines(report).front().text ==
        "no change: failback is pending until 2026-01-31T10:20:00Z, for 5 min");
}

TEST_CASE("Failing over to a MAIN that is back waits for no delay") {
  RecordConfig record = config();
  record.damping = {.failback_delay = 5min};
  FakeStore store = store_holding(kBackup);
  FakeProber prober;
  prober.health = {{kMain, Health::up}};

  run(record, store, prober);

  CHECK(store.writes.size() == 1);
}

TEST_CASE("Under a hold a run decides and writes nothing") {
  const RecordConfig record = config();
  FakeProber prober;
  prober.health = {{kBackup, Health::up}};
  const Memory memory{.now = kNow, .said = {.hold = Hold{kNow + 1h, "moving racks"}}};
  FakeStore dead = store_holding(kMain);
  FakeStore alive = store_holding(kBackup);

  const RunReport on_dead = run(record, dead, prober, DryRun::no, memory);
  prober.health[kMain] = Health::up;
  const RunReport on_alive = run(record, alive, prober, DryRun::no, memory);

  CHECK(dead.writes.empty());
  CHECK(exit_status(on_dead) == ExitStatus::inaccessible);
  CHECK(problem(on_dead)->message ==
        "would change to 198.51.100.20, but is held until 2026-01-31T11:15:00Z (moving racks): "
        "192.0.2.10 refused");
  CHECK(alive.writes.empty());
  CHECK(exit_status(on_alive) == ExitStatus::ok);
  CHECK_FALSE(problem(on_alive));
  CHECK_FALSE(change_line(on_alive));
  CHECK(closing_lines(on_alive).front().text ==
        "not changed: held until 2026-01-31T11:15:00Z (moving racks)");
}

TEST_CASE("The last word before a write is what people and hooks say then") {
  const RecordConfig record = config();
  FakeProber prober;
  prober.health = {{kBackup, Health::up}};
  const Memory memory{.now = kNow};
  const auto [withheld, status] = GENERATE(table<Withheld, ExitStatus>({
      {Withheld{Hold{kNow + 1h}}, ExitStatus::inaccessible},
      {Withheld{}, ExitStatus::not_written},
  }));
  const Withheld answer = withheld;
  FakeStore store = store_holding(kMain);
  const World world{store, prober, [&] { return std::optional(answer); }, ignore};

  auto task = run_record(record, DryRun::no, memory, world);

  CHECK(store.writes.empty());
  CHECK(exit_status(task.result()) == status);
}

TEST_CASE("A record at a backup's former address moves without a probe of it") {
  const RecordConfig record = config();
  const IpAddress now = ip("203.0.113.30");
  FakeProber prober;
  prober.health = {{kBackup, Health::up}, {now, Health::up}};
  FakeStore store = store_holding(kBackup);

  const RunReport report =
      run(record, store, prober, DryRun::no, {.now = kNow, .said = moved_backup(now)});

  REQUIRE(store.writes.size() == 1);
  CHECK(store.writes.front().second == now);
  CHECK(prober.asked == std::vector{kMain, now, kSecond});
  CHECK(change_line(report) ==
        "www.example.com A: failover 198.51.100.20 -> 203.0.113.30 (198.51.100.20: replaced by "
        "203.0.113.30)");
  REQUIRE(report.gone.size() == 1);
  CHECK(report.gone.front().address == kBackup);
}

TEST_CASE("A former address is forgotten once the record does not hold it") {
  const RecordConfig record = config();
  const Said said = moved_backup(ip("203.0.113.30"));
  FakeProber prober;
  prober.health = {{kMain, Health::up}, {kBackup, Health::up}};
  FakeStore elsewhere = store_holding(kMain);
  const RunReport first = run(record, elsewhere, prober, DryRun::no, {.now = kNow, .said = said});

  FakeStore back = store_holding(kBackup);
  const RunReport second =
      run(record, back, prober, DryRun::no, {.now = kNow, .said = said, .gone = first.gone});

  CHECK(second.sites.role_of(kBackup) == Role::other);
  CHECK(second.probe_of(kBackup)->health == Health::up);
  CHECK(second.gone == first.gone);
}

TEST_CASE("What somebody vouches for is not probed, and written all the same") {
  const RecordConfig record = config();
  FakeProber prober;
  FakeStore store = store_holding(kMain);

  const RunReport report =
      run(record, store, prober, DryRun::no, {.now = kNow, .vouched = kSecond});

  CHECK(prober.asked == std::vector{kMain, kBackup});
  REQUIRE(store.writes.size() == 1);
  CHECK(store.writes.front().second == kSecond);
  CHECK_FALSE(report.tracks.contains(kSecond));
}

TEST_CASE("What somebody vouches for is reported once, also where the record holds it") {
  const RecordConfig record = config();
  FakeProber prober;
  FakeStore store = store_holding(kBackup);

  const RunReport report =
      run(record, store, prober, DryRun::no, {.now = kNow, .vouched = kBackup});

  CHECK(report.probes.size() == 3);
  CHECK(std::count_if(report.probes.begin(), report.probes.end(),
                      [](const ProbeResult& probe) { return probe.address == kBackup; }) == 1);
}

TEST_CASE("What is about to change is noted before the record is read again") {
  const RecordConfig record = config();
  FakeProber prober;
  prober.health = {{kBackup, Health::up}};
  FakeStore store = store_holding(kMain);
  const Memory memory{.now = kNow};
  int reads_before = 0;
  const World world{store, prober, allow, ignore,
                    [&](const RunReport&) { reads_before = store.reads_seen; }};

  auto task = run_record(record, DryRun::no, memory, world);

  REQUIRE(task.done());
  CHECK(store.writes.size() == 1);
  CHECK(reads_before == 1);
  CHECK(store.reads_seen == 2);
}

TEST_CASE("Names are resolved before the steps, and every address of theirs is probed once") {
  RecordConfig record = config();
  const Fqdn home = *Fqdn::parse("home.example.net");
  record.sites = {home, {kBackup, *Fqdn::parse("gone.example.net")}};
  FakeProber prober;
  prober.names = {{home, {kMain, kOther}}};
  prober.health = {{kOther, Health::up}, {kBackup, Health::up}};
  FakeStore store = store_holding(kBackup);

  const RunReport report = run(record, store, prober);

  CHECK(prober.asked == std::vector{kBackup, kMain, kOther});
  REQUIRE(store.writes.size() == 1);
  CHECK(store.writes.front().second == kOther);
  REQUIRE(report.unresolved.size() == 1);
  CHECK(report.unresolved.front().name.str() == "gone.example.net");
  CHECK(report.probes.front().address == kMain);
}

TEST_CASE("The write does not wait for a name that comes after its target") {
  RecordConfig record = config();
  record.sites = {kMain, {kBackup, *Fqdn::parse("slow.example.net")}};
  FakeProber prober;
  Gate answered;
  prober.slow_names = &answered;
  prober.names = {{*Fqdn::parse("slow.example.net"), {kSecond}}};
  FakeStore store = store_holding(kMain);
  const Memory memory{.now = kNow};
  const World world{store, prober, allow, ignore};
  const auto is_backup_up = GENERATE(true, false);
  prober.health = {{kBackup, is_backup_up ? Health::up : Health::down}, {kSecond, Health::up}};

  auto task = run_record(record, DryRun::no, memory, world);

  CHECK(store.writes.size() == (is_backup_up ? 1 : 0));
  CHECK_FALSE(task.done());
  answered.open();
  REQUIRE(task.done());
  REQUIRE(store.writes.size() == 1);
  CHECK(store.writes.front().second == (is_backup_up ? kBackup : kSecond));
  CHECK(prober.asked == std::vector{kMain, kBackup, kSecond});
  CHECK(task.result().sites.backups.back().has(kSecond));
}

TEST_CASE("An origin that may be a name's waits for the name") {
  RecordConfig record = config();
  record.sites = {kMain, {kBackup, *Fqdn::parse("slow.example.net")}};
  FakeProber prober;
  Gate answered;
  prober.slow_names = &answered;
  prober.names = {{*Fqdn::parse("slow.example.net"), {kOther}}};
  prober.health = {{kBackup, Health::up}};
  FakeStore store = store_holding(kOther);
  const Memory memory{.now = kNow};
  std::vector<StepLine> told;
  const World world{store, prober, allow,
                    [&](const RunReport& so_far) { told = step_lines(so_far); }};

  auto task = run_record(record, DryRun::no, memory, world);

  CHECK(store.writes.empty());
  CHECK(told.empty());
  answered.open();
  REQUIRE(task.done());
  REQUIRE(store.writes.size() == 1);
  CHECK(store.writes.front().second == kBackup);
  CHECK(told.front().text == "the origin is 203.0.113.9 (BACKUP)");
}

TEST_CASE("A former address that may be a name's by now waits for the name") {
  RecordConfig record = config();
  record.sites = {kMain, {kBackup, *Fqdn::parse("slow.example.net")}};
  FakeProber prober;
  Gate answered;
  prober.slow_names = &answered;
  prober.names = {{*Fqdn::parse("slow.example.net"), {kBackup}}};
  prober.health = {{kBackup, Health::up}, {kSecond, Health::up}};
  FakeStore store = store_holding(kBackup);
  const Memory memory{.now = kNow, .said = {.backups = {{kBackup, kSecond, {{kBackup, kNow}}}}}};
  const World world{store, prober, allow, ignore};

  auto task = run_record(record, DryRun::no, memory, world);

  CHECK_FALSE(task.done());
  answered.open();
  REQUIRE(task.done());
  CHECK(store.writes.empty());
  CHECK(task.result().probe_of(kBackup)->health == Health::up);
}

TEST_CASE("A needed name that does not resolve ends the run with nothing known") {
  RecordConfig record = config();
  record.sites.main = *Fqdn::parse("home.example.net");
  FakeProber prober;
  prober.health = {{kBackup, Health::up}};
  FakeStore store = store_holding(kBackup);

  const RunReport report = run(record, store, prober);

  CHECK(store.writes.empty());
  CHECK(exit_status(report) == ExitStatus::unknown);
  CHECK(problem(report)->message ==
        "cannot judge home.example.net: does not resolve: Name or service not known");
}

TEST_CASE("A host that is cut off remembers no failures of the standby") {
  const RecordConfig record = config();
  FakeProber prober;
  prober.cut_off = true;
  FakeStore store = store_holding(kMain);
  const Track backup{.counts_as = Health::up, .since = kNow - 1h, .up_since = kNow - 1h};

  const RunReport report = run(record, store, prober, DryRun::no, remembering({{kBackup, backup}}));

  CHECK(exit_status(report) == ExitStatus::unknown);
  CHECK(report.probe_of(kBackup)->health == Health::unknown);
  CHECK(report.track_of(kBackup)->counts_as == Health::up);
}

TEST_CASE("Whatever is remembered and said, only what this run found accessible is written") {
  const unsigned seed = 4;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto upto = [&](int most) { return std::uniform_int_distribution(0, most)(random); };
  const std::vector<IpAddress> all{kMain, kBackup, kSecond, kOther, ip("203.0.113.30")};
  const std::vector<Health> found{Health::up, Health::down, Health::unknown};
  int writes = 0;
  for (int round = 0; round < 5000; ++round) {
    RecordConfig record = config(Unfamiliar{upto(2)});
    record.damping = {.fall = 1 + upto(2), .rise = 1 + upto(2), .failback_delay = upto(1) * 5min};
    Memory memory{.now = kNow};
    FakeProber prober;
    for (const IpAddress& address : all) {
      prober.health[address] = found[static_cast<std::size_t>(upto(2))];
      if (upto(1) == 0) {
        memory.tracks.emplace(
            address,
            Track{.counts_as = upto(1) == 0 ? Health::up : Health::down,
                  .since = kNow - 1h,
                  .against = upto(1),
                  .up_since = upto(1) == 0 ? std::optional(kNow - upto(9) * 1min) : std::nullopt});
      }
    }
    if (upto(1) == 0) {
      memory.said = moved_backup(all.back());
    }
    if (upto(3) == 0) {
      memory.said.hold = Hold{kNow + 1h};
    }
    const IpAddress origin = all[static_cast<std::size_t>(upto(4))];
    FakeStore store = store_holding(origin);

    const RunReport report = run(record, store, prober, DryRun::no, memory);

    REQUIRE(store.writes.size() <= (memory.said.hold ? 0 : 1));
    if (!store.writes.empty()) {
      const IpAddress& target = store.writes.front().second;
      ++writes;
      REQUIRE(target != origin);
      REQUIRE(prober.health.at(target) == Health::up);
      REQUIRE(report.sites.role_of(target) != Role::other);
      const auto& former = report.sites.former;
      REQUIRE(std::find(former.begin(), former.end(), target) == former.end());
    }
  }
  CHECK(writes > 500);
}
