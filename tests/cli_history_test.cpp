// `history` and `explain` of the built program: what they tell of a story that it has lived
// through, and of histories made for the purpose.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <filesystem>
#include <functional>
#include <random>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "app/system_clock.h"
#include "io/state_json.h"
#include "support/catch.h"
#include "support/moving_lab.h"
#include "value/text.h"
#include "value/unix_time.h"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using behaviour::Answer;
using behaviour::Refuse;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

constexpr const char* kHistory = "state/www.example.com.A.history.jsonl";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) {
    lines.emplace_back(line);
  }
  if (!lines.empty() && lines.back().empty()) {
    lines.pop_back();
  }
  return lines;
}

bool matches(const std::string& text, const std::string& pattern) {
  return std::regex_match(text, std::regex(pattern));
}

IpAddress address(const std::string& text) {
  return IpAddress::parse(text).value();
}

std::string this_host() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  REQUIRE(gethostname(name.data(), name.size() - 1) == 0);
  return name.data();
}

/// A MovingLab whose past is kept, told and made up.
class PastLab : public MovingLab {
 public:
  /// All that is remembered happened a minute earlier.
  void a_minute_passes() const { pass(60s); }
  void pass(std::chrono::milliseconds time) const {
    for (const char* file : {kSeen, kSaid, kHistory}) {
      if (has(file)) {
        scratch.write(file, with_times_moved(scratch.read(file), -time));
      }
    }
  }

  ProcessResult says(const std::string& command, const Options& more = {}) const {
    ProcessSpec spec{.argv = {built("cf-failover"), command, "--record", "www.example.com",
                              "--type", "A", "--state-dir", scratch.path() / "state"}};
    spec.argv.insert(spec.argv.end(), more.begin(), more.end());
    return finish(spec);
  }
  /// Asks nobody and changes nothing.
  ProcessResult told(const std::string& command, const Options& more = {}) const {
    const std::size_t requests = cloudflare.requests().size();
    const std::string before = text(kHistory) + text(kSeen) + text(kSaid);
    ProcessResult result = says(command, more);
    CHECK(cloudflare.requests().size() == requests);
    CHECK(text(kHistory) + text(kSeen) + text(kSaid) == before);
    return result;
  }
  ProcessResult history(const Options& more = {}) const { return told("history", more); }
  ProcessResult explain(const Options& more = {}) const { return told("explain", more); }

  /// These are kept, oldest first, as the runs that somebody has watched until so long ago.
  void remember(const History& runs, std::chrono::milliseconds watched_until = 0s) const {
    std::string text;
    for (const PastRun& run : runs) {
      text += to_json(run);
    }
    scratch.write(kHistory, text);
    Seen seen{.pace = Pace{unix_now() - watched_until, 60s}};
    if (!runs.empty()) {
      seen.last = runs.back();
    }
    scratch.write(kSeen, to_json(seen));
  }

  std::size_t kept_lines() const { return lines_of(text(kHistory)).size(); }
};

/// A run so long ago.
PastRun ran(std::chrono::milliseconds ago, Served served) {
  PastRun run{.time = unix_now() - ago,
              .host = "gate",
              .served = served,
              .likeness = std::to_string(ago.count())};
  if (served == Served::nobody) {
    run.status = 1;
    run.trouble = "cannot fail over: 192.0.2.10 refused, 198.51.100.20 refused";
  }
  return run;
}

PastRun failed_over(std::chrono::milliseconds ago, const std::string& why = "192.0.2.10: refused") {
  PastRun run = ran(ago, Served::backup);
  run.change = PastChange{.kind = PastChange::Kind::failover,
                          .from = address("192.0.2.10"),
                          .to = address("198.51.100.20"),
                          .written = true,
                          .reason = why};
  return run;
}

/// The strip's cells.
std::string cells_of(const std::string& out) {
  const auto lines = lines_of(out);
  REQUIRE(lines.size() >= 2);
  REQUIRE(lines[1].starts_with("  "));
  return lines[1].substr(2);
}

/// "M 36, B 36": its runs of equal cells.
std::string run_lengths(const std::string& cells) {
  std::string text;
  for (std::size_t begin = 0; begin < cells.size();) {
    const std::size_t end = std::min(cells.find_first_not_of(cells[begin], begin), cells.size());
    text += (text.empty() ? "" : ", ") + std::string(1, cells[begin]) + " " +
            std::to_string(end - begin);
    begin = end;
  }
  return text;
}

