// What the built program says, to whom, and that nothing about its outputs can stop a change.

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <functional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/descriptor.h"
#include "support/lab.h"
#include "support/report_line_json.h"

namespace {

using namespace std::chrono_literals;
using behaviour::Answer;
using behaviour::Hang;
using behaviour::Refuse;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using Options = std::vector<std::string>;

constexpr const char* kFailover =
    "www.example.com A: failover 127.0.2.1 -> 127.0.3.1 (127.0.2.1: refused)\n";
constexpr const char* kNowhereToGo =
    "cf-failover: error: www.example.com A: cannot fail over: 127.0.2.1 refused, 127.0.3.1 status "
    "503\n";

// Linux will not route TCP to a broadcast address: ENETUNREACH, with nothing sent anywhere.
constexpr const char* kNoRoute = "127.255.255.255";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Runs it, and makes sure that no output tells the token.
ProcessResult run_discreetly(const ProcessSpec& command) {
  ProcessResult result = run(command);
  CHECK_FALSE(contains(result.out + result.err, Lab::kToken));
  return result;
}

ProcessSpec once(const Lab& lab, const Options& more = {}) {
  ProcessSpec command = lab.command({"--attempts", "1"});
  command.argv.insert(command.argv.end(), more.begin(), more.end());
  return command;
}

ProcessResult run_once(const Lab& lab, const Options& more = {}) {
  return run_discreetly(once(lab, more));
}

void kill_main(Lab& lab) {
  lab.main.behave(Refuse{});
}

void kill_both(Lab& lab) {
  lab.main.behave(Refuse{});
  lab.backup.behave(behaviour::status(503));
}

/// Cloudflare refuses the request for records with this number.
void refuse_list(Lab& lab, std::size_t number) {
  lab.cloudflare.arm({.method = "GET",
                      .path = "dns_records",
                      .nth = number,
                      .times = fault::kAlways,
                      .mischief = fault::refusal(403, 10000, "Authentication error")});
}

void refuse_write(Lab& lab) {
  kill_main(lab);
  lab.cloudflare.arm(
      {.method = "PATCH", .mischief = fault::refusal(403, 10000, "Authentication error")});
}

void lose_the_answer(Lab& lab) {
  kill_main(lab);
  lab.cloudflare.arm(
      {.method = "PATCH", .mischief = fault::Close{.effect = fault::Effect::applied}});
  refuse_list(lab, 3);
}

/// Somebody else changes the record between the read and the read before the write.
void interfere(Lab& lab) {
  kill_main(lab);
  lab.cloudflare.arm({.method = "GET",
                      .path = "dns_records",
                      .nth = 2,
                      .mischief = fault::Meanwhile{.act = [&lab] { lab.point_to(Lab::kOther); }}});
}

void lose_the_route(Lab& lab) {
  lab.point_to(kNoRoute);
}

/// Without the numbers that differ from run to run.
std::string without_times(const std::string& text) {
  return std::regex_replace(text, std::regex("[0-9]+ ms"), "N ms");
}

std::string without_colours(const std::string& text) {
  return std::regex_replace(text, std::regex("\033\\[[0-9]*m"), "");
}

constexpr const char* kStepsOfFailover =
    "www.example.com A in zone example.com\n"
    "  1  the origin is 127.0.2.1 (MAIN)\n"
    "  2  is it accessible? no: refused (N ms)\n"
    "  6  is it BACKUP? no, so the candidate is 127.0.3.1 (BACKUP)\n"
    "  7  is the candidate 127.0.3.1 accessible? yes (N ms)\n"
    "  8  change the record to 127.0.3.1 (BACKUP)\n"
    "     changed, and confirmed by Cloudflare\n"
    "     5 API requests, N ms, status 0\n";

}  // namespace

// --- Silence and single lines ---

