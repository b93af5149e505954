// `switch main|backup` of the built program: where it goes, what it refuses, what it writes, and
// the hold that it leaves or takes back.

#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/system_clock.h"
#include "io/state_json.h"
#include "support/catch.h"
#include "support/moving_lab.h"
#include "support/report_line_json.h"
#include "value/unix_time.h"

namespace {

using namespace std::chrono_literals;
using behaviour::Answer;
using behaviour::Hang;
using behaviour::Refuse;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

constexpr const char* kTitle = "cf-failover: error: www.example.com A: ";

ProcessResult switch_to(const MovingLab& lab, const std::string& site, const Options& more = {}) {
  return lab.finish(lab.spec({"switch", site}, more));
}

std::string switched(const std::string& from, const std::string& to, const std::string& why = "") {
  return "www.example.com A: switch " + from + " -> " + to + " (by hand" +
         (why.empty() ? "" : ", " + why) + ")\n";
}

/// What is said to hold the record; nothing if nothing is.
std::optional<Hold> hold_of(const MovingLab& lab) {
  if (!lab.has(MovingLab::kSaid)) {
    return std::nullopt;
  }
  const auto said = parse_said(lab.text(MovingLab::kSaid));
  REQUIRE(said);
  return said->hold;
}

void check_held_for(const MovingLab& lab, std::chrono::milliseconds length) {
  const auto hold = hold_of(lab);
  REQUIRE(hold);
  const auto left = hold->until - unix_now();
  CAPTURE(left.count());
  CHECK(left <= length + 1s);  // It ends with a whole second.
  CHECK(left > length - 10s);
}

/// That nothing was changed, and that nothing of the attempt is left.
void check_nothing_left(const MovingLab& lab, const std::string& record) {
  CHECK(lab.content() == record);
  CHECK_FALSE(hold_of(lab));
}

void check_untouched_settings(const MovingLab& lab) {
  const auto record = lab.cloudflare.record("www.example.com");
  REQUIRE(record);
  CHECK(record->comment == "keep me");
  CHECK(record->ttl == 60);
}

bool nobody_was_contacted(const MovingLab& lab) {
  return lab.cloudflare.requests().empty() &&
         lab.main.connections() + lab.backup.connections() + lab.moved.connections() == 0;
}

}  // namespace

// --- What it does ---

TEST_CASE("A switch goes to the site asked for, whatever the steps say, and holds it for an hour") {
  struct Row {
    std::string story;
    std::string site;
    Behaviour main;
    Behaviour backup;
    std::string from;
    std::string to;
  };
  for (const Row& row : std::vector<Row>{
           {"a planned change", "backup", Answer{}, Answer{}, Lab::kMain, Lab::kBackup},
           {"from a dead MAIN", "backup", Refuse{}, Answer{}, Lab::kMain, Lab::kBackup},
           {"and back", "main", Answer{}, Answer{}, Lab::kBackup, Lab::kMain},
           {"from a dead BACKUP", "main", Answer{}, Refuse{}, Lab::kBackup, Lab::kMain},
           {"from elsewhere", "main", Answer{}, Answer{}, MovingLab::kMoved, Lab::kMain},
           {"from elsewhere", "backup", Answer{}, Answer{}, MovingLab::kMoved, Lab::kBackup},
       }) {
    MovingLab lab;
    lab.main.behave(row.main);
    lab.backup.behave(row.backup);
    lab.point_to(row.from);

    const ProcessResult result = switch_to(lab, row.site);

    CAPTURE(row.story, row.site, result.out, result.err);
    CHECK(result.status == 0);
    CHECK(result.err.empty());
    CHECK_THAT(result.out,
               StartsWith(switched(row.from, row.to) + "www.example.com A: held until 20"));
    CHECK(lab.content() == row.to);
    REQUIRE(lab.writes() == 1);
    CHECK(lab.cloudflare.writes().front().method == "PATCH");
    CHECK(lab.cloudflare.writes().front().body == "{\"content\":\"" + row.to + "\"}");
    check_untouched_settings(lab);
    check_held_for(lab, 1h);

    const ProcessResult next = lab.run_once();
    CHECK(next.status == 0);
    CHECK((next.out + next.err).empty());
    CHECK(lab.content() == row.to);
    CHECK(lab.writes() == 1);
  }
}