/// The lines about events: after the blank line below the strip.
std::vector<std::string> events_of(const std::string& out) {
  const auto lines = lines_of(out);
  const auto blank = std::find(lines.begin(), lines.end(), "");
  REQUIRE(blank != lines.end());
  return {blank + 1, lines.end()};
}

const std::string kTime = "20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}";

/// A night's story, a minute between its runs.
void live_through(PastLab& lab) {
  const auto run_once = [&](const Options& more = {}) {
    lab.a_minute_passes();
    lab.run_once(more);
  };
  REQUIRE(lab.run_once().status == 0);
  lab.main.behave(Refuse{});
  run_once();  // Fails over.
  lab.backup.behave(Refuse{});
  run_once();  // Nobody serves,
  run_once();  // and the same a minute later.
  lab.main.behave(Answer{});
  run_once();  // Fails back.
  lab.backup.behave(Answer{});
  run_once();
  lab.a_minute_passes();
  REQUIRE(lab.finish(lab.spec({"switch", "backup"})).status == 0);
  REQUIRE(lab.finish(lab.spec({"release"})).status == 0);
  lab.a_minute_passes();
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 0);  // Its former address is left for MAIN.
  REQUIRE(lab.content() == Lab::kMain);
}

}  // namespace

// --- What was lived through ---

TEST_CASE("History tells the changes and outages of a night: when, what, why, who and where") {
  PastLab lab;
  live_through(lab);

  const ProcessResult result = lab.history();

  CAPTURE(result.out, result.err);
  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK_THAT(result.out, StartsWith("www.example.com A\n"));
  const auto events = events_of(result.out);
  REQUIRE(events.size() == 5);
  const std::string host = this_host();
  CHECK(matches(events[0], "  " + kTime + "  failover  127.0.2.1 -> 127.0.3.1 +by run on " + host +
                               " +127.0.2.1: refused"));
  CHECK(matches(events[1], "  " + kTime + "  outage    2 min +by run on " + host +
                               " +cannot fail over: 127.0.3.1 refused, 127.0.2.1 refused"));
  CHECK(matches(events[2], "  " + kTime + "  failback  127.0.3.1 -> 127.0.2.1 +by run on " + host +
                               " +127.0.3.1: refused"));
  CHECK(matches(events[3],
                "  " + kTime + "  switch    127.0.2.1 -> 127.0.3.1 +by hand on " + host + " *"));
  CHECK(matches(events[4], "  " + kTime + "  failback  127.0.3.1 -> 127.0.2.1 +by hook on " + host +
                               " +127.0.3.1: replaced by 127.0.5.1"));
  CHECK(
      std::is_sorted(events.begin(), events.end(), [](const std::string& a, const std::string& b) {
        return a.substr(0, 21) < b.substr(0, 21);
      }));
}

TEST_CASE("History as JSON is a line for each event, with every member") {
  PastLab lab;
  live_through(lab);

  const ProcessResult result = lab.history({"--json"});

  CAPTURE(result.out);
  CHECK(result.status == 0);
  CHECK(result.err.empty());
  const auto lines = lines_of(result.out);
  REQUIRE(lines.size() == 5);
  const std::string host = this_host();
  const auto line = [&](const std::string& event, const std::string& from, const std::string& to,
                        const std::string& reason, const std::string& duration,
                        const std::string& by) {
    const auto text = [](const std::string& value) {
      return value == "null" ? value : "\"" + value + "\"";
    };
    return R"(\{"record":"www\.example\.com","type":"A","time":"20[-0-9:.T]+Z","event":")" + event +
           R"(","from":)" + text(from) + R"(,"to":)" + text(to) + R"(,"written":)" +
           (to == "null" ? "null" : "true") + R"(,"reason":)" + text(reason) +
           R"(,"duration_ms":)" + duration + R"(,"ongoing":false,"host":")" + host + R"(","by":")" +
           by + R"("\})";
  };
  CHECK(matches(lines[0],
                line("failover", Lab::kMain, Lab::kBackup, "127.0.2.1: refused", "null", "run")));
  CHECK(matches(lines[1], line("outage", "null", "null",
                               "cannot fail over: 127.0.3.1 refused, 127.0.2.1 refused",
                               "12[0-9]{4}", "run")));
  CHECK(matches(lines[2],
                line("failback", Lab::kBackup, Lab::kMain, "127.0.3.1: refused", "null", "run")));
  CHECK_THAT(lines[3], ContainsSubstring("\"event\":\"switch\",\"from\":\"127.0.2.1\""));
  CHECK_THAT(lines[3], ContainsSubstring("\"by\":\"hand\"}"));
  CHECK(matches(lines[4], line("failback", Lab::kBackup, Lab::kMain,
                               "127.0.3.1: replaced by 127.0.5.1", "null", "hook")));
}

