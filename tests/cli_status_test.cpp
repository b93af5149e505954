// `status` of the built program: the table, the exit status of a monitoring plug-in, one line for
// such a system, and that it looks and touches nothing.

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/moving_lab.h"
#include "support/report_line_json.h"
#include "value/text.h"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using behaviour::Answer;
using behaviour::Hang;
using behaviour::Refuse;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

constexpr int kOk = 0;
constexpr int kWarning = 1;
constexpr int kCritical = 2;
constexpr int kUnknown = 3;

/// Names, modes, sizes and times of all files: none is written to without a trace.
std::string snapshot(const fs::path& directory) {
  std::set<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    struct stat status {};
    REQUIRE(lstat(entry.path().c_str(), &status) == 0);
    all.insert(entry.path().string() + " " + std::to_string(status.st_mode) + " " +
               std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
               std::to_string(status.st_mtim.tv_sec) + "." +
               std::to_string(status.st_mtim.tv_nsec));
  }
  std::string text;
  for (const std::string& entry : all) {
    text += entry + "\n";
  }
  return text;
}

/// Runs it and checks what holds always: nothing is written, neither there nor here.
ProcessResult look(const MovingLab& lab, const ProcessSpec& spec) {
  const std::string before = snapshot(lab.scratch.path());
  const std::size_t requests = lab.cloudflare.requests().size();
  ProcessResult result = lab.finish(spec);
  CHECK(snapshot(lab.scratch.path()) == before);
  const auto all = lab.cloudflare.requests();
  CHECK(std::all_of(all.begin() + static_cast<std::ptrdiff_t>(requests), all.end(),
                    [](const LoggedRequest& request) { return request.method == "GET"; }));
  return result;
}

ProcessResult look(const MovingLab& lab, const Options& more = {}) {
  return look(lab, lab.spec({"status"}, more));
}

ProcessSpec on_terminal(ProcessSpec spec, unsigned short columns) {
  spec.out = output::Terminal{.columns = columns};
  spec.environment["TERM"] = "xterm";
  return spec;
}

std::string without_colours(const std::string& text) {
  return std::regex_replace(text, std::regex("\033\\[[0-9;]*m"), "");
}

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

/// In one line, blanks folded: what a reader reads, wherever the lines end.
std::string unfolded(const std::string& text) {
  return std::regex_replace(text, std::regex("\\s+"), " ");
}

/// With N for the milliseconds of probes.
std::string without_times(const std::string& text) {
  return std::regex_replace(text, std::regex("[0-9]+ ms"), "N ms");
}

/// The line about an address.
std::string line_with(const std::string& text, const std::string& begin) {
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with(begin)) {
      return line;
    }
  }
  return "no line begins with " + begin;
}

constexpr const char* kHosts = R"(
mount --bind "$0/hosts" /etc/hosts || exit 77
mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf || exit 77
)";

}  // namespace

// --- What there may be to see ---