TEST_CASE("Nothing is printed when nothing changes and nothing is wrong", "[cli]") {
  Lab lab;

  SECTION("on MAIN") {}
  SECTION("on MAIN with a dead standby") {
    lab.backup.behave(Refuse{});
  }
  SECTION("on BACKUP while MAIN is dead") {
    kill_main(lab);
    lab.point_to(Lab::kBackup);
  }

  const ProcessResult result = run_once(lab);

  CHECK(result.status == 0);
  CHECK(result.out.empty());
  CHECK(result.err.empty());
}

TEST_CASE("A change is one line on standard output", "[cli]") {
  Lab lab;

  kill_main(lab);
  const ProcessResult over = run_once(lab);
  lab.main.behave(Answer{});
  const ProcessResult back = run_once(lab);

  CHECK(over.status == 0);
  CHECK(over.out == kFailover);
  CHECK(over.err.empty());
  CHECK(back.status == 0);
  CHECK(back.out ==
        "www.example.com A: failback 127.0.3.1 -> 127.0.2.1 (127.0.2.1: accessible again)\n");
  CHECK(back.err.empty());
}

TEST_CASE("A failback from a dead backup tells why, not that MAIN has come back", "[cli]") {
  Lab lab;
  lab.backup.behave(Refuse{});
  lab.point_to(Lab::kBackup);

  CHECK(run_once(lab).out ==
        "www.example.com A: failback 127.0.3.1 -> 127.0.2.1 (127.0.3.1: refused)\n");
}

TEST_CASE("A problem is one line on standard error, with a hint where one helps", "[cli]") {
  struct Row {
    std::string what;
    std::function<void(Lab&)> arrange;
    int status;
    std::string says;
  };
  const std::string title = "cf-failover: error: www.example.com A: ";
  const std::string permission =
      "cf-failover: hint: the token needs the permission \"Zone - DNS - Edit\" and must include "
      "example.com\n";

  for (const Row& row : std::vector<Row>{
           {"nowhere to go", kill_both, 1, kNowhereToGo},
           {"the record is gone", [](Lab& lab) { lab.cloudflare.remove("www.example.com", "A"); },
            3,
            title + "found no A record of that name in the zone\n"
                    "cf-failover: hint: create it, with the address of MAIN; cf-failover creates "
                    "and deletes nothing\n"},
           {"two records",
            [](Lab& lab) {
              lab.cloudflare.add_record({.name = "www.example.com", .content = Lab::kOther});
            },
            3,
            title + "found 2 A records of that name\n"
                    "cf-failover: hint: keep just one of them: moving one would leave visitors at "
                    "the others\n"},
           {"the read refused", [](Lab& lab) { refuse_list(lab, 1); }, 3,
            title + "could not read the record: HTTP 403, code 10000: Authentication error\n" +
                permission},
           {"no route", lose_the_route, 4,
            title + "cannot judge 127.255.255.255: this host: Network is unreachable\n"
                    "cf-failover: hint: the fault is on this host, not at 127.255.255.255\n"},
           {"interference", interfere, 5,
            title + "changed by somebody else during this run: it holds 127.0.4.1 now; nothing was "
                    "overwritten\n"
                    "cf-failover: hint: the next run decides anew\n"},
           {"the write refused", refuse_write, 6,
            title +
                "could not change the record to 127.0.3.1: HTTP 403, code 10000: "
                "Authentication error\n" +
                permission},
       }) {
    CAPTURE(row.what);
    Lab lab;
    row.arrange(lab);

    const ProcessResult result = run_once(lab);

    CHECK(result.status == row.status);
    CHECK(result.out.empty());
    CHECK(result.err == row.says);
  }
}

TEST_CASE("A lost answer is told as unconfirmed, neither as done nor as failed", "[cli]") {
  Lab lab;
  lose_the_answer(lab);

  const ProcessResult result = run_once(lab);

  CHECK(result.status == 7);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("cf-failover: error: www.example.com A: could not confirm the "
                                    "change to 127.0.3.1: "));
  CHECK_THAT(result.err,
             ContainsSubstring("\ncf-failover: hint: the record may or may not have changed; "
                               "the next run will see\n"));
  CHECK(lab.cloudflare.writes().size() == 1);
}

