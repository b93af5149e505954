// `hold` and `release` of the built program, and runs while a hold is in force.

#include <memory>
#include <string>
#include <vector>

#include "app/system_clock.h"
#include "support/catch.h"
#include "support/moving_lab.h"
#include "support/report_line_json.h"
#include "value/unix_time.h"

namespace {

using namespace std::chrono_literals;
using behaviour::Answer;
using behaviour::Refuse;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

constexpr const char* kTitle = "cf-failover: error: www.example.com A: ";

/// The time after "held until " in such a line.
UnixTime end_in(const std::string& line) {
  const std::string before = "held until ";
  const auto at = line.find(before);
  REQUIRE(at != std::string::npos);
  const auto begin = at + before.size();
  const auto time = parse_unix_time(line.substr(begin, line.find('Z', begin) + 1 - begin));
  REQUIRE(time);
  return *time;
}

void check_lasts(const std::string& line, std::chrono::milliseconds length) {
  const auto left = end_in(line) - unix_now();
  CAPTURE(line, left.count());
  CHECK(left <= length + 1s);  // It ends with a whole second.
  CHECK(left > length - 10s);
}

std::string said_hold(UnixTime until) {
  return R"({"version":1,"hold":{"until":")" + to_text(until) + R"(","why":"by hand"}})";
}

/// Says nothing of what a hold does not need: no credential, no sites, no API.
ProcessSpec bare(const MovingLab& lab, const Options& words) {
  ProcessSpec spec{.argv = {built("cf-failover")}};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  spec.argv.insert(spec.argv.end(), {"--state-dir", lab.scratch.path() / "state"});
  return spec;
}

void check_nothing_held(const MovingLab& lab, const ProcessResult& result) {
  CAPTURE(result.out, result.err);
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("cf-failover: error: "));
  CHECK_FALSE(lab.has(MovingLab::kSaid));
}

}  // namespace

// --- What a hold takes ---

TEST_CASE("A hold lasts an hour, or as long as it says, and says until when") {
  const auto [word, length] = GENERATE(table<std::string, std::chrono::milliseconds>({
      {"", 1h},
      {"30m", 30min},
      {"90", 90s},
      {"2h", 2h},
      {"168h", 168h},
      {"1s", 1s},
  }));
  const MovingLab lab;

  const ProcessResult result = lab.hold(word.empty() ? Options{} : Options{word});

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK_THAT(result.out, StartsWith("www.example.com A: held until 20"));
  check_lasts(result.out, length);
  check_lasts("held until " + to_text(end_in(result.out)), length);
  CHECK(contains(lab.text(MovingLab::kSaid), to_text(end_in(result.out))));
  CHECK(lab.cloudflare.requests().empty());
  CHECK(lab.main.connections() == 0);
}

TEST_CASE("A hold that is no hold is refused") {
  struct Row {
    Options words;
    std::string says;
  };
  const Row row = GENERATE(values<Row>({
      {{"0"}, "is not a duration"},
      {{"0s"}, "is not a duration"},
      {{"-30m"}, ""},
      {{"forever"}, "\"forever\" is not a duration"},
      {{"7d"}, "is not a duration"},
      {{"1h30m"}, "is not a duration"},
      {{"169h"}, "would be forgotten"},
      {{"604801"}, "would be forgotten"},
      {{"99999999999999999999h"}, ""},
      {{"1h", "2h"}, "unexpected argument"},
      {{"--why", ""}, "--why is empty"},
      {{"--why", "a", "--why", "b"}, "--why is given twice"},
      {{"--vouch"}, "--vouch belongs to set-backup"},
      {{"--from-url", "https://127.0.0.1/"}, "--from-url belongs to set-backup"},
  }));
  const MovingLab lab;
  CAPTURE(row.words);

  const ProcessResult result = lab.hold(row.words);

  check_nothing_held(lab, result);
  CHECK_THAT(result.err, ContainsSubstring(row.says));
}

TEST_CASE("A release takes no words, and --why belongs to the hold") {
  const MovingLab lab;

  CHECK(lab.finish(lab.spec({"release", "1h"})).status == 2);
  const ProcessResult why = lab.finish(lab.spec({"release", "--why", "done"}));
  CHECK(why.status == 2);
  CHECK_THAT(why.err, ContainsSubstring("--why belongs to hold"));
}

