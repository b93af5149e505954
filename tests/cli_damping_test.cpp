// What the built program makes of earlier runs: `fall`, `rise` and `failback_delay`, and a memory
// that is void, damaged or cannot be kept. Time passes by moving what is remembered into the past.

#include <filesystem>
#include <string>
#include <vector>

#include "app/system_clock.h"
#include "support/catch.h"
#include "support/moving_lab.h"
#include "support/report_line_json.h"
#include "value/unix_time.h"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using behaviour::Answer;
using behaviour::Refuse;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

constexpr auto kSecond = 1s;  // The Date header has no fraction: an age may seem that much less.

const Options kFall{"--fall", "3"};
const Options kRise{"--rise", "3"};
const Options kDelay{"--failback-delay", "5m"};

Options plus(Options options, const Options& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

/// A run in its proper minute.
ReportLine minute(MovingLab& lab, const Options& options) {
  if (lab.has(MovingLab::kSeen)) {
    lab.let_pass(60s);
  }
  const ProcessResult result = lab.run_once(plus(options, {"--json"}));
  const ReportLine report = parse_report_line(result.out);
  CHECK(report.exit == result.status);
  return report;
}

/// A canary that does not answer: what fails is then unknown, not down.
Options cut_off() {
  return {"--canary", "http://127.0.9.1:1/"};
}

void kill_main(MovingLab& lab) {
  lab.main.behave(Refuse{});
}

void revive_main(MovingLab& lab) {
  lab.main.behave(Answer{});
}

/// A record that holds BACKUP, and has for hours, as far as `modified_on` goes.
void rest_on_backup(MovingLab& lab) {
  lab.point_to(Lab::kBackup);
  lab.cloudflare.shift_clock(5h);
}

/// That failback is pending, for so long yet.
void check_pending(const ReportLine& report, std::chrono::milliseconds left) {
  CHECK(report.exit == 0);
  CHECK(report.steps == std::vector{1, 2, 3, 4});
  CHECK(report.action == "none");
  CHECK(report.state == "pending");
  REQUIRE(report.pending_until);
  const auto until = parse_unix_time(*report.pending_until);
  REQUIRE(until);
  const auto really_left = *until - unix_now();
  CAPTURE(*report.pending_until, really_left.count(), left.count());
  CHECK(really_left <= left + 2 * kSecond);  // The time shown is rounded up.
  CHECK(really_left > left - 10s);
}

void check_failed_back(const MovingLab& lab, const ReportLine& report) {
  CHECK(report.exit == 0);
  CHECK(report.action == "failback");
  CHECK(report.written == true);
  CHECK(report.state == "normal");
  CHECK_FALSE(report.pending_until);
  CHECK(lab.content() == Lab::kMain);
}

/// The run's job was done, and it said what it went without.
void check_moved_with_a_warning(const MovingLab& lab, const ProcessResult& result) {
  CAPTURE(result.out, result.err);
  CHECK(result.status == 0);
  CHECK(result.out == success_line());
  CHECK(lab.content() == Lab::kBackup);
  CHECK_THAT(result.err, StartsWith("cf-failover: warning: www.example.com A: "));
}

}  // namespace

// --- Fall ---

TEST_CASE("MAIN is left once so many runs in a row have found it dead") {
  MovingLab lab;
  REQUIRE(minute(lab, kFall).exit == 0);
  kill_main(lab);

  for (int run = 1; run <= 2; ++run) {
    CAPTURE(run);
    const ReportLine report = minute(lab, kFall);
    CHECK(report.exit == 0);
    CHECK(report.steps == std::vector{1, 2, 3});
    CHECK(report.action == "none");
    CHECK(report.error == std::nullopt);
    CHECK(report.probe(Lab::kMain).result == "inaccessible");
    CHECK(lab.writes() == 0);
  }
  const ReportLine third = minute(lab, kFall);

  CHECK(third.action == "failover");
  CHECK(third.written == true);
  CHECK(third.steps == std::vector{1, 2, 6, 7, 8});
  CHECK(lab.content() == Lab::kBackup);
}