TEST_CASE("A problem is printed by every run that meets it", "[cli]") {
  Lab lab;
  kill_both(lab);

  CHECK(run_once(lab).err == kNowhereToGo);
  CHECK(run_once(lab).err == kNowhereToGo);
}

// --- More and less ---

TEST_CASE("Quiet prints problems and nothing else", "[cli]") {
  Lab lab;
  const std::string quiet = GENERATE("-q", "--quiet");

  kill_main(lab);
  const ProcessResult change = run_once(lab, {quiet});
  lab.point_to(Lab::kMain);
  lab.backup.behave(behaviour::status(503));
  const ProcessResult problem = run_once(lab, {quiet});

  CHECK(change.status == 0);
  CHECK(change.out.empty());
  CHECK(change.err.empty());
  CHECK(problem.status == 1);
  CHECK(problem.out.empty());
  CHECK(problem.err == kNowhereToGo);
}

TEST_CASE("Verbose prints the steps as they were taken, and then the change", "[cli]") {
  Lab lab;
  kill_main(lab);

  const ProcessResult result = run_once(lab, {GENERATE("-v", "--verbose")});

  CHECK(without_times(result.out) == std::string(kStepsOfFailover) + kFailover);
  CHECK(result.err.empty());
}

TEST_CASE("Verbose tells of a run that changes nothing too", "[cli]") {
  Lab lab;

  SECTION("on MAIN") {
    CHECK(without_times(run_once(lab, {"-v"}).out) ==
          "www.example.com A in zone example.com\n"
          "  1  the origin is 127.0.2.1 (MAIN)\n"
          "  2  is it accessible? yes (N ms)\n"
          "  3  is it MAIN? yes\n"
          "     no change: the record points to MAIN, as it should\n"
          "     127.0.3.1 (BACKUP) accessible? yes (N ms)\n"
          "     3 API requests, N ms, status 0\n");
  }
  SECTION("on BACKUP while MAIN is dead, with two attempts") {
    kill_main(lab);
    lab.point_to(Lab::kBackup);

    const ProcessResult result =
        run_discreetly(lab.command({"-v", "--attempts", "2", "--retry-delay", "0s"}));

    CHECK(without_times(result.out) ==
          "www.example.com A in zone example.com\n"
          "  1  the origin is 127.0.3.1 (BACKUP)\n"
          "  2  is it accessible? yes (N ms)\n"
          "  3  is it MAIN? no\n"
          "  4  is MAIN 127.0.2.1 accessible? no: refused (2 attempts, N ms)\n"
          "     no change: BACKUP serves, and MAIN does not count as accessible\n"
          "     3 API requests, N ms, status 0\n");
  }
  SECTION("with nowhere to go") {
    kill_both(lab);

    const ProcessResult result = run_once(lab, {"-v"});

    CHECK(result.err == kNowhereToGo);
    CHECK(without_times(result.out) ==
          "www.example.com A in zone example.com\n"
          "  1  the origin is 127.0.2.1 (MAIN)\n"
          "  2  is it accessible? no: refused (N ms)\n"
          "  6  is it BACKUP? no, so the candidate is 127.0.3.1 (BACKUP)\n"
          "  7  is the candidate 127.0.3.1 accessible? no: status 503 (N ms)\n"
          "     no change: there is nowhere to go\n"
          "     3 API requests, N ms, status 1\n");
  }
}

TEST_CASE("A second run knows the zone and asks for less", "[cli]") {
  Lab lab;

  run_once(lab);

  CHECK_THAT(run_once(lab, {"-v"}).out, ContainsSubstring("     1 API request, "));
}

// --- JSON ---