TEST_CASE("A hold needs neither credential nor sites, only what tells the record from others") {
  const MovingLab lab;

  SECTION("by its type") {
    const ProcessResult result =
        run(bare(lab, {"hold", "--record", "www.example.com", "--type", "A"}));
    CHECK(result.status == 0);
    CHECK(result.err.empty());
    CHECK(lab.has(MovingLab::kSaid));
    CHECK(run(bare(lab, {"release", "--record", "www.example.com", "--type", "A"})).out ==
          "www.example.com A: released\n");
  }
  SECTION("by the family of MAIN") {
    const ProcessResult result =
        run(bare(lab, {"hold", "--record", "six.example.com", "--main", "2001:db8::10"}));
    CHECK(result.status == 0);
    CHECK(lab.has("state/six.example.com.AAAA.said.json"));
  }
  SECTION("without either it is not known") {
    const ProcessResult result = run(bare(lab, {"hold", "--record", "www.example.com"}));
    check_nothing_held(lab, result);
    CHECK_THAT(result.err, ContainsSubstring("the type is required"));
  }
  SECTION("without a record there is nothing to hold") {
    check_nothing_held(lab, run(bare(lab, {"hold", "--type", "A"})));
  }
}

TEST_CASE("A hold goes for all records of a file, or for the one that is named") {
  const MovingLab lab;
  const std::string config = lab.scratch.write("config.json", R"({ "records": [
    { "name": "www.example.com", "main": "192.0.2.10", "backup": "198.51.100.20" },
    { "name": "www.example.com", "main": "2001:db8::10", "backup": "2001:db8::20" },
    { "name": "api.example.com", "main": "192.0.2.11", "backup": "198.51.100.21" } ] })");

  const ProcessResult all = run(bare(lab, {"hold", "-c", config, "--why", "works"}));
  CAPTURE(all.err);
  CHECK(all.status == 0);
  for (const char* record : {"www.example.com A", "www.example.com AAAA", "api.example.com A"}) {
    CHECK_THAT(all.out, ContainsSubstring(std::string(record) + ": held until "));
  }

  const ProcessResult one =
      run(bare(lab, {"release", "-c", config, "--record", "api.example.com"}));
  CHECK(one.out == "api.example.com A: released\n");
  const ProcessResult two =
      run(bare(lab, {"release", "-c", config, "--record", "www.example.com", "--type", "AAAA"}));
  CHECK(two.out == "www.example.com AAAA: released\n");
  const ProcessResult rest = run(bare(lab, {"release", "-c", config}));
  CHECK(rest.out ==
        "www.example.com A: released\n"
        "www.example.com AAAA: was not held\n"
        "api.example.com A: was not held\n");
}

TEST_CASE("A hold that cannot be stored is no hold, and says so") {
  const MovingLab lab;
  ProcessSpec spec = lab.spec({"hold"});

  SECTION("the directory cannot be made") {
    spec = with(spec, "--state-dir", "/proc/none");
  }
  SECTION("a file in place of the directory") {
    lab.scratch.write("state", "mine");
  }
  SECTION("a directory in place of the lock") {
    lab.scratch.write(std::string(MovingLab::kSaid) + ".lock/precious", "mine");
  }
  SECTION("no file may grow") {
    spec = with_no_room(spec);
  }

  const ProcessResult result = lab.finish(spec);

  CAPTURE(result.out, result.err);
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith(std::string(kTitle) + "not stored: "));
  CHECK_FALSE(lab.has(MovingLab::kSaid));
}

TEST_CASE("A quiet hold is silent, and a dry one changes nothing") {
  const MovingLab lab;

  const ProcessResult dry = lab.hold({"-n"});
  CHECK(dry.status == 0);
  CHECK_THAT(dry.out, StartsWith("www.example.com A: dry run: would be held until "));
  CHECK_FALSE(lab.has("state"));

  const ProcessResult quiet = lab.hold({"-q"});
  CHECK(quiet.status == 0);
  CHECK((quiet.out + quiet.err).empty());
  CHECK(lab.has(MovingLab::kSaid));

  const std::string said = lab.text(MovingLab::kSaid);
  CHECK(lab.finish(lab.spec({"release", "-n"})).out ==
        "www.example.com A: dry run: would be released\n");
  CHECK(lab.text(MovingLab::kSaid) == said);
}

TEST_CASE("Another hold takes the place of the first, shorter or longer") {
  const MovingLab lab;
  const std::string length = GENERATE("2h", "10m");
  REQUIRE(lab.hold({"1h", "--why", "first"}).status == 0);

  const ProcessResult result = lab.hold({length, "--why", "second"});

  check_lasts(result.out, length == "2h" ? std::chrono::milliseconds(2h) : 10min);
  CHECK_FALSE(contains(lab.text(MovingLab::kSaid), "first"));
}

// --- Under a hold ---