TEST_CASE("A run that damping keeps quiet prints nothing, and the steps say why") {
  MovingLab lab;
  lab.run_once(kFall);
  kill_main(lab);

  const ProcessResult silent = lab.run_once(kFall);
  const ProcessResult verbose = lab.run_once(plus(kFall, {"-v"}));

  CHECK(silent.status == 0);
  CHECK((silent.out + silent.err).empty());
  CHECK(verbose.status == 0);
  CHECK_THAT(verbose.out, ContainsSubstring("is it accessible? no: refused"));
  CHECK_THAT(verbose.out,
             ContainsSubstring(", but in only 2 of 3 runs: it counts as accessible\n"));
}

TEST_CASE("One success begins the count anew") {
  MovingLab lab;
  minute(lab, kFall);
  kill_main(lab);
  minute(lab, kFall);
  minute(lab, kFall);
  revive_main(lab);
  minute(lab, kFall);
  kill_main(lab);

  minute(lab, kFall);
  minute(lab, kFall);
  CHECK(lab.writes() == 0);
  minute(lab, kFall);
  CHECK(lab.content() == Lab::kBackup);
}

TEST_CASE("A run that could not judge counts neither way") {
  MovingLab lab;
  minute(lab, kFall);
  kill_main(lab);
  minute(lab, kFall);
  minute(lab, kFall);

  const ReportLine unknown = minute(lab, plus(kFall, cut_off()));
  CHECK(unknown.exit == 4);
  CHECK(unknown.probe(Lab::kMain).result == "unknown");
  CHECK(lab.writes() == 0);

  minute(lab, kFall);
  CHECK(lab.content() == Lab::kBackup);
}

TEST_CASE("A run without Cloudflare counts: it has probed all the same") {
  MovingLab lab;
  minute(lab, kFall);
  kill_main(lab);
  lab.lock_out();
  CHECK(minute(lab, kFall).exit == 3);
  CHECK(minute(lab, kFall).exit == 3);
  lab.cloudflare.disarm_all();

  CHECK(minute(lab, kFall).action == "failover");
}

TEST_CASE("With nothing remembered a first verdict is believed") {
  MovingLab lab;

  SECTION("MAIN is dead") {
    kill_main(lab);
    CHECK(minute(lab, plus(kFall, kRise)).action == "failover");
  }
  SECTION("MAIN is back") {
    lab.point_to(Lab::kBackup);
    CHECK(minute(lab, plus(kFall, kRise)).action == "failback");
  }
}

TEST_CASE("Nobody is sent to an address that only counts as accessible") {
  MovingLab lab;
  minute(lab, kFall);
  kill_main(lab);
  minute(lab, kFall);
  minute(lab, kFall);
  lab.backup.behave(Refuse{});

  SECTION("from MAIN to BACKUP") {
    const ReportLine report = minute(lab, kFall);
    CHECK(report.exit == 1);
    CHECK(report.steps == std::vector{1, 2, 6, 7});
    CHECK(report.error == "cannot fail over: 127.0.2.1 refused, 127.0.3.1 refused");
  }
  SECTION("from an accessible address back to MAIN, which fails for the first time") {
    const LoopbackOrigin other({.address = Lab::kOther, .port = lab.main.port()});
    revive_main(lab);
    lab.point_to(Lab::kBackup);
    lab.backup.behave(Answer{});
    REQUIRE(minute(lab, plus(kFall, {"--failback-delay", "1h"})).exit == 0);
    kill_main(lab);
    const ReportLine report = minute(lab, kFall);
    CHECK(report.exit == 0);
    CHECK(report.steps == std::vector{1, 2, 3, 4});
  }
  CHECK(lab.writes() == 0);
}

TEST_CASE("The file's damping is for the records of the file") {
  MovingLab lab;
  const std::string config =
      lab.scratch.write("config.json", R"({ "defaults": { "fall": 2, "failback_delay": "5m" },
  "records": [ { "name": "www.example.com", "main": "127.0.2.1", "backup": "127.0.3.1" } ] })");
  ProcessSpec spec = without(lab.spec({"run"}, {"--config", config}), "--main");
  spec = without(spec, "--backup");
  lab.finish(spec);
  kill_main(lab);

  CHECK(lab.finish(spec).out.empty());
  CHECK(lab.finish(spec).out == success_line());
  revive_main(lab);
  CHECK(lab.finish(spec).out.empty());
  spec.argv.push_back("--json");
  CHECK(parse_report_line(lab.finish(spec).out).state == "pending");
}