TEST_CASE("An outage that goes on is told as one, and how long it has lasted") {
  PastLab lab;
  lab.main.behave(Refuse{});
  lab.backup.behave(Refuse{});
  REQUIRE(lab.run_once().status == 1);
  lab.pass(5min);
  REQUIRE(lab.run_once().status == 1);

  const auto events = events_of(lab.history().out);
  const std::string json = lab.history({"--json"}).out;

  REQUIRE(events.size() == 1);
  CHECK_THAT(events[0], ContainsSubstring("outage  until now, 5 min"));
  CHECK_THAT(json, ContainsSubstring("\"event\":\"outage\""));
  CHECK_THAT(json, ContainsSubstring("\"ongoing\":true"));
}

TEST_CASE("A change that was refused or whose answer was lost is told as such") {
  struct Row {
    Exchange exchange;
    int status;
    std::string says;
    std::string why;
    std::string written;
  };
  for (const Row& row : std::vector<Row>{
           {Exchange::patch, 6, " (not done)", "HTTP 403, code 10000", "\"written\":false"},
           {Exchange::verify, 7, " (not confirmed)", "could not confirm", "\"written\":null"},
       }) {
    PastLab lab;
    lab.main.behave(Refuse{});
    at(row.exchange, fault::refusal(403, 10000, "\x1b[31mAuthentication\nerror"))(lab);
    REQUIRE(lab.run_once({"--deadline", "5s"}).status == row.status);

    const std::string out = lab.history().out;
    const std::string json = lab.history({"--json"}).out;

    CAPTURE(out, json);
    CHECK_THAT(out, ContainsSubstring("failover  127.0.2.1 -> 127.0.3.1" + row.says));
    CHECK_THAT(out, ContainsSubstring(row.why));
    CHECK_THAT(json, ContainsSubstring(row.written));
    CHECK_FALSE(contains(out + json, "\x1b"));
  }
}

TEST_CASE("Runs that find what the one before has found add no line") {
  const PastLab lab;
  for (int run = 0; run < 8; ++run) {
    REQUIRE(lab.run_once().status == 0);
    lab.a_minute_passes();
  }

  CHECK(lab.kept_lines() == 1);
  CHECK_THAT(lab.history().out, ContainsSubstring("  no change and no outage so far\n"));
}

TEST_CASE("Each situation adds one line, however long it lasts") {
  PastLab lab;
  const auto live = [&](std::size_t lines, const Options& more = {}) {
    for (int run = 0; run < 3; ++run) {
      lab.run_once(more);
      lab.a_minute_passes();
    }
    CHECK(lab.kept_lines() == lines);
  };

  live(1);
  lab.backup.behave(Refuse{});
  live(2);
  lab.main.behave(Refuse{});
  live(3);
  lab.backup.behave(Answer{});
  live(5);  // The failover, and the time on BACKUP.
  lab.lock_out();
  live(6);
  lab.cloudflare.disarm_all();
  live(7);
}

TEST_CASE("A dry run and status leave no trace in the history") {
  PastLab lab;
  REQUIRE(lab.run_once().status == 0);
  const std::string before = lab.text(kHistory);
  lab.main.behave(Refuse{});

  lab.run_once({"-n"});
  lab.finish(lab.spec({"status"}));
  lab.finish(lab.spec({"switch", "backup", "-n"}));

  CHECK(lab.text(kHistory) == before);
}

TEST_CASE("A time in which nobody looked is told, before a run and until now") {
  PastLab lab;
  REQUIRE(lab.run_once().status == 0);
  lab.pass(3h);

  SECTION("until now") {
    const auto result = lab.history();
    CAPTURE(result.out);
    const auto events = events_of(result.out);
    REQUIRE(events.size() == 1);
    CHECK_THAT(events[0], ContainsSubstring("unwatched  until now, 3 h"));
  }
  SECTION("until a run") {
    REQUIRE(lab.run_once().status == 0);
    lab.a_minute_passes();
    REQUIRE(lab.run_once().status == 0);
    const auto result = lab.history();
    CAPTURE(result.out);
    const auto events = events_of(result.out);
    REQUIRE(events.size() == 1);
    CHECK(matches(events[0], "  " + kTime + "  unwatched  3 h.*"));
    CHECK_FALSE(contains(events[0], "until now"));
    CHECK_THAT(result.out, ContainsSubstring(". nobody looked"));
  }
}