TEST_CASE("Whatever the status, the JSON has every member, on one line", "[cli]") {
  struct Row {
    int status;
    std::function<void(Lab&)> arrange;
    std::vector<int> steps;
    std::string action;
    std::optional<bool> written;
    bool is_error;
  };
  const std::vector<std::string> members{
      "record", "type", "zone",    "origin",     "role",         "steps",      "action",
      "from",   "to",   "written", "probes",     "api_requests", "elapsed_ms", "exit",
      "error",  "time", "state",   "held_until", "pending_until"};

  for (const Row& row : std::vector<Row>{
           {0, [](Lab&) {}, {1, 2, 3}, "none", false, false},
           {0, kill_main, {1, 2, 6, 7, 8}, "failover", true, false},
           {1, kill_both, {1, 2, 6, 7}, "none", false, true},
           {3, [](Lab& lab) { refuse_list(lab, 1); }, {1}, "none", false, true},
           {4, lose_the_route, {1, 2}, "none", false, true},
           {5, interfere, {1, 2, 6, 7, 8}, "failover", false, true},
           {6, refuse_write, {1, 2, 6, 7, 8}, "failover", false, true},
           {7, lose_the_answer, {1, 2, 6, 7, 8}, "failover", std::nullopt, true},
       }) {
    CAPTURE(row.status, row.action);
    Lab lab;
    row.arrange(lab);

    const ProcessResult result = run_once(lab, {"--json"});

    CHECK(result.status == row.status);
    const ReportLine report = parse_report_line(result.out);
    CHECK(report.members == members);
    CHECK(report.record == "www.example.com");
    CHECK(report.type == "A");
    CHECK(report.zone == "example.com");
    CHECK(report.origin.has_value() == (row.status != 3));
    CHECK(report.role.has_value() == (row.status != 3));
    CHECK(report.steps == row.steps);
    CHECK(report.action == row.action);
    CHECK(report.written == row.written);
    CHECK(report.probes.size() == (row.status == 4 ? 3 : 2));
    CHECK(report.exit == row.status);
    CHECK(report.error.has_value() == row.is_error);
    CHECK(report.api_requests == static_cast<int>(lab.cloudflare.requests().size()));
    CHECK(report.elapsed_ms > 0);
    CHECK(report.elapsed_ms / 1000 <= result.elapsed.count());
    CHECK(std::regex_match(report.time, std::regex("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z")));
    CHECK(result.err.empty() != row.is_error);
  }
}

TEST_CASE("The error of the JSON is the sentence on standard error", "[cli]") {
  Lab lab;
  kill_both(lab);

  const ProcessResult result = run_once(lab, {"--json"});

  CHECK(parse_report_line(result.out).error ==
        "cannot fail over: 127.0.2.1 refused, 127.0.3.1 status 503");
  CHECK(result.err == kNowhereToGo);
}

TEST_CASE("Beside JSON the steps go to standard error", "[cli]") {
  Lab lab;
  kill_main(lab);

  const ProcessResult result = run_once(lab, {"--json", "-v"});

  CHECK(parse_report_line(result.out).action == "failover");
  CHECK(without_times(result.err) == kStepsOfFailover);
}

TEST_CASE("JSON is printed however quiet the rest is to be", "[cli]") {
  Lab lab;
  kill_main(lab);

  const ProcessResult result = run_once(lab, {"--json", "-q"});

  CHECK(parse_report_line(result.out).written == true);
  CHECK(result.err.empty());
}

// --- Two runs at once, and the end of one ---

TEST_CASE("A run that finds another one under way says so and leaves", "[cli]") {
  Lab lab;
  lab.main.behave(Hang{});
  RunningProcess first(once(lab, {"--timeout", "30s"}));
  REQUIRE(lab.main.await_connections(1));
  const std::size_t requests = lab.cloudflare.requests().size();

  const ProcessResult plain = run_once(lab);
  const ProcessResult json = run_once(lab, {"--json"});

  CHECK(plain.status == 75);
  CHECK(plain.out.empty());
  CHECK(plain.err ==
        "cf-failover: error: www.example.com A: another run for this record is under way\n"
        "cf-failover: hint: if runs are slow, start them less often or lower --timeout and "
        "--deadline\n");
  CHECK(json.status == 75);
  const ReportLine report = parse_report_line(json.out);
  CHECK(report.exit == 75);
  CHECK(report.members.size() == 19);
  CHECK(report.probes.empty());
  CHECK(report.api_requests == 0);
  CHECK(report.error == "another run for this record is under way");
  CHECK(lab.main.connections() == 1);
  CHECK(lab.cloudflare.requests().size() <= requests + 3);  // The first run's.
  CHECK(first.running());
}