TEST_CASE("Once what a switch held is released or over, the steps have their way again") {
  MovingLab lab;
  REQUIRE(switch_to(lab, "backup").status == 0);

  SECTION("released") {
    REQUIRE(lab.finish(lab.spec({"release"})).out == "www.example.com A: released\n");
  }
  SECTION("over") {
    lab.scratch.write(MovingLab::kSaid, with_times_moved(lab.text(MovingLab::kSaid), -(1h + 1s)));
  }

  CHECK_THAT(lab.run_once().out, StartsWith("www.example.com A: failback 127.0.3.1 -> 127.0.2.1"));
  CHECK(lab.content() == Lab::kMain);
}

TEST_CASE("A switch holds for as long as it is told") {
  const auto [word, length] = GENERATE(table<std::string, std::chrono::milliseconds>({
      {"10m", 10min},
      {"90", 90s},
      {"168h", 168h},
  }));
  const MovingLab lab;

  const ProcessResult result = switch_to(lab, "backup", {"--hold", word});

  CAPTURE(word, result.err);
  CHECK(result.status == 0);
  check_held_for(lab, length);
}

TEST_CASE("A switch without a hold is undone by the next run") {
  MovingLab lab;

  const ProcessResult result = switch_to(lab, "backup", {"--no-hold"});

  CHECK(result.status == 0);
  CHECK(result.out == switched(Lab::kMain, Lab::kBackup));
  CHECK_FALSE(hold_of(lab));
  CHECK(lab.run_once().status == 0);
  CHECK(lab.content() == Lab::kMain);
}

TEST_CASE("Under a hold a person may still switch, and the later word counts") {
  MovingLab lab;
  REQUIRE(lab.hold({"5h", "--why", "works"}).status == 0);
  const auto before = hold_of(lab);

  SECTION("with a hold of its own") {
    CHECK(switch_to(lab, "backup", {"--hold", "10m"}).status == 0);
    check_held_for(lab, 10min);
  }
  SECTION("without one, which leaves the other in force") {
    CHECK(switch_to(lab, "backup", {"--no-hold"}).status == 0);
    CHECK(hold_of(lab) == before);
  }

  CHECK(lab.content() == Lab::kBackup);
  CHECK(lab.run_once().status == 0);
  CHECK(lab.content() == Lab::kBackup);
}

TEST_CASE("A switch to where the record points already writes nothing") {
  MovingLab lab;
  const std::string site = GENERATE("main", "backup");
  const std::string origin = site == "main" ? Lab::kMain : Lab::kBackup;
  lab.point_to(origin);

  const ProcessResult result = switch_to(lab, site);

  CAPTURE(result.out, result.err);
  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK_FALSE(contains(result.out, "A: switch "));
  CHECK(lab.writes() == 0);
  CHECK(lab.content() == origin);
  CHECK(lab.run_once().status == 0);
  CHECK(lab.content() == origin);  // It is wanted there, for as long as it is held.
}

TEST_CASE("A switch takes the first accessible backup of several") {
  struct Row {
    Behaviour first;
    Behaviour second;
    std::string origin;
    int status;
    std::string record;
  };
  for (const Row& row : std::vector<Row>{
           {Answer{}, Answer{}, Lab::kMain, 0, Lab::kBackup},
           {Refuse{}, Answer{}, Lab::kMain, 0, MovingLab::kMoved},
           {Refuse{}, Refuse{}, Lab::kMain, 1, Lab::kMain},
           {Answer{}, Answer{}, MovingLab::kMoved, 0, MovingLab::kMoved},
           {Answer{}, Refuse{}, MovingLab::kMoved, 0, Lab::kBackup},
       }) {
    MovingLab lab;
    lab.backup.behave(row.first);
    lab.moved.behave(row.second);
    lab.point_to(row.origin);

    const ProcessResult result = switch_to(lab, "backup", {"--backup", MovingLab::kMoved});

    CAPTURE(row.origin, row.record, result.out, result.err);
    CHECK(result.status == row.status);
    CHECK(lab.content() == row.record);
    CHECK(lab.writes() == (row.origin == row.record ? 0 : 1));
  }
}