// --- Nothing, or nothing readable ---

TEST_CASE("A history that has not begun is a sentence, and no trouble") {
  const PastLab lab;

  const ProcessResult result = lab.history();

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK(result.out ==
        "www.example.com A\n"
        "  nothing is kept yet: no run has been made with this state directory\n");
  CHECK(lab.history({"--json"}).out.empty());
  CHECK_FALSE(lab.has("state"));
}

TEST_CASE("Of a history with damage the rest is told") {
  const PastLab lab;
  lab.remember({failed_over(2h)});
  const std::string good = lab.text(kHistory);
  const std::string damage = GENERATE(values<std::string>(
      {"{\"time\":\"2026-01-3", "\xff\xfe\n", "[1,2]\n", std::string(4096, '\0'), "\n\n\n"}));
  lab.scratch.write(kHistory, damage + "\n" + good + damage);

  const ProcessResult result = lab.history();

  CAPTURE(result.out, result.err);
  CHECK(result.status == 0);
  REQUIRE(events_of(result.out).size() == 1);
  CHECK_THAT(events_of(result.out)[0], ContainsSubstring("failover  192.0.2.10"));
}

TEST_CASE("A history that cannot be read is status 2, and says which file") {
  const PastLab lab;
  const std::string command = GENERATE("history", "explain");
  SECTION("a directory in its place") {
    fs::create_directories(lab.scratch.path() / kHistory);
  }
  SECTION("a link") {
    lab.scratch.write("elsewhere", "");
    fs::create_directories(lab.scratch.path() / "state");
    fs::create_symlink(lab.scratch.path() / "elsewhere", lab.scratch.path() / kHistory);
  }

  ProcessSpec spec{.argv = {built("cf-failover"), command, "--record", "www.example.com", "--type",
                            "A", "--state-dir", lab.scratch.path() / "state"}};
  const ProcessResult result = lab.finish(spec);

  CAPTURE(result.out, result.err);
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("cf-failover: error: www.example.com A: cannot read "));
  CHECK_THAT(result.err, ContainsSubstring(kHistory));
}

TEST_CASE("A run that cannot keep its history does its job, says so, and the next one keeps it") {
  PastLab lab;
  lab.main.behave(Refuse{});
  lab.backup.behave(Refuse{});
  fs::create_directories(lab.scratch.path() / kHistory);

  const ProcessResult hindered = lab.run_once();
  CAPTURE(hindered.err);
  CHECK(hindered.status == 1);
  CHECK_THAT(hindered.err, ContainsSubstring("cf-failover: warning: www.example.com A: "));
  CHECK_THAT(hindered.err, ContainsSubstring(kHistory));

  fs::remove(lab.scratch.path() / kHistory);
  lab.a_minute_passes();
  CHECK(lab.run_once().status == 1);

  const ProcessResult result = lab.history();
  CAPTURE(result.out);
  CHECK_THAT(result.out, ContainsSubstring("outage"));
}

TEST_CASE("A full disk takes nothing of a history") {
  PastLab lab;
  live_through(lab);
  const std::string before = lab.text(kHistory);
  lab.main.behave(Refuse{});

  const ProcessResult result = lab.finish(with_no_room(lab.spec({"run"})));

  CHECK(result.status == 0);
  CHECK(lab.content() == MovingLab::kMoved);
  CHECK_THAT(result.err, ContainsSubstring("cf-failover: warning: "));
  CHECK(lab.text(kHistory) == before);
  CHECK(lab.history().status == 0);
}

// --- Since when ---