// --- Rise ---

TEST_CASE("MAIN is returned to once so many runs in a row have found it back") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  kill_main(lab);
  minute(lab, kRise);
  revive_main(lab);

  for (int run = 1; run <= 2; ++run) {
    CAPTURE(run);
    const ReportLine report = minute(lab, kRise);
    CHECK(report.exit == 0);
    CHECK(report.steps == std::vector{1, 2, 3, 4});
    CHECK(report.probe(Lab::kMain).result == "accessible");
    CHECK(lab.writes() == 0);
  }

  CHECK(minute(lab, kRise).action == "failback");
}

TEST_CASE("One failure on the way up begins the count anew") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  kill_main(lab);
  minute(lab, kRise);
  revive_main(lab);
  minute(lab, kRise);
  minute(lab, kRise);
  kill_main(lab);
  minute(lab, kRise);
  revive_main(lab);

  minute(lab, kRise);
  minute(lab, kRise);
  CHECK(lab.writes() == 0);
  minute(lab, kRise);
  CHECK(lab.content() == Lab::kMain);
}

TEST_CASE(
    "A standby that has just come back is not trusted before its time, and the message says") {
  MovingLab lab;
  lab.backup.behave(Refuse{});
  minute(lab, kRise);
  lab.backup.behave(Answer{});
  kill_main(lab);

  const ReportLine report = minute(lab, kRise);

  CHECK(report.exit == 1);
  CHECK(report.error ==
        "cannot fail over: 127.0.2.1 refused, 127.0.3.1 accessible in only 1 of 3 runs");
  CHECK(lab.writes() == 0);
}

// --- The delay ---

TEST_CASE("A failback waits until MAIN has been accessible for long enough") {
  MovingLab lab;
  rest_on_backup(lab);
  kill_main(lab);
  minute(lab, kDelay);
  revive_main(lab);

  for (const auto left : {5min, 4min, 3min, 2min, 1min}) {
    check_pending(minute(lab, kDelay), left);
    CHECK(lab.writes() == 0);
  }

  check_failed_back(lab, minute(lab, kDelay));
}

TEST_CASE("A pending failback is silent, and the steps tell it") {
  MovingLab lab;
  rest_on_backup(lab);

  const ProcessResult silent = lab.run_once(kDelay);
  const ProcessResult verbose = lab.run_once(plus(kDelay, {"-v"}));
  const ProcessResult dry = lab.run_once(plus(kDelay, {"-n"}));

  CHECK(silent.status == 0);
  CHECK((silent.out + silent.err).empty());
  CHECK(dry.status == 0);
  CHECK((dry.out + dry.err).empty());
  CHECK_THAT(verbose.out, ContainsSubstring("but not for 5 min yet\n"));
  CHECK_THAT(verbose.out, ContainsSubstring("no change: failback is pending until 20"));
}

TEST_CASE("One failure, or a run that could not judge, starts the clock again") {
  MovingLab lab;
  rest_on_backup(lab);
  minute(lab, kDelay);
  lab.let_pass(4min);
  kill_main(lab);

  SECTION("a failure") {
    CHECK(minute(lab, kDelay).state == "normal");
  }
  SECTION("a failure that fall does not believe yet") {
    CHECK(minute(lab, plus(kDelay, kFall)).state == "normal");
  }
  SECTION("an unknown result") {
    CHECK(minute(lab, plus(kDelay, cut_off())).exit == 4);
  }
  revive_main(lab);

  check_pending(minute(lab, kDelay), 5min);
  lab.let_pass(3min);
  check_pending(minute(lab, kDelay), 1min);
  check_failed_back(lab, minute(lab, kDelay));
}

TEST_CASE("The delay does not slow a failover") {
  MovingLab lab;

  SECTION("from MAIN") {
    minute(lab, kDelay);
    kill_main(lab);
    CHECK(minute(lab, kDelay).to == Lab::kBackup);
  }
  SECTION("from a dead BACKUP to MAIN, which has just come back") {
    lab.point_to(Lab::kBackup);
    minute(lab, kDelay);
    lab.backup.behave(Refuse{});
    CHECK(minute(lab, kDelay).to == Lab::kMain);
  }
  SECTION("from a dead address to MAIN first") {
    lab.point_to(Lab::kOther);
    CHECK(minute(lab, plus(kDelay, {"--unfamiliar", "main-first"})).to == Lab::kMain);
  }
  CHECK(lab.writes() == 1);
}