TEST_CASE("Under a hold nothing is written, and a run says what it would have done") {
  struct Row {
    std::string name;
    Behaviour main;
    Behaviour backup;
    std::string origin;
    int status;
    std::string would;  // empty: the run is silent
    std::vector<int> steps;
  };
  for (const Row& row : std::vector<Row>{
           {"all is well", Answer{}, Answer{}, Lab::kMain, 0, "", {1, 2, 3}},
           {"MAIN is dead", Refuse{}, Answer{}, Lab::kMain, 1, Lab::kBackup, {1, 2, 6, 7, 8}},
           {"MAIN is back", Answer{}, Answer{}, Lab::kBackup, 0, "", {1, 2, 3, 4, 5}},
           {"BACKUP is dead", Answer{}, Refuse{}, Lab::kBackup, 1, Lab::kMain, {1, 2, 6, 7, 8}},
           {"MAIN is still dead", Refuse{}, Answer{}, Lab::kBackup, 0, "", {1, 2, 3, 4}},
       }) {
    MovingLab lab;
    lab.main.behave(row.main);
    lab.backup.behave(row.backup);
    lab.point_to(row.origin);
    REQUIRE(lab.hold({"--why", "moving \x1b[31m house"}).status == 0);

    const ProcessResult plain = lab.run_once();
    const ProcessResult quiet = lab.run_once({"-q"});
    const ReportLine report = parse_report_line(lab.run_once({"--json"}).out);
    const ProcessResult dry = lab.run_once({"-n"});

    CAPTURE(row.name, plain.err);
    CHECK(plain.status == row.status);
    CHECK(plain.out.empty());
    CHECK(quiet.err == plain.err);
    if (row.would.empty()) {
      CHECK(plain.err.empty());
      CHECK(report.error == std::nullopt);
    } else {
      CHECK_THAT(plain.err, StartsWith(std::string(kTitle) + "would change to " + row.would +
                                       ", but is held until 20"));
      CHECK_THAT(plain.err, ContainsSubstring(row.origin + " refused\n"));
      CHECK_THAT(plain.err, ContainsSubstring("hint: cf-failover release ends the hold"));
      CHECK_THAT(*report.error, StartsWith("would change to " + row.would));
    }
    CHECK_FALSE(contains(plain.err, "\x1b"));
    CHECK(report.exit == row.status);
    CHECK(report.state == "held");
    CHECK(report.held_until);
    CHECK(report.steps == row.steps);
    CHECK(report.written == false);
    CHECK(dry.status == row.status);
    CHECK(dry.out.empty());
    CHECK(lab.content() == row.origin);
    CHECK(lab.writes() == 0);
  }
}

TEST_CASE("The steps of a held run tell what was not done, until when, and why") {
  MovingLab lab;
  lab.main.behave(Refuse{});
  REQUIRE(lab.hold({"--why", "moving house"}).status == 0);

  const ProcessResult result = lab.run_once({"-v"});

  CHECK(result.status == 1);
  CHECK_THAT(result.out, ContainsSubstring("  8  change the record to 127.0.3.1 (BACKUP)\n"));
  CHECK_THAT(result.out, ContainsSubstring("     not changed: held until 20"));
  CHECK_THAT(result.out, ContainsSubstring(" (moving house)\n"));
}

TEST_CASE("A held record where nothing is due says so among the steps") {
  const MovingLab lab;
  REQUIRE(lab.hold().status == 0);

  const ProcessResult result = lab.run_once({"-v"});

  CHECK(result.status == 0);
  CHECK_THAT(result.out, ContainsSubstring("; held until 20"));
}

TEST_CASE("A hold changes nothing about what else can go wrong") {
  MovingLab lab;
  REQUIRE(lab.hold().status == 0);

  SECTION("nowhere to go") {
    lab.main.behave(Refuse{});
    lab.backup.behave(Refuse{});
    const ProcessResult result = lab.run_once();
    CHECK(result.status == 1);
    CHECK_THAT(result.err, StartsWith(std::string(kTitle) + "cannot fail over: "));
  }
  SECTION("not read") {
    lab.lock_out();
    CHECK(lab.run_once().status == 3);
  }
  SECTION("not judged") {
    lab.main.behave(Refuse{});
    CHECK(lab.run_once({"--canary", "http://127.0.9.1:1/"}).status == 4);
  }
  CHECK(lab.writes() == 0);
}

TEST_CASE("A run under a hold goes on counting for damping") {
  MovingLab lab;
  const Options fall{"--fall", "2"};
  lab.run_once(fall);
  REQUIRE(lab.hold().status == 0);
  lab.main.behave(Refuse{});
  lab.run_once(fall);
  REQUIRE(lab.finish(lab.spec({"release"})).status == 0);

  CHECK(lab.run_once(fall).out == success_line());
}