TEST_CASE("--since leaves out what was over before") {
  const PastLab lab;
  lab.remember({failed_over(960h, "forty days"), failed_over(240h, "ten days"),
                failed_over(48h, "two days"), failed_over(3h, "three hours"),
                failed_over(10min, "ten minutes")});
  const std::string an_hour_ago = to_text(unix_now() - 1h);
  const auto [since, expected] = GENERATE_COPY(table<std::string, int>({
      {"", 5},
      {"month", 4},
      {"week", 3},
      {"day", 2},
      {"5h", 2},
      {"90m", 1},
      {"60", 0},
      {"1000h", 5},
      {an_hour_ago, 1},
      {"2026-01-31 10:15:00", 5},
      {"2038-01-19 03:14:07 UTC", 0},
      {"1970-01-01T00:00:00Z", 5},
      {"2038-01-19T03:14:07+01:00", 0},
  }));
  const Options more = since.empty() ? Options{} : Options{"--since", since};

  const ProcessResult result = lab.history(more);

  CAPTURE(since, result.out, result.err);
  CHECK(result.status == 0);
  int told = 0;
  for (const std::string& line : events_of(result.out)) {
    told += contains(line, "failover") ? 1 : 0;
  }
  CHECK(told == expected);
  CHECK(contains(result.out, "no change and no outage in this time") == (expected == 0));
  Options as_json = more;
  as_json.emplace_back("--json");
  CHECK(lines_of(lab.history(as_json).out).size() == static_cast<std::size_t>(expected));
}

TEST_CASE("An outage that reaches into the time asked for is told whole") {
  const PastLab lab;
  lab.remember({ran(5h, Served::nobody), ran(1h, Served::main)});

  const auto events = events_of(lab.history({"--since", "2h"}).out);

  REQUIRE(events.size() == 1);
  CHECK_THAT(events[0], ContainsSubstring("outage  4 h"));
}

TEST_CASE("What is no time is refused") {
  const auto [command, option] =
      GENERATE(table<std::string, std::string>({{"history", "--since"}, {"explain", "--at"}}));
  const auto time = GENERATE(values<std::string>({"yesterday", "", "-1h", "2026-13-01T00:00:00Z",
                                                  "2026-01-31", "2026-01-31 10:15", "10:15",
                                                  "1h30m", "3d", "Day", "99999999999999999999"}));
  const PastLab lab;
  lab.remember({failed_over(1h)});
  CAPTURE(command, time);

  const ProcessResult result = lab.told(command, {option, time});

  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("cf-failover: error: "));
}

TEST_CASE("--since belongs to history, and --at to explain") {
  const PastLab lab;

  CHECK(lab.told("explain", {"--since", "day"}).status == 2);
  CHECK(lab.told("history", {"--at", "1h"}).status == 2);
  CHECK(lab.told("history", {"day"}).status == 2);
  CHECK(lab.told("history", {"--since", "day", "--since", "week"}).status == 2);
}

// --- The strip ---

TEST_CASE("The strip shows the time asked for, cell by cell, with who served") {
  struct Row {
    std::string story;
    History runs;
    std::chrono::milliseconds watched_until;
    Options since;
    std::string expected;
  };
  const auto hours = [](int count) { return std::chrono::hours(count); };
  // Half a cell (of 20 minutes in a day) off the borders, so that the clock may tick.
  for (const Row& row : std::vector<Row>{
           {"a day on MAIN", {ran(30h, Served::main)}, 0s, {}, "M 72"},
           {"half a day on BACKUP",
            {ran(30h, Served::main), ran(12h + 5min, Served::backup)},
            0s,
            {},
            "M 36, B 36"},
           {"ten minutes without anybody",
            {ran(30h, Served::main), ran(12h - 5min, Served::nobody),
             ran(12h - 15min, Served::main)},
            0s,
            {},
            "M 36, ! 1, M 35"},
           {"the first run an hour ago", {ran(1h - 5min, Served::main)}, 0s, {}, ". 69, M 3"},
           {"nobody looks any more", {ran(30h, Served::main)}, 6h - 5min, {}, "M 54, . 18"},
           {"could not tell, then elsewhere",
            {ran(30h, Served::main), ran(12h + 5min, Served::unknown),
             ran(6h + 5min, Served::other)},
            0s,
            {},
            "M 36, ? 18, o 18"},
           {"a week",
            {ran(hours(400), Served::main), ran(hours(84) + 30min, Served::backup)},
            0s,
            {"--since", "week"},
            "M 36, B 36"},
           {"a month",
            {ran(hours(800), Served::main), ran(hours(180) + 1h, Served::backup)},
            0s,
            {"--since", "month"},
            "M 54, B 18"},
           {"six hours", {ran(3h + 4min, Served::main)}, 0s, {"--since", "6h"}, ". 35, M 37"},
       }) {
    const PastLab lab;
    lab.remember(row.runs, row.watched_until);

    const ProcessResult result = lab.history(row.since);

    CAPTURE(row.story, result.out);
    CHECK(result.status == 0);
    CHECK(run_lengths(cells_of(result.out)) == row.expected);
  }
}