TEST_CASE("A signal ends the run at once and its lock with it", "[cli]") {
  const int number = GENERATE(SIGTERM, SIGINT, SIGKILL);
  Lab lab;
  lab.main.behave(Hang{});
  RunningProcess first(once(lab, {"--timeout", "30s"}));
  REQUIRE(lab.main.await_connections(1));

  first.signal(number);
  const ProcessResult result = first.wait(10s);

  CHECK(result.signal == number);
  CHECK_FALSE(result.killed_at_limit);
  CHECK(result.out.empty());
  CHECK(lab.cloudflare.writes().empty());
  lab.main.behave(Answer{});
  CHECK(run_once(lab).status == 0);
}

// --- Dry runs ---

TEST_CASE("A dry run decides, tells, and touches nothing", "[cli]") {
  Lab lab;
  kill_main(lab);

  const ProcessResult result = run_once(lab, {GENERATE("-n", "--dry-run")});

  CHECK(result.status == 0);
  CHECK(result.out ==
        "www.example.com A: dry run: failover 127.0.2.1 -> 127.0.3.1 (127.0.2.1: refused)\n");
  CHECK(result.err.empty());
  CHECK(lab.cloudflare.writes().empty());
  CHECK(lab.content() == Lab::kMain);
  CHECK_FALSE(std::filesystem::exists(lab.scratch.path() / "state"));
}

TEST_CASE("A dry run has the status of the real one", "[cli]") {
  const auto [status, arrange] = GENERATE(table<int, std::function<void(Lab&)>>({
      {0, [](Lab&) {}},
      {1, kill_both},
      {3, [](Lab& lab) { refuse_list(lab, 1); }},
      {4, lose_the_route},
  }));
  Lab lab;
  arrange(lab);

  CHECK(run_once(lab, {"-n"}).status == status);
  CHECK_FALSE(std::filesystem::exists(lab.scratch.path() / "state"));
}

TEST_CASE("A dry run says in JSON and in words what it would have done", "[cli]") {
  Lab lab;
  kill_main(lab);

  const ProcessResult result = run_once(lab, {"-n", "--json", "-v"});

  const ReportLine report = parse_report_line(result.out);
  CHECK(report.steps == std::vector{1, 2, 6, 7, 8});
  CHECK(report.action == "failover");
  CHECK(report.to == Lab::kBackup);
  CHECK(report.written == false);
  CHECK_THAT(result.err, ContainsSubstring("     not changed: this is a dry run\n"));
}

TEST_CASE("A dry run waits for nobody", "[cli]") {
  Lab lab;
  lab.main.behave_in_turn({Hang{}, Answer{}});
  RunningProcess first(once(lab, {"--timeout", "30s"}));
  REQUIRE(lab.main.await_connections(1));

  CHECK(run_once(lab, {"-n"}).status == 0);
}

// --- Terminals ---

TEST_CASE("On a terminal the steps are shown, in colour", "[cli]") {
  Lab lab;
  kill_main(lab);
  ProcessSpec command = once(lab);
  command.out = output::Terminal{};
  command.environment["TERM"] = "xterm";

  const ProcessResult result = run_discreetly(command);

  CHECK(result.status == 0);
  CHECK(without_times(without_colours(result.out)) == std::string(kStepsOfFailover) + kFailover);
  CHECK_THAT(result.out, StartsWith("\033[1mwww.example.com A\033[0m in zone example.com\n"));
  CHECK_THAT(result.out, ContainsSubstring("\033[31mis it accessible? no: refused ("));
  CHECK_THAT(result.out,
             ContainsSubstring("\033[32mchanged, and confirmed by Cloudflare\033[0m\n"));
}