TEST_CASE("Status tells who serves, what each address answers, and what a run would do") {
  struct Row {
    std::string story;
    Behaviour main;
    Behaviour backup;
    std::string origin;
    int status;
    std::string head;
    std::string next;
  };
  for (const Row& row : std::vector<Row>{
           {"all is well", Answer{}, Answer{}, Lab::kMain, kOk, "OK  MAIN serves",
            "no change: the record points to MAIN, as it should"},
           {"the standby is dead", Answer{}, Refuse{}, Lab::kMain, kWarning, "WARNING  MAIN serves",
            "no change: the record points to MAIN, as it should"},
           {"MAIN is dead", Refuse{}, Answer{}, Lab::kMain, kCritical,
            "CRITICAL  nobody serves: the record points to MAIN, which is inaccessible",
            "failover 127.0.2.1 -> 127.0.3.1 (127.0.2.1: refused)"},
           {"both are dead", Refuse{}, Refuse{}, Lab::kMain, kCritical,
            "CRITICAL  nobody serves: the record points to MAIN, which is inaccessible",
            "cannot fail over: 127.0.2.1 refused, 127.0.3.1 refused"},
           {"on BACKUP", Refuse{}, Answer{}, Lab::kBackup, kWarning, "WARNING  BACKUP serves",
            "no change: BACKUP serves, and MAIN does not count as accessible"},
           {"MAIN is back", Answer{}, Answer{}, Lab::kBackup, kWarning, "WARNING  BACKUP serves",
            "failback 127.0.3.1 -> 127.0.2.1 (127.0.2.1: accessible again)"},
           {"BACKUP is dead", Answer{}, Refuse{}, Lab::kBackup, kCritical,
            "CRITICAL  nobody serves: the record points to BACKUP, which is inaccessible",
            "failback 127.0.3.1 -> 127.0.2.1 (127.0.3.1: refused)"},
           {"somebody else's address", Answer{}, Answer{}, MovingLab::kMoved, kWarning,
            "WARNING  an unfamiliar address serves",
            "failback 127.0.5.1 -> 127.0.2.1 (127.0.2.1: accessible again)"},
           {"somebody else's dead address", Answer{}, Answer{}, "127.0.6.1", kCritical,
            "CRITICAL  nobody serves: the record points to an unfamiliar address, which is "
            "inaccessible",
            "failover 127.0.6.1 -> 127.0.3.1 (127.0.6.1: refused)"},
       }) {
    MovingLab lab;
    lab.main.behave(row.main);
    lab.backup.behave(row.backup);
    lab.point_to(row.origin);

    const ProcessResult result = look(lab);

    CAPTURE(row.story, result.out, result.err);
    CHECK(result.status == row.status);
    CHECK(result.err.empty());
    const auto lines = lines_of(result.out);
    CHECK(lines.front() == "www.example.com A -> " + row.origin + "  " + row.head);
    CHECK(lines.back() == "  next  " + row.next);
    const auto answers = [](const Behaviour& behaviour) {
      return std::holds_alternative<Answer>(behaviour) ? "accessible " : "inaccessible ";
    };
    const std::string main = line_with(result.out, "  MAIN ");
    const std::string backup = line_with(result.out, "  BACKUP ");
    CHECK_THAT(unfolded(main), StartsWith(" MAIN 127.0.2.1 " + std::string(answers(row.main))));
    CHECK_THAT(unfolded(backup),
               StartsWith(" BACKUP 127.0.3.1 " + std::string(answers(row.backup))));
    CHECK(contains(main, "  refused") == std::holds_alternative<Refuse>(row.main));
    CHECK(contains(backup, "  refused") == std::holds_alternative<Refuse>(row.backup));
    CHECK_FALSE(contains(result.out, "\033"));
    CHECK(lab.content() == row.origin);
    CHECK_FALSE(lab.has("state"));
  }
}

TEST_CASE("Status says of a record that it cannot read what it can of the rest") {
  MovingLab lab;
  lab.backup.behave(Refuse{});
  lab.lock_out();

  const ProcessResult result = look(lab);

  CAPTURE(result.out, result.err);
  CHECK(result.status == kUnknown);
  CHECK_THAT(result.out, StartsWith("www.example.com A  UNKNOWN  the record could not be read\n"));
  CHECK_THAT(unfolded(line_with(result.out, "  MAIN ")), ContainsSubstring("127.0.2.1 accessible"));
  CHECK_THAT(unfolded(line_with(result.out, "  BACKUP ")),
             ContainsSubstring("127.0.3.1 inaccessible"));
  CHECK_THAT(result.out,
             ContainsSubstring("  next  could not read the record: HTTP 403, code 10000"));
}

TEST_CASE("A missing record is unknown to a monitoring system") {
  MovingLab lab;
  lab.cloudflare.remove("www.example.com", "A");

  const ProcessResult result = look(lab);

  CHECK(result.status == kUnknown);
  CHECK_THAT(result.out, ContainsSubstring("  next  found no A record of that name in the zone"));
}

TEST_CASE("An API that does not answer is unknown once the deadline has passed") {
  MovingLab lab;
  at(Exchange::zones, fault::Hang{})(lab);

  const ProcessResult result = look(lab, {"--deadline", "2s"});

  CHECK(result.status == kUnknown);
  CHECK_THAT(result.out, StartsWith("www.example.com A  UNKNOWN  the record could not be read\n"));
  CHECK(result.elapsed < 6s);
}