TEST_CASE("Below the strip stand its ends and what its letters mean, and no others") {
  const PastLab lab;
  lab.remember({ran(30h, Served::main), ran(12h, Served::nobody), ran(11h, Served::main)});

  const auto lines = lines_of(lab.history().out);

  REQUIRE(lines.size() > 4);
  CHECK(matches(lines[2], "  " + kTime + " +" + kTime + " UTC"));
  CHECK(lines[2].size() == lines[1].size());
  CHECK(lines[3] == "  M MAIN served, ! nobody served");
}

TEST_CASE("On a terminal the strip is as wide as it may be, in colour") {
  const PastLab lab;
  lab.remember({ran(30h, Served::main), ran(12h, Served::nobody), ran(1h, Served::backup)});
  ProcessSpec spec{.argv = {built("cf-failover"), "history", "--record", "www.example.com",
                            "--type", "A", "--state-dir", lab.scratch.path() / "state"},
                   .environment = {{"TERM", "xterm"}}};
  for (const unsigned short columns : std::vector<unsigned short>{40, 80, 200}) {
    spec.out = output::Terminal{.columns = columns};
    const std::string out = lab.finish(spec).out;
    CAPTURE(columns, out);
    CHECK_THAT(out, StartsWith("\033[1mwww.example.com A\033[0m\n  \033[32mM"));
    CHECK_THAT(out, ContainsSubstring("\033[31m!"));
    const std::string plain = std::regex_replace(out, std::regex("\033\\[[0-9;]*m"), "");
    CHECK(cells_of(plain).size() + 2 <= columns);
    CHECK(cells_of(plain).size() >= std::min<std::size_t>(columns, 140) - 10);
  }
  spec.environment["NO_COLOR"] = "1";
  CHECK_FALSE(contains(lab.finish(spec).out, "\033"));
}

TEST_CASE("Each record of a file has its own history") {
  const PastLab lab;
  lab.remember({failed_over(2h)});
  const std::string config = lab.scratch.write("config.json", R"({ "records": [
    { "name": "www.example.com", "main": "192.0.2.10", "backup": "198.51.100.20" },
    { "name": "api.example.com", "main": "192.0.2.11", "backup": "198.51.100.21" } ] })");
  const ProcessSpec spec{.argv = {built("cf-failover"), "history", "-c", config, "--state-dir",
                                  lab.scratch.path() / "state"}};

  const ProcessResult result = lab.finish(spec);

  CAPTURE(result.out, result.err);
  CHECK(result.status == 0);
  CHECK_THAT(result.out, StartsWith("www.example.com A\n"));
  CHECK_THAT(result.out, ContainsSubstring("\n\napi.example.com A\n  nothing is kept yet"));
}

// --- Explained ---

namespace {

/// The steps, as they were printed below the title.
std::vector<std::string> step_lines(const std::string& out) {
  std::vector<std::string> steps;
  for (const std::string& line : lines_of(out)) {
    if (line.starts_with("  ")) {
      steps.push_back(line);
    }
  }
  return steps;
}

}  // namespace