TEST_CASE("Colour is not for those who do not want it, nor for pipes", "[cli]") {
  Lab lab;
  ProcessSpec command = once(lab, {"-v"});
  command.environment["TERM"] = "xterm";

  SECTION("NO_COLOR") {
    command.out = output::Terminal{};
    command.environment["NO_COLOR"] = "1";
  }
  SECTION("TERM=dumb") {
    command.out = output::Terminal{};
    command.environment["TERM"] = "dumb";
  }
  SECTION("a pipe") {}
  SECTION("a pipe beside a terminal for problems") {
    command.err = output::Terminal{};
  }

  const ProcessResult result = run_discreetly(command);

  CHECK(result.status == 0);
  CHECK_THAT(result.out, StartsWith("www.example.com A in zone example.com\n"));
  CHECK_FALSE(contains(result.out + result.err, "\033"));
}

TEST_CASE("A terminal that is told to be quiet is", "[cli]") {
  Lab lab;
  kill_main(lab);
  ProcessSpec command = once(lab, {"-q"});
  command.out = output::Terminal{};
  command.err = output::Terminal{};

  const ProcessResult result = run_discreetly(command);

  CHECK(result.status == 0);
  CHECK(result.out.empty());
  CHECK(result.err.empty());
}

// --- Outputs that cannot be written ---

TEST_CASE("Output that cannot be written never stops a change", "[cli]") {
  const Output lost =
      GENERATE(as<Output>(), output::Closed{}, output::BrokenPipe{}, output::File{"/dev/full"});
  const Options more =
      GENERATE(Options{}, Options{"-v"}, Options{"--json"}, Options{"--json", "-v"});
  CAPTURE(lost.index(), more);
  Lab lab;
  kill_main(lab);
  ProcessSpec command = once(lab, more);
  command.out = lost;
  command.err = lost;

  CHECK(run(command).status == 0);
  CHECK(lab.content() == Lab::kBackup);
  CHECK(lab.cloudflare.writes().size() == 1);
}