TEST_CASE("An unfamiliar address that serves waits for MAIN like a backup") {
  MovingLab lab;
  const LoopbackOrigin other({.address = Lab::kOther, .port = lab.main.port()});
  lab.point_to(Lab::kOther);

  check_pending(minute(lab, kDelay), 5min);
  CHECK(lab.writes() == 0);
}

TEST_CASE("Both must have passed: the host's own clock and the record's rest") {
  MovingLab lab;

  SECTION("the record has rested for hours, and this host knows nothing yet") {
    rest_on_backup(lab);
  }
  SECTION("this host has seen MAIN for hours, and the record has just changed") {
    minute(lab, kDelay);
    for (int i = 0; i < 12; ++i) {
      lab.let_pass(14min);
      lab.run_once(kDelay);
    }
    lab.point_to(Lab::kBackup);
  }

  check_pending(parse_report_line(lab.run_once(plus(kDelay, {"--json"})).out), 5min);
  lab.let_pass(3min);
  check_pending(minute(lab, kDelay), 1min);
  lab.let_pass(kSecond);
  check_failed_back(lab, minute(lab, kDelay));
}

TEST_CASE("Machines that share nothing but the record share the delay") {
  MovingLab lab;
  const ProcessSpec elsewhere = with(lab.spec({"run"}, plus(kDelay, {"--json"})), "--state-dir",
                                     lab.scratch.path() / "other");
  lab.finish(elsewhere);
  minute(lab, kDelay);
  lab.let_pass(10min);

  // Here MAIN is dead for a moment, and the other host does not even notice.
  kill_main(lab);
  REQUIRE(minute(lab, kDelay).to == Lab::kBackup);
  revive_main(lab);
  const std::string seen = "other/www.example.com.A.seen.json";
  lab.scratch.write(seen, with_times_moved(lab.scratch.read(seen), -11min));

  check_pending(parse_report_line(lab.finish(elsewhere).out), 5min);
  lab.cloudflare.shift_clock(3min);
  check_pending(parse_report_line(lab.finish(elsewhere).out), 2min);
  lab.cloudflare.shift_clock(2min + kSecond);
  check_failed_back(lab, parse_report_line(lab.finish(elsewhere).out));
}

TEST_CASE("The record's age is told by Cloudflare's clock, not by the host's") {
  MovingLab lab;
  minute(lab, kDelay);
  lab.let_pass(14min);
  lab.cloudflare.shift_clock(GENERATE(std::chrono::seconds(-7h), std::chrono::seconds(7h)));
  lab.point_to(Lab::kBackup);

  check_pending(parse_report_line(lab.run_once(plus(kDelay, {"--json"})).out), 5min);
  lab.cloudflare.shift_clock(5min + kSecond);

  check_failed_back(lab, parse_report_line(lab.run_once(plus(kDelay, {"--json"})).out));
}

TEST_CASE("Where the record does not say when it changed, the host's own clock decides") {
  MovingLab lab;
  lab.cloudflare.arm({.method = "GET",
                      .path = "dns_records",
                      .times = fault::kAlways,
                      .mischief = fault::replace("modified_on", "modified_by")});
  lab.point_to(Lab::kBackup);

  check_pending(minute(lab, kDelay), 5min);
  lab.let_pass_here(5min);

  check_failed_back(lab, parse_report_line(lab.run_once(plus(kDelay, {"--json"})).out));
}

// --- A memory that is void ---