TEST_CASE("A switch to a backup that has moved leads to where it is now") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  REQUIRE(lab.hold().status == 0);
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 1);  // Held, at an address that is gone.
  REQUIRE(lab.content() == Lab::kBackup);

  SECTION("and not to where it was") {
    const ProcessResult result = switch_to(lab, "backup");
    CHECK(result.status == 0);
    CHECK_THAT(result.out, StartsWith(switched(Lab::kBackup, MovingLab::kMoved)));
    CHECK(lab.content() == MovingLab::kMoved);
  }
  SECTION("by force if it is dead") {
    lab.moved.behave(Refuse{});
    CHECK(switch_to(lab, "backup").status == 1);
    CHECK(switch_to(lab, "backup", {"--force"}).status == 0);
    CHECK(lab.content() == MovingLab::kMoved);
  }
  SECTION("or to MAIN") {
    CHECK(switch_to(lab, "main").status == 0);
    CHECK(lab.content() == Lab::kMain);
  }
  CHECK(lab.backup.connections() == 0);
  CHECK(lab.is_announced(MovingLab::kMoved));
}

// --- What it refuses ---

TEST_CASE("A switch to a dead site is refused, and nothing of it is left") {
  struct Row {
    std::string site;
    std::string origin;
    std::string says;
  };
  for (const Row& row : std::vector<Row>{
           {"backup", Lab::kMain, "cannot switch to BACKUP: 127.0.3.1 refused"},
           {"main", Lab::kBackup, "cannot switch to MAIN: 127.0.2.1 refused"},
           {"main", MovingLab::kMoved, "cannot switch to MAIN: 127.0.2.1 refused"},
           {"main", Lab::kMain,
            "the record points to MAIN already, which is inaccessible: 127.0.2.1 refused"},
       }) {
    MovingLab lab;
    lab.main.behave(Refuse{});
    lab.backup.behave(Refuse{});
    lab.point_to(row.origin);

    const ProcessResult result = switch_to(lab, row.site);

    CAPTURE(row.site, row.origin, result.out, result.err);
    CHECK(result.status == 1);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, StartsWith(std::string(kTitle) + row.says + "\ncf-failover: hint: "));
    check_nothing_left(lab, row.origin);
    CHECK(lab.writes() == 0);
  }
}

TEST_CASE("A refused switch gives back the hold that there was") {
  MovingLab lab;
  lab.backup.behave(Refuse{});
  REQUIRE(lab.hold({"5h", "--why", "works"}).status == 0);
  const auto before = hold_of(lab);

  CHECK(switch_to(lab, "backup").status == 1);

  CHECK(hold_of(lab) == before);
}

TEST_CASE("By force a dead site will do, and the line tells what speaks against it") {
  MovingLab lab;
  lab.backup.behave(Refuse{});

  const ProcessResult result = switch_to(lab, "backup", {"--force"});

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK_THAT(result.out, StartsWith(switched(Lab::kMain, Lab::kBackup, "127.0.3.1: refused") +
                                    "www.example.com A: held until 20"));
  CHECK(lab.content() == Lab::kBackup);
  CHECK(lab.writes() == 1);

  const ProcessResult next = lab.run_once();
  CHECK(next.status == 1);
  CHECK_THAT(next.err, StartsWith(std::string(kTitle) + "would change to 127.0.2.1, but is held"));
  CHECK(lab.content() == Lab::kBackup);
}

TEST_CASE("Force is no reason to write what is there already") {
  MovingLab lab;
  lab.main.behave(Refuse{});

  switch_to(lab, "main", {"--force"});

  CHECK(lab.writes() == 0);
  CHECK(lab.content() == Lab::kMain);
}