// --- The end of a hold ---

TEST_CASE("A hold ends by itself") {
  MovingLab lab;
  lab.main.behave(Refuse{});
  REQUIRE(lab.hold().status == 0);
  REQUIRE(lab.run_once().status == 1);
  lab.scratch.write(MovingLab::kSaid, with_times_moved(lab.text(MovingLab::kSaid), -(1h + 1s)));

  CHECK(lab.finish(lab.spec({"release", "-n"})).out == "www.example.com A: was not held\n");
  const ReportLine report = parse_report_line(lab.run_once({"--json"}).out);

  CHECK(report.written == true);
  CHECK(report.state == "normal");
  CHECK(report.held_until == std::nullopt);
}

TEST_CASE("A hold that ends too far away was set by a clock that was wrong, and is void") {
  struct Row {
    std::chrono::seconds left;
    bool holds;
  };
  for (const Row& row : std::vector<Row>{
           {-1s, false},
           {1min, true},
           {167h, true},
           {169h, false},
           {24h * 365 * 73, false},
       }) {
    MovingLab lab;
    lab.main.behave(Refuse{});
    lab.scratch.write(MovingLab::kSaid, said_hold(unix_now() + row.left));

    const ProcessResult result = lab.run_once();

    CAPTURE(row.left.count(), result.err);
    CHECK(result.status == (row.holds ? 1 : 0));
    CHECK(lab.writes() == (row.holds ? 0 : 1));
  }
}

TEST_CASE("A release ends a hold at once, and there may have been none") {
  MovingLab lab;
  lab.main.behave(Refuse{});
  REQUIRE(lab.hold().status == 0);
  REQUIRE(lab.run_once().status == 1);

  const ProcessResult released = lab.finish(lab.spec({"release"}));
  const ProcessResult again = lab.finish(lab.spec({"release"}));

  CHECK(released.status == 0);
  CHECK(released.out == "www.example.com A: released\n");
  CHECK(again.status == 0);
  CHECK(again.out == "www.example.com A: was not held\n");
  CHECK(lab.run_once().out == success_line());
}

TEST_CASE("A release leaves the backup's address where it is") {
  const MovingLab lab;
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 0);
  REQUIRE(lab.hold().status == 0);
  CHECK(lab.is_announced(MovingLab::kMoved));

  REQUIRE(lab.finish(lab.spec({"release"})).status == 0);

  CHECK(lab.is_announced(MovingLab::kMoved));
}

// --- In the middle of a run ---

TEST_CASE("A hold that is said in the middle of a run stops its write") {
  MovingLab lab;
  lab.main.behave(Refuse{});
  ProcessResult held;
  const auto hold = [&] { held = lab.hold({"--why", "wait"}); };
  at(Exchange::reread, fault::Meanwhile{fault::Moment::before, hold}, 1)(lab);

  SECTION("in words") {
    const ProcessResult result = lab.run_once();
    CHECK(result.status == 1);
    CHECK(result.out.empty());
    CHECK_THAT(result.err,
               StartsWith(std::string(kTitle) + "would change to 127.0.3.1, but is held until 20"));
    CHECK_THAT(result.err, ContainsSubstring("(wait)"));
  }
  SECTION("as JSON") {
    const ReportLine report = parse_report_line(lab.run_once({"--json"}).out);
    CHECK(report.exit == 1);
    CHECK(report.written == false);
    CHECK(report.state == "held");
  }
  SECTION("and of a failback that is not urgent") {
    lab.main.behave(Answer{});
    lab.point_to(Lab::kBackup);
    const ProcessResult result = lab.run_once();
    CHECK(result.status == 0);
    CHECK((result.out + result.err).empty());
  }

  CHECK(held.status == 0);  // It did not wait for the run.
  CHECK(lab.writes() == 0);
}

TEST_CASE("A hold that is released in the middle of a run frees the next one") {
  MovingLab lab;
  lab.main.behave(Refuse{});
  REQUIRE(lab.hold().status == 0);
  at(Exchange::list,
     fault::Meanwhile{fault::Moment::before,
                      [&] { CHECK(lab.finish(lab.spec({"release"})).status == 0); }},
     1)(lab);

  CHECK(lab.run_once().status == 1);
  CHECK(lab.run_once().out == success_line());
}

TEST_CASE("A hold does not wait for a run that hangs") {
  MovingLab lab;
  at(Exchange::list, fault::Hang{}, 1)(lab);
  const RunningProcess first(lab.spec({"run"}));
  REQUIRE(lab.cloudflare.await_requests(3));

  const ProcessResult result = lab.hold();

  CHECK(result.status == 0);
  CHECK(result.elapsed < 5s);
}