TEST_CASE("After a gap what is remembered says nothing any more") {
  struct Row {
    std::chrono::minutes usual;
    std::chrono::minutes gap;
    bool is_void;
  };
  for (const Row& row : std::vector<Row>{
           {1min, 1min, false},
           {1min, 14min, false},
           {1min, 16min, true},
           {10min, 29min, false},
           {10min, 31min, true},
           {4min, 14min, false},
           {1min, -1min, true},
           {1min, -24h, true},
       }) {
    MovingLab lab;
    lab.run_once(kFall);
    lab.let_pass_here(row.usual);
    lab.run_once(kFall);
    kill_main(lab);
    lab.let_pass_here(row.usual);
    lab.run_once(kFall);
    lab.let_pass_here(row.gap);

    const ReportLine report = parse_report_line(lab.run_once(plus(kFall, {"--json"})).out);

    CAPTURE(row.usual.count(), row.gap.count());
    CHECK(report.exit == 0);
    CHECK((report.action == "failover") == row.is_void);
  }
}

TEST_CASE("After a gap, or a clock that jumped back, the delay begins anew") {
  MovingLab lab;
  rest_on_backup(lab);
  minute(lab, kDelay);
  lab.let_pass(GENERATE(std::chrono::seconds(16min), std::chrono::seconds(-10min)));
  lab.cloudflare.shift_clock(1h);

  check_pending(parse_report_line(lab.run_once(plus(kDelay, {"--json"})).out), 5min);
  lab.let_pass(5min);
  check_failed_back(lab, parse_report_line(lab.run_once(plus(kDelay, {"--json"})).out));
}

TEST_CASE("A dry run remembers nothing, and uses what is remembered") {
  MovingLab lab;
  lab.run_once(kFall);
  kill_main(lab);
  lab.run_once(kFall);
  const std::string seen = lab.text(MovingLab::kSeen);

  for (int i = 0; i < 3; ++i) {
    CHECK(lab.run_once(plus(kFall, {"-n"})).out.empty());
  }

  CHECK(lab.text(MovingLab::kSeen) == seen);
  lab.run_once(kFall);
  CHECK(lab.run_once(plus(kFall, {"-n"})).out ==
        "www.example.com A: dry run: failover 127.0.2.1 -> 127.0.3.1 (127.0.2.1: refused)\n");
}

TEST_CASE("What is remembered of an address that is configured no more is forgotten") {
  MovingLab lab;
  lab.run_once();
  REQUIRE(contains(lab.text(MovingLab::kSeen), Lab::kBackup));

  lab.finish(with(lab.spec({"run"}), "--backup", MovingLab::kMoved));

  CHECK_FALSE(contains(lab.text(MovingLab::kSeen), Lab::kBackup));
}

// --- A memory that is damaged ---

TEST_CASE("A memory that makes no sense is told once and set aside, and the steps are taken") {
  const std::string file = GENERATE(MovingLab::kSeen, MovingLab::kSaid);
  const std::string content = GENERATE(
      as<std::string>(), "", "garbage", "[]", "null", "{}", R"({"version":2})",
      R"({"version":1,"addresses":[{"address":"127.0.2.1"}],"backups":7})",
      R"({"version":1,"addresses":7,"hold":7})",
      R"({"version":1,"runs":{"last_run":"yesterday","interval_ms":1},"hold":{"until":"never"}})",
      R"({"version":1,"runs":{"last_run":"2026-01-31T10:15:00Z","interval_ms":-1},"backups":[7]})",
      R"({"version":1,"gone":[{"address":"nowhere","lost":"never"}],"backups":[{"configured":"-"}]})",
      "{\"version\":1", "\xff\xfe{}", "{\"version\":1}\n{\"version\":1}");
  MovingLab lab;
  kill_main(lab);
  lab.scratch.write(file, content);

  const ProcessResult first = lab.run_once();
  const ProcessResult second = lab.run_once();

  CAPTURE(file, content);
  check_moved_with_a_warning(lab, first);
  CHECK_THAT(first.err, ContainsSubstring(file + " is not a state file of ours; it is now "));
  CHECK(lab.text(file + ".bad") == content);
  CHECK(second.err.empty());
  CHECK(lab.writes() == 1);
}

TEST_CASE("Half of what was remembered is as good as nothing") {
  MovingLab lab;
  lab.set_backup(MovingLab::kMoved);
  const std::string file = GENERATE(MovingLab::kSeen, MovingLab::kSaid);
  const std::string whole = lab.text(file);
  for (const std::size_t length : {whole.size() / 4, whole.size() / 2, whole.size() - 3}) {
    CAPTURE(file, length);
    lab.scratch.write(file, whole.substr(0, length));

    const ProcessResult result = lab.run_once();

    CHECK(result.status == 0);
    CHECK_THAT(result.err, StartsWith("cf-failover: warning: "));
    CHECK(lab.run_once().err.empty());
  }
}