TEST_CASE("A site that this host cannot judge is not switched to, but by force") {
  MovingLab lab;
  lab.backup.behave(Refuse{});
  const Options cut_off{"--canary", "http://127.0.9.1:1/"};

  const ProcessResult result = switch_to(lab, "backup", cut_off);

  CAPTURE(result.out, result.err);
  CHECK(result.status == 4);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith(std::string(kTitle) + "cannot judge 127.0.3.1: "));
  check_nothing_left(lab, Lab::kMain);
  CHECK(lab.writes() == 0);

  Options forced = cut_off;
  forced.emplace_back("--force");
  CHECK(switch_to(lab, "backup", forced).status == 0);
  CHECK(lab.content() == Lab::kBackup);
}

TEST_CASE("The target is probed before anything is written, and nothing else is waited for") {
  MovingLab lab;
  bool was_probed = false;
  at(Exchange::patch,
     fault::Meanwhile{fault::Moment::before,
                      [&] { was_probed = lab.backup.requests().size() == 1; }},
     1)(lab);

  CHECK(switch_to(lab, "backup").status == 0);

  CHECK(was_probed);
}

TEST_CASE("Wrong usage of switch contacts nobody and stores nothing") {
  struct Row {
    Options words;
    std::string says;
  };
  const Row row = GENERATE(values<Row>({
      {{"switch"}, "switch needs a site"},
      {{"switch", ""}, "switch needs a site"},
      {{"switch", "sideways"}, "\"sideways\" is no site"},
      {{"switch", "Main"}, "\"Main\" is no site"},
      {{"switch", "127.0.3.1"}, "is no site"},
      {{"switch", "main", "backup"}, "unexpected argument"},
      {{"switch", "main", "--hold", "10m", "--no-hold"}, "contradict each other"},
      {{"switch", "main", "--hold", "0"}, "is not a duration"},
      {{"switch", "main", "--hold", "soon"}, "\"soon\" is not a duration"},
      {{"switch", "main", "--hold", "169h"}, "would be forgotten"},
      {{"switch", "main", "--hold", ""}, "--hold is empty"},
      {{"switch", "main", "--hold", "1h", "--hold", "2h"}, "--hold is given twice"},
      {{"switch", "main", "--vouch"}, "--vouch belongs to set-backup"},
      {{"switch", "main", "--why", "works"}, "--why belongs to hold"},
      {{"run", "--force"}, "--force belongs to switch"},
      {{"run", "--no-hold"}, "--no-hold belongs to switch"},
      {{"set-backup", "127.0.5.1", "--force"}, "--force belongs to switch"},
  }));
  const MovingLab lab;
  CAPTURE(row.words);

  const ProcessResult result = lab.finish(lab.spec(row.words));

  CAPTURE(result.err);
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("cf-failover: error: "));
  CHECK_THAT(result.err, ContainsSubstring(row.says));
  CHECK(nobody_was_contacted(lab));
  CHECK_FALSE(lab.has("state"));
}

TEST_CASE("A switch is about one record") {
  const MovingLab lab;
  const std::string port = std::to_string(lab.main.port());
  const std::string config = lab.scratch.write("config.json", R"({
    "defaults": { "probe": "http://www.example.com:)" + port + R"(/" }, "records": [
    { "name": "www.example.com", "main": "127.0.2.1", "backup": "127.0.3.1" },
    { "name": "api.example.com", "main": "127.0.2.1", "backup": "127.0.3.1" } ] })");
  ProcessSpec spec{.argv = {built("cf-failover"), "switch", "backup", "-c", config, "--state-dir",
                            lab.scratch.path() / "state"},
                   .environment = lab.environment()};

  const ProcessResult both = lab.finish(spec);
  CHECK(both.status == 2);
  CHECK_THAT(both.err, ContainsSubstring("switch is about one record, and 2 fit"));
  CHECK(nobody_was_contacted(lab));

  spec.argv.insert(spec.argv.end(), {"--record", "www.example.com"});
  CHECK(lab.finish(spec).status == 0);
  CHECK(lab.content() == Lab::kBackup);
}