TEST_CASE("A reader that does not read holds up no change, and no run past its deadline", "[cli]") {
  Lab lab;
  kill_main(lab);
  const std::filesystem::path full = lab.scratch.path() / "full";
  REQUIRE(mkfifo(full.c_str(), 0600) == 0);
  const Descriptor reader(open(full.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  REQUIRE(reader);
  while (write(reader.get(), "x", 1) == 1) {
  }
  ProcessSpec command = once(lab, {"-v", "--deadline", "2s"});
  command.out = output::File{full};

  const ProcessResult result = run_discreetly(command);

  CHECK(result.status == 0);
  CHECK(result.elapsed < 10s);
  CHECK(lab.content() == Lab::kBackup);
}

TEST_CASE("A slow reader gets all there is", "[cli]") {
  Lab lab;
  kill_main(lab);
  const std::filesystem::path slow = lab.scratch.path() / "slow";
  REQUIRE(mkfifo(slow.c_str(), 0600) == 0);
  const Descriptor reader(open(slow.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  REQUIRE(reader);
  std::size_t filled = 0;
  while (write(reader.get(), "x", 1) == 1) {
    ++filled;
  }
  ProcessSpec command = once(lab, {"-v", "--deadline", "20s"});
  command.out = output::File{slow};
  RunningProcess running(command);
  REQUIRE(lab.cloudflare.await_writes(1));

  std::string said;
  while (!contains(said, "failover 127.0.2.1 -> 127.0.3.1")) {
    pollfd entry{.fd = reader.get(), .events = POLLIN, .revents = 0};
    REQUIRE(poll(&entry, 1, 10'000) == 1);
    std::array<char, 4096> part{};
    const ssize_t size = read(reader.get(), part.data(), part.size());
    REQUIRE(size > 0);
    said.append(part.data(), static_cast<std::size_t>(size));
  }

  CHECK(running.wait().status == 0);
  CHECK(said.substr(filled).starts_with("www.example.com A"));
}

TEST_CASE("A lost output does not take the other one with it", "[cli]") {
  const Output lost =
      GENERATE(as<Output>(), output::Closed{}, output::BrokenPipe{}, output::File{"/dev/full"});
  Lab lab;
  kill_both(lab);
  ProcessSpec command = once(lab, {"--json"});

  SECTION("standard output") {
    command.out = lost;

    const ProcessResult result = run_discreetly(command);

    CHECK(result.status == 1);
    CHECK(result.err == kNowhereToGo);
  }
  SECTION("standard error") {
    command.err = lost;

    const ProcessResult result = run_discreetly(command);

    CHECK(result.status == 1);
    CHECK(parse_report_line(result.out).exit == 1);
  }
}

TEST_CASE("With all three descriptors closed a run does its work", "[cli]") {
  Lab lab(GENERATE(Lab::Origins::plain, Lab::Origins::tls));
  kill_main(lab);
  ProcessSpec command = once(lab, {"--json", "-v"});
  command.in = Input::closed;
  command.out = output::Closed{};
  command.err = output::Closed{};

  CHECK(run(command).status == 0);
  CHECK(lab.content() == Lab::kBackup);
  // What was printed has not gone into a connection or a file that took the free descriptors.
  for (const LoggedRequest& request : lab.cloudflare.requests()) {
    CHECK(request.status == 200);
  }
  CHECK(lab.scratch.read("state/www.example.com.A.lock").empty());
  CHECK_THAT(lab.scratch.read("state/www.example.com.A.seen.json"), StartsWith("{"));
}

// --- Surroundings ---

TEST_CASE("An environment with a token file and nothing else is enough", "[cli]") {
  Lab lab;
  kill_main(lab);
  ProcessSpec command = once(lab);
  command.environment = {
      {"CLOUDFLARE_API_TOKEN_FILE", lab.scratch.write("token", std::string(Lab::kToken) + "\n")},
      {"CLOUDFLARE_BASE_URL", lab.cloudflare.base_url()}};

  const ProcessResult result = run_discreetly(command);

  CHECK(result.status == 0);
  CHECK(result.out == kFailover);
  CHECK(result.err.empty());
}

TEST_CASE("Relative paths are those of the directory that a run starts in", "[cli]") {
  Lab lab(Lab::Origins::tls);
  lab.scratch.write("here/token", Lab::kToken);
  std::filesystem::copy(test_ca().ca_file(), lab.scratch.path() / "here/ca.pem");
  ProcessSpec command = once(lab);
  const auto replace = [&](const std::string& option, const std::string& value) {
    *(std::find(command.argv.begin(), command.argv.end(), option) + 1) = value;
  };
  command.argv[0] = std::filesystem::absolute(command.argv[0]);
  replace("--state-dir", "kept");
  replace("--ca-file", "ca.pem");
  command.environment.erase("CLOUDFLARE_API_TOKEN");
  command.environment["CLOUDFLARE_API_TOKEN_FILE"] = "token";
  command.directory = lab.scratch.path() / "here";

  const ProcessResult result = run_discreetly(command);

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK(std::filesystem::exists(lab.scratch.path() / "here/kept/www.example.com.A.lock"));
}

TEST_CASE("A run without a usable state directory warns and does its work", "[cli]") {
  Lab lab;
  kill_main(lab);
  const std::string in_the_way = lab.scratch.write("state", "a file");

  const ProcessResult result = run_once(lab);

  CHECK(result.status == 0);
  CHECK(result.out == kFailover);
  CHECK(result.err ==
        "cf-failover: warning: www.example.com A: running without a lock and without a memory: "
        "cannot "
        "make the directory " +
            in_the_way + ": Not a directory\n");
  CHECK(lab.content() == Lab::kBackup);
}

TEST_CASE("The token is in no file that a run leaves behind", "[cli]") {
  Lab lab;
  kill_main(lab);

  run_once(lab, {"-v"});

  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(lab.scratch.path())) {
    if (entry.is_regular_file()) {
      ++files;
      CHECK_FALSE(
          contains(lab.scratch.read(std::filesystem::relative(entry.path(), lab.scratch.path())),
                   Lab::kToken));
    }
  }
  CHECK(files == 3);
}