TEST_CASE("A directory, a link or a pipe in place of a memory is told and does not hold up a run") {
  const std::string file = GENERATE(MovingLab::kSeen, MovingLab::kSaid);
  MovingLab lab;
  kill_main(lab);
  const fs::path path = lab.scratch.path() / file;
  fs::create_directories(path.parent_path());

  SECTION("a directory") {
    fs::create_directory(path);
  }
  SECTION("a directory with something in it") {
    lab.scratch.write(file + "/precious", "mine");
  }
  SECTION("a link to a good memory") {
    lab.scratch.write("precious", R"({"version":1})");
    fs::create_symlink(lab.scratch.path() / "precious", path);
  }
  SECTION("a link that leads in a circle") {
    fs::create_symlink(path, path);
  }

  CAPTURE(file);
  check_moved_with_a_warning(lab, lab.run_once());
  CHECK(lab.run_once().err.empty());
}

TEST_CASE("A memory that cannot be put aside is told by each run, and no run fails for it") {
  MovingLab lab;
  const std::string file = GENERATE(MovingLab::kSeen, MovingLab::kSaid);
  lab.scratch.write(file, "garbage");
  lab.scratch.write(file + ".bad/precious", "mine");

  for (int i = 0; i < 2; ++i) {
    const ProcessResult result = lab.run_once();
    CAPTURE(file, result.err);
    CHECK(result.status == 0);
    CHECK((i > 0 || contains(result.err, file)));
  }
  CHECK(lab.text(file + ".bad/precious") == "mine");
}

// --- A memory that cannot be kept ---

TEST_CASE("A disk that is full is told, and the steps are taken") {
  constexpr const char* kScript = R"(
mkdir "$0/state" && mount -t tmpfs -o size=8k none "$0/state" || exit 77
cat /dev/zero >"$0/state/filler" 2>/dev/null
)";
  MovingLab lab;
  kill_main(lab);

  const ProcessResult result = lab.finish(among_mounts(lab, lab.spec({"run"}), kScript));

  if (was_tried(result)) {
    check_moved_with_a_warning(lab, result);
    CHECK_THAT(result.err, ContainsSubstring("No space left on device"));
  }
}

TEST_CASE("A file that may not grow is told, and the steps are taken") {
  MovingLab lab;
  kill_main(lab);

  const ProcessResult result = lab.finish(with_no_room(lab.spec({"run"})));

  check_moved_with_a_warning(lab, result);
  CHECK_THAT(result.err, ContainsSubstring("File too large"));
}

TEST_CASE("From a directory that is read-only a run reads what was said, and goes on unlocked") {
  constexpr const char* kScript = R"(
mount --bind "$0/state" "$0/state" && mount -o remount,bind,ro "$0/state" || exit 77
)";
  MovingLab lab;
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 0);
  kill_main(lab);
  const ProcessSpec spec = among_mounts(lab, lab.spec({"run"}), kScript);

  SECTION("that a backup has moved") {
    const ProcessResult result = lab.finish(spec);
    if (was_tried(result)) {
      CHECK(result.status == 0);
      CHECK_THAT(result.err, StartsWith("cf-failover: warning: www.example.com A: "));
      CHECK(lab.content() == MovingLab::kMoved);
    }
  }
  SECTION("that there is a hold") {
    REQUIRE(lab.hold().status == 0);
    const ProcessResult result = lab.finish(spec);
    if (was_tried(result)) {
      CHECK(result.status == 1);
      CHECK(lab.writes() == 0);
    }
  }
}

TEST_CASE("A memory that is not there yet is nothing to speak of") {
  MovingLab lab;

  SECTION("no directory") {}
  SECTION("an empty directory") {
    fs::create_directories(lab.scratch.path() / "state");
  }
  SECTION("the memory of another record") {
    lab.scratch.write("state/api.example.com.A.seen.json", "garbage");
  }

  const ProcessResult result = lab.run_once();

  CHECK(result.status == 0);
  CHECK((result.out + result.err).empty());
}