TEST_CASE("Where the hold cannot be kept nothing is switched, nor anybody contacted") {
  const MovingLab lab;
  ProcessSpec spec = lab.spec({"switch", "backup"});

  SECTION("the directory cannot be made") {
    spec = with(spec, "--state-dir", "/proc/none");
  }
  SECTION("a file in place of the directory") {
    lab.scratch.write("state", "mine");
  }
  SECTION("no file may grow") {
    spec = with_no_room(spec);
  }

  const ProcessResult refused = lab.finish(spec);

  CAPTURE(refused.out, refused.err);
  CHECK(refused.status == 2);
  CHECK(refused.out.empty());
  CHECK_THAT(refused.err, StartsWith(std::string(kTitle) + "nothing was changed: "));
  CHECK_THAT(refused.err, ContainsSubstring("hint: --no-hold switches without a hold"));
  CHECK(nobody_was_contacted(lab));

  spec.argv.emplace_back("--no-hold");
  const ProcessResult done = lab.finish(spec);
  CHECK(done.status == 0);
  CHECK(done.out == switched(Lab::kMain, Lab::kBackup));
  CHECK(lab.content() == Lab::kBackup);
}

// --- What can go wrong on the way ---

TEST_CASE("A switch has the status of a run, and takes its hold back where nothing was changed") {
  struct Row {
    std::string story;
    std::function<void(Lab&)> arrange;
    int status;
    std::string says;
    std::string record;
    std::size_t writes;
    bool is_held;
  };
  const auto somebody = [](Lab& lab) {
    at(Exchange::reread,
       fault::Meanwhile{fault::Moment::before, [&lab] { lab.point_to(MovingLab::kMoved); }},
       1)(lab);
  };
  const auto refusal = fault::refusal(403, 10000, "Authentication error");
  for (const Row& row : std::vector<Row>{
           {"not read", at(Exchange::list, refusal), 3, "could not read the record: HTTP 403",
            Lab::kMain, 0, false},
           {"changed meanwhile", somebody, 5, "changed by somebody else during this run",
            MovingLab::kMoved, 0, false},
           {"a re-read that fails", at(Exchange::reread, refusal), 6,
            "could not change the record to 127.0.3.1", Lab::kMain, 0, false},
           {"refused", at(Exchange::patch, refusal), 6, "could not change the record to 127.0.3.1",
            Lab::kMain, 1, false},
           {"lost on the way", at(Exchange::patch, fault::Close{}), 6,
            "could not change the record to 127.0.3.1", Lab::kMain, 1, false},
           {"carried out, and the answer lost",
            at(Exchange::patch, fault::Close{fault::Effect::applied}), 0, "", Lab::kBackup, 1,
            true},
           {"nobody knows", at(Exchange::verify, refusal), 7, "could not confirm the change",
            Lab::kMain, 1, true},
       }) {
    MovingLab lab;
    row.arrange(lab);

    const ProcessResult result = switch_to(lab, "backup", {"--deadline", "5s"});

    CAPTURE(row.story, result.out, result.err);
    CHECK(result.status == row.status);
    CHECK_THAT(result.err, ContainsSubstring(row.says));
    CHECK(result.err.empty() == row.says.empty());
    CHECK(lab.content() == row.record);
    CHECK(lab.writes() == row.writes);
    CHECK(hold_of(lab).has_value() == row.is_held);
    CHECK(contains(result.out, "held until 20") == row.is_held);
    CHECK(contains(result.out, "switch 127.0.2.1") == (row.status == 0));
    check_untouched_settings(lab);
  }
}