TEST_CASE("Status does not judge where this host is cut off") {
  MovingLab lab;
  lab.main.behave(Refuse{});

  const ProcessResult result = look(lab, {"--canary", "http://127.0.9.1:1/"});

  CAPTURE(result.out);
  CHECK(result.status == kUnknown);
  CHECK_THAT(result.out,
             StartsWith("www.example.com A -> 127.0.2.1  UNKNOWN  the record points to MAIN, which "
                        "this host cannot judge\n"));
  CHECK_THAT(result.out, ContainsSubstring("no canary answers either"));
  CHECK_THAT(result.out, ContainsSubstring("  next  cannot judge 127.0.2.1"));
}

TEST_CASE("Status says until when a failback is pending") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);

  const ProcessResult result = look(lab, {"--failback-delay", "1h"});

  CAPTURE(result.out);
  CHECK(result.status == kWarning);
  CHECK_THAT(result.out, ContainsSubstring("  WARNING  BACKUP serves\n"));
  CHECK_THAT(result.out, ContainsSubstring("  next  no change: failback is pending until 20"));
}

TEST_CASE("Status says who holds the record, and whether that hurts") {
  struct Row {
    std::string story;
    Behaviour main;
    std::string origin;
    int status;
  };
  for (const Row& row : std::vector<Row>{
           {"nothing is due", Answer{}, Lab::kMain, kOk},
           {"a failback is due", Answer{}, Lab::kBackup, kWarning},
           {"a failover is due", Refuse{}, Lab::kMain, kCritical},
       }) {
    MovingLab lab;
    lab.main.behave(row.main);
    lab.point_to(row.origin);
    REQUIRE(lab.hold({"--why", "moving house"}).status == 0);

    const ProcessResult result = look(lab);

    CAPTURE(row.story, result.out);
    CHECK(result.status == row.status);
    CHECK(result.err.empty());
    const std::string next = line_with(result.out, "  next  ");
    CHECK_THAT(next, ContainsSubstring("held until 20"));
    CHECK_THAT(next, ContainsSubstring("(moving house)"));
  }
}

TEST_CASE("Status counts as a run does: what is damped is not down yet") {
  MovingLab lab;
  const Options fall{"--fall", "3"};
  REQUIRE(lab.run_once(fall).status == 0);
  lab.main.behave(Refuse{});

  const ProcessResult result = look(lab, fall);

  CAPTURE(result.out);
  CHECK(result.status == kWarning);
  CHECK_THAT(result.out, ContainsSubstring("MAIN serves"));
  CHECK(look(lab, fall).out.substr(0, 40) == result.out.substr(0, 40));  // It counts for nothing.
  CHECK(lab.run_once(fall).status == 0);
}

TEST_CASE("Status says since when each address is what it is, once somebody has looked") {
  MovingLab lab;
  lab.backup.behave(Refuse{});

  SECTION("never before") {
    CHECK_FALSE(contains(look(lab).out, "  for "));
  }
  SECTION("for minutes") {
    REQUIRE(lab.run_once().status == 0);
    lab.let_pass_here(10min);
    const ProcessResult result = look(lab);
    CAPTURE(result.out);
    CHECK_THAT(line_with(result.out, "  MAIN "), ContainsSubstring("  for 10 min"));
    CHECK_THAT(line_with(result.out, "  BACKUP "), ContainsSubstring("  for 10 min"));
  }
  SECTION("and that it has just changed") {
    REQUIRE(lab.run_once().status == 0);
    lab.let_pass_here(10min);
    lab.backup.behave(Answer{});
    const std::string backup = line_with(look(lab).out, "  BACKUP ");
    CHECK_FALSE(contains(backup, "  for 10 min"));
  }
}

TEST_CASE("Status knows where a backup has moved, and what a hook has said") {
  MovingLab lab;
  REQUIRE(lab.hold().status == 0);
  lab.point_to(Lab::kBackup);
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 1);

  const ProcessResult result = look(lab);

  CAPTURE(result.out);
  CHECK(result.status == kCritical);
  CHECK_THAT(result.out, ContainsSubstring("replaced by 127.0.5.1"));
  CHECK_THAT(unfolded(result.out), ContainsSubstring("BACKUP 127.0.5.1 accessible"));
  CHECK(lab.backup.connections() == 0);
}