TEST_CASE("The last run is explained in the very lines that it has printed") {
  struct Row {
    std::string story;
    std::function<void(PastLab&)> arrange;
    Options more;
    std::string trouble;
  };
  for (const Row& row : std::vector<Row>{
           {"all is well", [](PastLab&) {}, {}, ""},
           {"a failover", [](PastLab& lab) { lab.main.behave(Refuse{}); }, {}, ""},
           {"a failback", [](PastLab& lab) { lab.point_to(Lab::kBackup); }, {}, ""},
           {"pending",
            [](PastLab& lab) { lab.point_to(Lab::kBackup); },
            {"--failback-delay", "1h"},
            ""},
           {"nowhere to go",
            [](PastLab& lab) {
              lab.main.behave(Refuse{});
              lab.backup.behave(Refuse{});
            },
            {},
            "cannot fail over: 127.0.2.1 refused, 127.0.3.1 refused"},
           {"held",
            [](PastLab& lab) {
              lab.main.behave(Refuse{});
              CHECK(lab.hold({"--why", "works"}).status == 0);
            },
            {},
            "would change to 127.0.3.1, but is held until 20"},
           {"not judged",
            [](PastLab& lab) { lab.main.behave(Refuse{}); },
            {"--canary", "http://127.0.9.1:1/"},
            "cannot judge 127.0.2.1: "},
           {"not read",
            [](PastLab& lab) { lab.lock_out(); },
            {},
            "could not read the record: HTTP 403"},
           {"refused",
            [](PastLab& lab) {
              lab.main.behave(Refuse{});
              at(Exchange::patch, fault::refusal(403, 10000, "Authentication error"))(lab);
            },
            {},
            "could not change the record to 127.0.3.1"},
       }) {
    PastLab lab;
    row.arrange(lab);
    Options more = row.more;
    more.emplace_back("-v");
    const ProcessResult ran = lab.run_once(more);

    const ProcessResult result = lab.explain();

    CAPTURE(row.story, ran.out, result.out, result.err);
    CHECK(result.status == 0);
    CHECK(result.err.empty());
    CHECK(matches(lines_of(result.out).front(), R"(www\.example\.com A: the run of )" + kTime +
                                                    " UTC on " + this_host() +
                                                    ", [0-9.]+ m?s ago"));
    auto expected = step_lines(ran.out);
    auto explained = step_lines(result.out);
    if (!row.trouble.empty()) {
      REQUIRE_FALSE(explained.empty());
      CHECK_THAT(explained.back(), ContainsSubstring(row.trouble));
      explained.pop_back();
    }
    CHECK(explained == expected);
  }
}

TEST_CASE("A past run is explained by the time of it, or by how long ago it was") {
  PastLab lab;
  REQUIRE(lab.run_once().status == 0);
  lab.pass(10min);
  lab.main.behave(Refuse{});
  REQUIRE(lab.run_once().out == success_line());
  lab.pass(10min);
  REQUIRE(lab.run_once().status == 0);
  struct Row {
    std::string time;
    std::string says;  // empty: there is none
  };
  const auto now = unix_now();
  for (const Row& row : std::vector<Row>{
           {"", "no change: BACKUP serves"},
           {"5m", "changed, and confirmed by Cloudflare"},
           {"9m", "changed, and confirmed by Cloudflare"},
           {"15m", "no change: the record points to MAIN, as it should"},
           {to_text(now - 5min), "changed, and confirmed by Cloudflare"},
           {to_text(now - 15min), "no change: the record points to MAIN, as it should"},
           {to_text(now + 1h), "no change: BACKUP serves"},
           {"1h", ""},
           {"1970-01-01T00:00:00Z", ""},
       }) {
    const ProcessResult result =
        lab.explain(row.time.empty() ? Options{} : Options{"--at", row.time});

    CAPTURE(row.time, result.out, result.err);
    CHECK(result.status == (row.says.empty() ? 1 : 0));
    if (row.says.empty()) {
      CHECK(result.out.empty());
      CHECK_THAT(result.err,
                 StartsWith("cf-failover: error: www.example.com A: no run of that time "
                            "or before it is kept\ncf-failover: hint: "));
    } else {
      CHECK_THAT(result.out, ContainsSubstring(row.says));
    }
  }
}

TEST_CASE("A time that history prints is one that explain takes") {
  PastLab lab;
  lab.main.behave(Refuse{});
  REQUIRE(lab.run_once().out == success_line());
  const auto events = events_of(lab.history().out);
  REQUIRE(events.size() == 1);

  const ProcessResult result = lab.explain({"--at", events[0].substr(2, 19)});

  CAPTURE(events[0], result.out, result.err);
  CHECK_THAT(result.out, ContainsSubstring("changed, and confirmed by Cloudflare"));
}

TEST_CASE("Of a run that was not kept by itself, the one that it was like is explained") {
  const PastLab lab;
  REQUIRE(lab.run_once().status == 0);
  for (int minute = 0; minute < 5; ++minute) {
    lab.a_minute_passes();
    REQUIRE(lab.run_once().status == 0);
  }

  const ProcessResult result = lab.explain({"--at", "150"});

  CAPTURE(result.out);
  CHECK(result.status == 0);
  CHECK_THAT(result.out, ContainsSubstring("no change: the record points to MAIN, as it should"));
  CHECK_THAT(result.out, ContainsSubstring(", 5 min"));  // How long ago it was.
}