TEST_CASE(
    "A hold that somebody says in the middle of a switch is not taken back with the switch's") {
  MovingLab lab;
  const auto meanwhile = [&] {
    CHECK(lab.hold({"2h", "--why", "mine"}).status == 0);
    lab.point_to(MovingLab::kMoved);
  };
  at(Exchange::reread, fault::Meanwhile{fault::Moment::before, meanwhile}, 1)(lab);

  CHECK(switch_to(lab, "backup").status == 5);

  const auto hold = hold_of(lab);
  REQUIRE(hold);
  CHECK(hold->why == "mine");
}

TEST_CASE("A backup that moves in the middle of a switch is not sent to its former address") {
  MovingLab lab;
  ProcessResult moved;
  const auto move = [&] {
    RunningProcess hook(lab.set_backup_spec(MovingLab::kMoved));
    CHECK(hook.await_line("stored the backup's address"));
    hook.signal(SIGKILL);
    moved = hook.wait();
  };
  at(Exchange::reread, fault::Meanwhile{fault::Moment::before, move}, 1)(lab);

  const ProcessResult result = switch_to(lab, "backup");

  CAPTURE(result.out, result.err);
  CHECK(result.status == 6);
  CHECK_THAT(result.err, ContainsSubstring("a backup's address changed during this run"));
  CHECK(lab.writes() == 0);
  CHECK_FALSE(hold_of(lab));
  CHECK(lab.is_announced(MovingLab::kMoved));
}

TEST_CASE("A switch waits for a run under way") {
  MovingLab lab;
  lab.main.behave_in_turn({Hang{}, Answer{}});
  RunningProcess first(lab.spec({"run"}, {"--timeout", "2s"}));
  REQUIRE(lab.main.await_connections(1));

  const ProcessResult result = ::run(lab.spec({"switch", "backup"}));

  CAPTURE(result.out, result.err);
  CHECK(result.status == 0);
  CHECK_THAT(result.out, StartsWith("www.example.com A: switch "));
  CHECK(first.wait().status != 75);
  CHECK(lab.content() == Lab::kBackup);
  CHECK(lab.writes() == 1);
}

TEST_CASE("A run under way does not undo the switch that waits for it") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  std::unique_ptr<RunningProcess> person;
  const auto switch_now = [&] {
    person = std::make_unique<RunningProcess>(lab.spec({"switch", "backup"}));
    for (int i = 0; i < 200 && !hold_of(lab); ++i) {
      person->await_line("held", 50ms);
    }
  };
  at(Exchange::reread, fault::Meanwhile{fault::Moment::before, switch_now}, 1)(lab);

  const ProcessResult first = lab.run_once();  // It would have failed back.

  REQUIRE(person != nullptr);
  CHECK(person->wait().status == 0);
  CHECK(first.status == 0);
  CHECK(lab.content() == Lab::kBackup);
  CHECK(lab.writes() == 0);
}

TEST_CASE("A switch that waits in vain says so, and leaves no hold") {
  MovingLab lab;
  lab.main.behave_in_turn({Hang{}, Answer{}});
  RunningProcess first(lab.spec({"run"}, {"--timeout", "30s"}));
  REQUIRE(lab.main.await_connections(1));

  const ProcessResult result = ::run(lab.spec({"switch", "backup"}, {"--deadline", "1s"}));

  CAPTURE(result.out, result.err);
  CHECK(result.status == 75);
  CHECK(result.elapsed < 5s);
  check_nothing_left(lab, Lab::kMain);
}

TEST_CASE("A switch that is killed at each of its requests has written once at most") {
  MovingLab lab;
  // Two lookups of the zone, the list, the list again, the change.
  const std::size_t last = GENERATE(range(std::size_t{1}, std::size_t{6}));
  CAPTURE(last);
  lab.cloudflare.arm({.nth = last, .times = 1, .mischief = fault::Hang{fault::Effect::applied}});
  RunningProcess first(lab.spec({"switch", "backup"}));
  REQUIRE(lab.cloudflare.await_requests(last));

  first.signal(SIGKILL);
  first.wait();
  lab.cloudflare.disarm_all();

  CHECK(lab.writes() <= 1);
  check_held_for(lab, 1h);  // A person's word; whoever is surprised can release it.
  const std::size_t writes = lab.writes();
  const ProcessResult next = lab.run_once();
  CHECK(next.status == 0);
  CHECK(next.err.empty());
  CHECK(lab.writes() == writes);
  CHECK(switch_to(lab, "backup").status == 0);
  CHECK(lab.content() == Lab::kBackup);
  CHECK(lab.writes() == 1);
}