TEST_CASE("A name that does not resolve has its line, and is a warning beside a MAIN that serves") {
  MovingLab lab;
  lab.scratch.write("hosts", "127.0.2.1 main.example.net\n");
  lab.scratch.write("nsswitch.conf", "hosts: files\n");
  ProcessSpec spec = with(with(lab.spec({"status"}), "--main", "main.example.net"), "--backup",
                          "backup.example.net");
  spec.argv.insert(spec.argv.end(), {"--type", "A"});

  const ProcessResult result = look(lab, among_mounts(lab, spec, kHosts));

  if (was_tried(result)) {
    CAPTURE(result.out, result.err);
    CHECK(result.status == kWarning);
    CHECK_THAT(result.out, StartsWith("www.example.com A -> 127.0.2.1  WARNING  MAIN serves\n"));
    CHECK_THAT(unfolded(line_with(result.out, "  BACKUP ")),
               StartsWith(" BACKUP backup.example.net unknown does not resolve"));
  }
}

// --- What it leaves alone ---

TEST_CASE("Status needs no state directory, and makes none") {
  const MovingLab lab;
  ProcessSpec spec = lab.spec({"status"});

  SECTION("none that can be made") {
    spec = with(spec, "--state-dir", "/proc/none");
  }
  SECTION("a file in its place") {
    lab.scratch.write("state", "mine");
  }
  SECTION("none at all") {
    spec = without(spec, "--state-dir");
    spec.environment["HOME"] = lab.scratch.path() / "home";
    spec.environment["XDG_STATE_HOME"] = lab.scratch.path() / "xdg";
  }
  SECTION("no room") {
    spec = with_no_room(spec);
  }

  const ProcessResult result = look(lab, spec);

  CAPTURE(result.out, result.err);
  CHECK(result.status == kOk);
  CHECK_FALSE(lab.has("home"));
  CHECK_FALSE(lab.has("xdg"));
}

TEST_CASE("Status leaves state that makes no sense where it is, and says so") {
  const MovingLab lab;
  const std::string file = GENERATE(as<std::string>(), MovingLab::kSeen, MovingLab::kSaid);
  lab.scratch.write(file, "{\"vers");

  const ProcessResult result = look(lab);

  CAPTURE(result.err);
  CHECK(result.status == kOk);
  CHECK_THAT(result.err, StartsWith("cf-failover: warning: www.example.com A: "));
  CHECK_THAT(result.err, ContainsSubstring("is not a state file of ours\n"));
  CHECK(lab.text(file) == "{\"vers");
}

TEST_CASE("Status does not wait for a run under way") {
  MovingLab lab;
  lab.main.behave_in_turn({Hang{}, Answer{}});
  RunningProcess first(lab.spec({"run"}, {"--timeout", "30s"}));
  REQUIRE(lab.main.await_connections(1));

  const ProcessResult result = ::run(lab.spec({"status"}));

  CHECK(result.status == kOk);
  CHECK(result.elapsed < 5s);
}

// --- Wrong usage ---

TEST_CASE("Wrong usage of status is UNKNOWN, and contacts nobody") {
  const MovingLab lab;
  const Options more = GENERATE(values<Options>({
      {"--bogus"},
      {"main"},
      {"--since", "day"},
      {"--force"},
      {"--timeout", "never"},
      {"--record", "no_such..name"},
      {"-c", "/nonexistent/config.json"},
      {"--nagios=perhaps"},
  }));
  CAPTURE(more);

  const ProcessResult result = look(lab, more);

  CHECK(result.status == kUnknown);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("cf-failover: error: "));
  CHECK(lab.cloudflare.requests().empty());
  CHECK(lab.main.connections() + lab.backup.connections() == 0);
}

TEST_CASE("Without a credential status is UNKNOWN") {
  const MovingLab lab;
  ProcessSpec spec = lab.spec({"status"});
  spec.environment.erase("CLOUDFLARE_API_TOKEN");

  CHECK(look(lab, spec).status == kUnknown);
}

TEST_CASE("A value that is called status does not make a command of it") {
  const MovingLab lab;

  CHECK(lab.finish(lab.spec({"hold"}, {"--why", "status", "--bogus"})).status == 2);
  CHECK(lab.run_once({"--state-dir", "status", "--bogus"}).status == 2);
  CHECK(lab.run_once({"--expect-body", "status", "--timeout", "never"}).status == 2);
}