TEST_CASE("Where no run has been made there is nothing to explain") {
  const PastLab lab;

  const ProcessResult result = lab.explain();

  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("cf-failover: error: www.example.com A: no run is kept\n"));
}

TEST_CASE("A switch by hand and a hook's set-backup are explained as theirs") {
  PastLab lab;

  SECTION("hand") {
    REQUIRE(lab.finish(lab.spec({"switch", "backup"})).status == 0);
    const std::string out = lab.explain().out;
    CHECK_THAT(out, ContainsSubstring(", started by hand, "));
    CHECK_THAT(out, ContainsSubstring("  8  change the record to 127.0.3.1 (BACKUP)\n"));
  }
  SECTION("hook") {
    REQUIRE(lab.set_backup(MovingLab::kMoved).status == 0);
    CHECK_THAT(lab.explain().out, ContainsSubstring(", started by a hook, "));
  }
}

TEST_CASE("An explanation as JSON is one line, which says of which record") {
  const PastLab lab;
  REQUIRE(lab.run_once().status == 0);

  const ProcessResult result = lab.explain({"--json"});

  CAPTURE(result.out);
  CHECK(result.status == 0);
  CHECK(lines_of(result.out).size() == 1);
  CHECK_THAT(result.out, ContainsSubstring("\"record\":\"www.example.com\",\"type\":\"A\""));
}

// --- What must not be in it, and what must not happen to it ---

TEST_CASE("No secret gets into a history") {
  PastLab lab;
  const std::string secret = "s3cr3t-part-of-an-address";
  const std::string probe =
      "http://www.example.com:" + std::to_string(lab.main.port()) + "/" + secret + "?key=" + secret;
  const Options more{"--header", "X-Probe: " + secret, "--canary",
                     lab.cloudflare.base_url() + "/" + secret};
  for (const Behaviour& behaviour :
       std::vector<Behaviour>{Answer{}, Refuse{}, behaviour::status(503, secret)}) {
    lab.main.behave(behaviour);
    lab.backup.behave(behaviour);
    lab.finish(with(lab.spec({"run"}, more), "--probe", probe));
    lab.a_minute_passes();
  }
  lab.lock_out();
  lab.finish(with(lab.spec({"run"}, more), "--probe", probe));

  std::string all = lab.text(kHistory) + lab.text(MovingLab::kSeen);
  for (const Options& options : {Options{}, Options{"--json"}}) {
    all += lab.says("history", options).out + lab.says("explain", options).out;
  }
  CHECK(lab.kept_lines() >= 4);
  CHECK_FALSE(contains(all, secret));
  CHECK_FALSE(contains(all, Lab::kToken));
}

TEST_CASE("Runs that are killed at any moment leave a history that can be read") {
  constexpr unsigned kSeed = 20260131;
  constexpr int kRounds = 40;
  INFO("seed " << kSeed);
  PastLab lab;
  REQUIRE(lab.run_once().status == 0);
  const auto whole =
      std::chrono::duration_cast<std::chrono::microseconds>(lab.run_once().elapsed * 1.2);
  std::mt19937_64 random(kSeed);
  const auto end = std::chrono::steady_clock::now() + 3s;
  int cut_short = 0;
  for (int round = 0; round < kRounds && std::chrono::steady_clock::now() < end; ++round) {
    const bool is_down = round % 2 == 0;
    lab.main.behave(is_down ? Behaviour(Refuse{}) : Behaviour(Answer{}));
    const auto moment = std::chrono::microseconds(
        std::uniform_int_distribution<std::int64_t>(0, whole.count())(random));
    CAPTURE(round, moment.count());

    RunningProcess process(lab.spec({"run"}));
    std::this_thread::sleep_for(moment);  // Any moment: there is no event to wait for.
    process.signal(SIGKILL);
    cut_short += process.wait().signal == SIGKILL ? 1 : 0;

    const ProcessResult history = lab.says("history", {"--json"});
    CHECK(history.status == 0);
    CHECK(history.err.empty());
    for (const std::string& line : lines_of(lab.text(kHistory))) {
      CHECK(parse_past_run(line));
    }
    CHECK(lab.run_once().err.empty());
    const auto last = parse_past_run(lines_of(lab.text(kHistory)).back());
    REQUIRE(last);
    CHECK(last->origin == address(lab.content()));
  }
  CHECK(cut_short > 0);
}