// --- Dry, quiet, as JSON ---

TEST_CASE(
    "A dry switch says what it would do, with the status of the real one, and touches nothing") {
  struct Row {
    Behaviour backup;
    Options more;
    int status;
    std::string out;
  };
  const std::string would = "www.example.com A: dry run: switch 127.0.2.1 -> 127.0.3.1 (by hand";
  for (const Row& row : std::vector<Row>{
           {Answer{}, {}, 0, would + ")\n"},
           {Refuse{}, {}, 1, ""},
           {Refuse{}, {"--force"}, 0, would + ", 127.0.3.1: refused)\n"},
       }) {
    MovingLab lab;
    lab.backup.behave(row.backup);
    Options more = row.more;
    more.emplace_back("-n");

    const ProcessResult result = switch_to(lab, "backup", more);

    CAPTURE(result.out, result.err);
    CHECK(result.status == row.status);
    CHECK(result.out == row.out);
    CHECK(lab.content() == Lab::kMain);
    CHECK(lab.writes() == 0);
    CHECK_FALSE(lab.has("state"));
  }
}

TEST_CASE("A switch as JSON is one object, and no word beside it") {
  const MovingLab lab;

  const ProcessResult result = switch_to(lab, "backup", {"--json"});

  const ReportLine report = parse_report_line(result.out);
  CHECK(result.err.empty());
  CHECK(report.exit == 0);
  CHECK(report.written == true);
  CHECK(report.action == "failover");
  CHECK(report.from == Lab::kMain);
  CHECK(report.to == Lab::kBackup);
  CHECK(report.steps == std::vector{1, 7, 8});
  CHECK(report.error == std::nullopt);
  check_held_for(lab, 1h);
}

TEST_CASE("A switch as JSON that is refused has the reason") {
  MovingLab lab;
  lab.backup.behave(Refuse{});

  const ProcessResult result = switch_to(lab, "backup", {"--json"});

  const ReportLine report = parse_report_line(result.out);
  CHECK(result.status == 1);
  CHECK(report.exit == 1);
  CHECK(report.written == false);
  CHECK(report.action == "none");
  CHECK(report.error == "cannot switch to BACKUP: 127.0.3.1 refused");
}

TEST_CASE("A quiet switch is silent, unless there is a problem") {
  MovingLab lab;

  const ProcessResult done = switch_to(lab, "backup", {"-q"});
  CHECK(done.status == 0);
  CHECK((done.out + done.err).empty());

  lab.main.behave(Refuse{});
  const ProcessResult refused = switch_to(lab, "main", {"-q"});
  CHECK(refused.status == 1);
  CHECK_THAT(refused.err, StartsWith(std::string(kTitle) + "cannot switch to MAIN"));
}

TEST_CASE("The steps of a switch are told like those of a run") {
  const MovingLab lab;

  const ProcessResult result = switch_to(lab, "backup", {"-v"});

  CAPTURE(result.out);
  CHECK_THAT(result.out, ContainsSubstring("  1  the origin is 127.0.2.1 (MAIN)\n"
                                           "  7  is BACKUP 127.0.3.1 accessible? yes ("));
  CHECK_THAT(result.out, ContainsSubstring("  8  change the record to 127.0.3.1 (BACKUP)\n"
                                           "     changed, and confirmed by Cloudflare\n"));
}

TEST_CASE("A switch sets the configured TTL with the change") {
  const MovingLab lab;

  CHECK(switch_to(lab, "backup", {"--ttl", "120"}).status == 0);

  CHECK(lab.cloudflare.record("www.example.com")->ttl == 120);
  CHECK(lab.writes() == 1);
}