TEST_CASE("--nagios belongs to status") {
  const MovingLab lab;

  const ProcessResult result = lab.run_once({"--nagios"});

  CHECK(result.status == 2);
  CHECK_THAT(result.err, ContainsSubstring("--nagios belongs to status"));
}

// --- Several records ---

namespace {

/// One record for each status that there is.
const std::vector<std::string> kNames{"ok", "warning", "critical", "unknown"};

class FourRecords : public MovingLab {
 public:
  FourRecords() {
    cloudflare.add_record({.name = "ok.example.com", .content = kMain});
    cloudflare.add_record({.name = "warning.example.com", .content = kBackup});
    cloudflare.add_record({.name = "critical.example.com", .content = "127.0.8.1"});
  }

  /// The command with a file that has these records.
  ProcessSpec status_of(const std::vector<std::string>& names, const Options& more = {}) const {
    const std::string port = std::to_string(main.port());
    std::string records;
    for (const std::string& name : names) {
      records += R"({ "name": ")" + name + R"(.example.com", "main": ")" +
                 (name == "critical" ? "127.0.8.1" : kMain) + R"(", "backup": ")" +
                 (name == "critical" ? "127.0.8.2" : kBackup) + "\" },";
    }
    const std::string config = scratch.write(
        "config.json", R"({ "defaults": { "probe": { "target": "http://www.example.com:)" + port +
                           R"(/", "attempts": 1 } }, "records": [)" + records + "] }");
    ProcessSpec spec{.argv = {built("cf-failover"), "status", "-c", config, "--state-dir",
                              scratch.path() / "state"},
                     .environment = environment()};
    spec.argv.insert(spec.argv.end(), more.begin(), more.end());
    return spec;
  }
};

int number_of(const std::string& name) {
  return static_cast<int>(std::find(kNames.begin(), kNames.end(), name) - kNames.begin());
}

}  // namespace

TEST_CASE("Of several records the worst counts: critical, unknown, warning, ok") {
  const FourRecords lab;
  const std::vector<std::string> order{"critical", "unknown", "warning", "ok"};
  for (std::size_t worse = 0; worse < order.size(); ++worse) {
    for (std::size_t better = worse; better < order.size(); ++better) {
      for (const auto& names :
           {std::vector{order[worse], order[better]}, std::vector{order[better], order[worse]}}) {
        if (worse == better) {
          continue;
        }
        CAPTURE(names);
        CHECK(look(lab, lab.status_of(names)).status == number_of(order[worse]));
        CHECK(look(lab, lab.status_of(names, {"--json"})).status == number_of(order[worse]));
        CHECK(look(lab, lab.status_of(names, {"--nagios"})).status == number_of(order[worse]));
      }
    }
    CAPTURE(order[worse]);
    CHECK(look(lab, lab.status_of({order[worse]})).status == number_of(order[worse]));
  }
  CHECK(look(lab, lab.status_of(kNames)).status == kCritical);
}

TEST_CASE("Several records have a table each, in the order of the file") {
  const FourRecords lab;

  const std::string out = look(lab, lab.status_of(kNames)).out;

  CAPTURE(out);
  std::size_t before = 0;
  for (const std::string& name : kNames) {
    const std::size_t at = out.find(name + ".example.com A");
    REQUIRE(at != std::string::npos);
    CHECK(at >= before);
    CHECK((at == 0 || out.substr(at - 2, 2) == "\n\n"));
    before = at;
  }
  CHECK(look(lab, lab.status_of(kNames, {"--record", "warning.example.com"})).status == kWarning);
}

// --- As JSON ---

TEST_CASE("Status as JSON has the members of a run, with its own status and level") {
  struct Row {
    Behaviour main;
    std::string origin;
    int status;
    std::string level;
  };
  for (const Row& row : std::vector<Row>{
           {Answer{}, Lab::kMain, kOk, "OK"},
           {Answer{}, Lab::kBackup, kWarning, "WARNING"},
           {Refuse{}, Lab::kMain, kCritical, "CRITICAL"},
       }) {
    MovingLab lab;
    lab.main.behave(row.main);
    lab.point_to(row.origin);

    const ProcessResult result = look(lab, {"--json"});

    CAPTURE(result.out);
    CHECK(result.status == row.status);
    CHECK(result.err.empty());
    const ReportLine report = parse_report_line(result.out);
    std::vector<std::string> members =
        parse_report_line(lab.run_once({"--json", "-n"}).out).members;
    members.emplace_back("level");
    CHECK(report.members == members);
    CHECK(report.exit == row.status);
    CHECK(report.written == false);
    CHECK_THAT(result.out, ContainsSubstring("\"level\":\"" + row.level + "\"}"));
  }
}

TEST_CASE("Status as JSON of a record that cannot be read has nulls and the error") {
  MovingLab lab;
  lab.lock_out();

  const ProcessResult result = look(lab, {"--json"});

  const ReportLine report = parse_report_line(result.out);
  CHECK(report.exit == kUnknown);
  CHECK(report.origin == std::nullopt);
  CHECK(report.role == std::nullopt);
  CHECK(report.steps == std::vector{1});
  REQUIRE(report.error);
  CHECK_THAT(*report.error, StartsWith("could not read the record: "));
  CHECK(report.probes.size() == 2);
  CHECK_THAT(result.out, ContainsSubstring("\"level\":\"UNKNOWN\""));
}

TEST_CASE("Status as JSON is one line for each record") {
  const FourRecords lab;

  const auto lines = lines_of(look(lab, lab.status_of(kNames, {"--json"})).out);

  REQUIRE(lines.size() == kNames.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const ReportLine report = parse_report_line(lines[i] + "\n");
    CHECK(report.record == kNames[i] + ".example.com");
    CHECK(report.exit == number_of(kNames[i]));
  }
}

// --- For monitoring systems ---

namespace {

/// As https://www.monitoring-plugins.org/doc/guidelines.html has it: the text, and after the only
/// '|' the performance data, each 'label'=value[UOM];[warn];[crit];[min];[max].
struct PluginLine {
  std::string text;
  std::vector<std::string> labels;
};

PluginLine parse_plugin_line(const std::string& out) {
  static const std::regex kItem(
      "('[^'=|]+'|[^ '=|]+)=-?[0-9]+(\\.[0-9]+)?(s|us|ms|%|B|KB|MB|GB|TB|c)?"
      "(;[-0-9.:~@]*(;[-0-9.:~@]*(;-?[0-9.]*(;-?[0-9.]*)?)?)?)?");
  CAPTURE(out);
  CHECK(std::count(out.begin(), out.end(), '\n') == 1);
  CHECK(out.ends_with("\n"));
  CHECK(out.size() < 4096);
  CHECK(std::count(out.begin(), out.end(), '|') <= 1);
  const std::string line = out.substr(0, out.find('\n'));
  const auto bar = line.find('|');
  PluginLine parsed{line.substr(0, bar), {}};
  std::string data = bar == std::string::npos ? "" : line.substr(bar + 1);
  while (data.starts_with(' ')) {
    data.erase(0, 1);
  }
  while (!data.empty()) {
    std::smatch item;
    CAPTURE(data);
    REQUIRE(std::regex_search(data, item, kItem, std::regex_constants::match_continuous));
    parsed.labels.push_back(item[1]);
    data = item.suffix();
    REQUIRE((data.empty() || data.starts_with(' ')));
    data.erase(0, std::min<std::size_t>(1, data.size()));
  }
  CHECK(std::set<std::string>(parsed.labels.begin(), parsed.labels.end()).size() ==
        parsed.labels.size());
  return parsed;
}

}  // namespace

TEST_CASE("A monitoring system gets one line, with how long each accessible address took") {
  struct Row {
    Behaviour main;
    Behaviour backup;
    std::string origin;
    std::string text;
    std::vector<std::string> labels;
  };
  const std::string main_label = "'www.example.com A 127.0.2.1'";
  const std::string backup_label = "'www.example.com A 127.0.3.1'";
  for (const Row& row : std::vector<Row>{
           {Answer{},
            Answer{},
            Lab::kMain,
            "CF-FAILOVER OK - www.example.com A 127.0.2.1: MAIN serves ",
            {main_label, backup_label}},
           {Answer{},
            Refuse{},
            Lab::kMain,
            "CF-FAILOVER WARNING - www.example.com A 127.0.2.1: MAIN serves, 127.0.3.1 refused ",
            {main_label}},
           {Refuse{},
            Answer{},
            Lab::kMain,
            "CF-FAILOVER CRITICAL - www.example.com A 127.0.2.1: nobody serves: the record points "
            "to MAIN, which is inaccessible, 127.0.2.1 refused ",
            {backup_label}},
           {Refuse{},
            Refuse{},
            Lab::kMain,
            "CF-FAILOVER CRITICAL - www.example.com A 127.0.2.1: nobody serves: the record points "
            "to MAIN, which is inaccessible, 127.0.2.1 refused, 127.0.3.1 refused",
            {}},
       }) {
    MovingLab lab;
    lab.main.behave(row.main);
    lab.backup.behave(row.backup);
    lab.point_to(row.origin);

    const ProcessResult result = look(lab, {"--nagios"});

    const PluginLine line = parse_plugin_line(result.out);
    CHECK(line.text == row.text);
    CHECK(line.labels == row.labels);
    CHECK(result.err.empty());
    CHECK(look(lab).status == result.status);
  }
}

TEST_CASE("A monitoring system gets one line for all records") {
  const FourRecords lab;

  const PluginLine line = parse_plugin_line(look(lab, lab.status_of(kNames, {"--nagios"})).out);

  CHECK_THAT(line.text, StartsWith("CF-FAILOVER CRITICAL - "));
  for (const std::string& name : kNames) {
    CHECK_THAT(line.text, ContainsSubstring(name + ".example.com A"));
  }
  CHECK(line.labels.size() == 6);  // None of the record whose sites are dead.
}

TEST_CASE("What a monitoring system gets of an API that cannot be read says so") {
  MovingLab lab;
  lab.lock_out();

  const ProcessResult result = look(lab, {"--nagios"});

  CHECK(result.status == kUnknown);
  CHECK_THAT(parse_plugin_line(result.out).text,
             StartsWith("CF-FAILOVER UNKNOWN - www.example.com A: the record could not be read"));
}

TEST_CASE("Whatever is expected of a page, the line for a monitoring system stays one") {
  const std::string body = GENERATE("a|b", "a\nb", "a'b=c;d", "\x1b[31m", "\xff", "a\tb | c");
  const MovingLab lab;

  const ProcessResult result = look(lab, {"--nagios", "--expect-body", body});

  CHECK(result.status == kCritical);
  CHECK(parse_plugin_line(result.out).labels.empty());
  CHECK_FALSE(contains(result.out, "\x1b"));
}

// --- On a terminal ---

TEST_CASE("On a terminal status is in colour, by what it means") {
  MovingLab lab;
  lab.backup.behave(Refuse{});

  const ProcessResult result = look(lab, on_terminal(lab.spec({"status"}), 200));

  CAPTURE(result.out);
  CHECK(result.status == kWarning);
  CHECK_THAT(result.out, StartsWith("\033[1mwww.example.com A -> 127.0.2.1\033[0m  "
                                    "\033[33mWARNING\033[0m  MAIN serves\n"));
  CHECK_THAT(result.out, ContainsSubstring("\033[32m  MAIN "));
  CHECK_THAT(result.out, ContainsSubstring("\033[31m  BACKUP "));
  CHECK(without_times(without_colours(result.out)) == without_times(look(lab).out));
}

TEST_CASE("Status is plain for those who do not want colour, and for pipes") {
  const MovingLab lab;
  ProcessSpec spec = on_terminal(lab.spec({"status"}), 80);

  SECTION("NO_COLOR") {
    spec.environment["NO_COLOR"] = "1";
  }
  SECTION("TERM=dumb") {
    spec.environment["TERM"] = "dumb";
  }
  SECTION("a pipe") {
    spec.out = output::Captured{};
  }
  SECTION("a pipe beside a terminal") {
    spec.out = output::Captured{};
    spec.err = output::Terminal{};
  }
  SECTION("JSON") {
    spec.argv.emplace_back("--json");
  }
  SECTION("a monitoring system") {
    spec.argv.emplace_back("--nagios");
  }

  const ProcessResult result = look(lab, spec);

  CHECK(result.status == kOk);
  CHECK_FALSE(contains(result.out + result.err, "\033"));
}

namespace {

struct Scene {
  std::string story;
  Behaviour main = Answer{};
  Behaviour backup = Answer{};
  std::string origin = Lab::kMain;
  Options more = {};
  std::vector<std::string> says = {};
  bool is_held = false;
};

std::vector<Scene> scenes() {
  const std::string body = "all systems of this site are up and running as they should, thanks";
  return {
      {.story = "all is well", .says = {"MAIN serves"}},
      {.story = "both are dead",
       .main = Refuse{},
       .backup = Refuse{},
       .says = {"nobody serves: the record points to MAIN, which is inaccessible",
                "cannot fail over: 127.0.2.1 refused, 127.0.3.1 refused"}},
      {.story = "an unfamiliar address is dead",
       .backup = Refuse{},
       .origin = "127.255.255.254",
       .says = {"nobody serves: the record points to an unfamiliar address, which is inaccessible",
                "MAIN 127.0.2.1 is accessible, but the steps do not try it"}},
      {.story = "long reasons",
       .more = {"--expect-body", body},
       .says = {"body lacks \"all systems of this site are up"}},
      {.story = "one long reason",
       .main = Answer{.body = body},
       .more = {"--expect-body", body},
       .says = {"MAIN serves", "body lacks \"all systems of this site are up"}},
      {.story = "held",
       .main = Refuse{},
       .says = {"would change to 127.0.3.1, but is held until 20",
                "(somebody moves the whole of the cellar to the attic)"},
       .is_held = true},
      {.story = "not judged",
       .main = Refuse{},
       .more = {"--canary", "http://127.0.9.1:1/"},
       .says = {"which this host cannot judge", "no canary answers either"}},
  };
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  for (const std::string& line : lines_of(text)) {
    longest = std::max(longest, line.size());
  }
  return longest;
}

}  // namespace

TEST_CASE("No line of status is wider than the terminal, and no word is lost") {
  const Scene scene = GENERATE(from_range(scenes()));
  MovingLab lab;
  lab.main.behave(scene.main);
  lab.backup.behave(scene.backup);
  lab.point_to(scene.origin);
  if (scene.is_held) {
    const Options why{"--why", "somebody moves the whole of the cellar to the attic"};
    REQUIRE(lab.hold(why).status == 0);
  }
  const std::string piped = look(lab, scene.more).out;
  for (const unsigned short columns : std::vector<unsigned short>{80, 100, 200}) {
    const std::string shown =
        without_colours(look(lab, on_terminal(lab.spec({"status"}, scene.more), columns)).out);
    CAPTURE(scene.story, columns, shown);
    CHECK(longest_line(shown) <= columns);
    for (const std::string& words : scene.says) {
      CHECK_THAT(unfolded(shown), ContainsSubstring(words));
      CHECK_THAT(unfolded(piped), ContainsSubstring(words));
    }
    for (const std::string& address : {std::string(Lab::kMain), std::string(Lab::kBackup)}) {
      CHECK_THAT(shown, ContainsSubstring(" " + address + " "));
    }
  }
}

TEST_CASE("A reason stands beside its address where there is room, and below it where not") {
  MovingLab lab;
  const std::string body = "all systems of this site are up and running as they should, thanks";
  lab.main.behave(Answer{.body = body});
  const Options more{"--expect-body", body};
  const auto shown = [&](unsigned short columns) {
    return without_times(
        without_colours(look(lab, on_terminal(lab.spec({"status"}, more), columns)).out));
  };
  const std::string reason = "body lacks \"all systems of this site are up";

  const std::string wide = shown(200);
  CAPTURE(wide);
  CHECK_THAT(line_with(wide, "  BACKUP "), ContainsSubstring(reason));

  const std::string narrow = shown(80);
  CAPTURE(narrow);
  CHECK_FALSE(contains(line_with(narrow, "  BACKUP "), reason));
  // The address, its verdict and its time stay together, as in the wide table.
  CHECK_THAT(line_with(narrow, "  MAIN "), StartsWith("  MAIN    127.0.2.1  accessible    N ms"));
  CHECK_THAT(line_with(narrow, "  BACKUP "), StartsWith("  BACKUP  127.0.3.1  inaccessible  N ms"));

  const auto piped = lines_of(look(lab, more).out);
  CHECK(piped.size() == 5);
}
