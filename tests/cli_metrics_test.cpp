// What the built program leaves for monitoring systems: the metrics file and the ping.

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "app/system_clock.h"
#include "io/lock.h"
#include "support/catch.h"
#include "support/config_lab.h"
#include "support/moving_lab.h"
#include "value/text.h"

namespace {

using namespace std::chrono_literals;
using behaviour::Answer;
using behaviour::Hang;
using behaviour::Refuse;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
namespace fs = std::filesystem;

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

/// A sample's name and labels, and its value.
using Samples = std::map<std::string, std::string>;

Samples samples_in(const std::string& text) {
  Samples samples;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty() && !line.starts_with('#')) {
      const auto space = line.rfind(' ');
      const bool is_new = samples.emplace(line.substr(0, space), line.substr(space + 1)).second;
      INFO(line);
      CHECK(is_new);
    }
  }
  return samples;
}

struct Scene : ConfigLab {
  Scene() { configure({"\"metrics_file\": " + quoted(path().string())}); }

  fs::path path() const { return scratch.path() / "collector/cf.prom"; }
  bool has_file() const { return fs::exists(path()); }
  std::string text() const { return scratch.read("collector/cf.prom"); }
  Samples samples() const { return samples_in(text()); }

  /// The value of a metric of the lab's record; "-" if there is none.
  std::string value(const std::string& name, const std::string& labels = {}) const {
    const auto all = samples();
    const auto found = all.find("cf_failover_" + name + R"({record="www.example.com",type="A")" +
                                (labels.empty() ? "" : "," + labels) + "}");
    return found == all.end() ? "-" : found->second;
  }
  std::string outbox_length() const { return samples().at("cf_failover_outbox_notices"); }

  void make_collector() const { fs::create_directories(path().parent_path()); }
};

/// A scene whose collector's directory is there.
struct CollectedScene : Scene {
  CollectedScene() { make_collector(); }
};

std::string probe_labels(const std::string& address, const std::string& role) {
  return "address=\"" + address + "\",role=\"" + role + "\"";
}
const std::string kMainProbe = probe_labels(Lab::kMain, "main");
const std::string kBackupProbe = probe_labels(Lab::kBackup, "backup");

double number(const std::string& text) {
  CAPTURE(text);
  REQUIRE_FALSE(text.empty());
  REQUIRE(text != "-");
  return std::stod(text);
}

double now() {
  return std::chrono::duration<double>(unix_now().time_since_epoch()).count();
}

/// Whether the value is the Unix time of a moment ago.
void check_is_now(const std::string& value) {
  CHECK(number(value) <= now() + 0.01);
  CHECK(number(value) > now() - 20);
}

/// Whether the kernel has it wait for a lock on a file: proc_locks(5).
bool waits_for_lock(pid_t pid) {
  std::ifstream locks("/proc/locks");
  const std::regex waiting("[0-9]+: -> FLOCK +ADVISORY +WRITE " + std::to_string(pid) + " .*");
  for (std::string line; std::getline(locks, line);) {
    if (std::regex_match(line, waiting)) {
      return true;
    }
  }
  return false;
}

bool has_promtool() {
  static const bool kHas = [] {
    try {
      return run({.argv = {"promtool", "--version"}}).status == 0;
    } catch (const std::system_error&) {
      return false;
    }
  }();
  if (!kHas) {
    WARN("not tried: there is no promtool here (Debian: prometheus)");
  }
  return kHas;
}

void check_with_promtool(const fs::path& file) {
  if (!has_promtool()) {
    return;
  }
  const ProcessResult result =
      run({.argv = {"/bin/sh", "-c", "promtool check metrics <\"$0\"", file},
           .environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}}});
  CAPTURE(result.out, result.err);
  CHECK(result.status == 0);
  CHECK(result.out.empty());
  CHECK(result.err.empty());
}

mode_t mode_of(const fs::path& file) {
  struct stat status {};
  REQUIRE(stat(file.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

ProcessSpec with_umask(ProcessSpec spec, const std::string& mask) {
  const Options shell{"/bin/sh", "-c", "umask " + mask + "; exec \"$@\"", "sh"};
  spec.argv.insert(spec.argv.begin(), shell.begin(), shell.end());
  return spec;
}

}  // namespace

// --- Metrics ---

TEST_CASE("A run on MAIN measures everything that there is to measure") {
  CollectedScene scene;

  const ProcessResult result = scene.run();

  CHECK(result.status == 0);
  CHECK((result.out + result.err).empty());
  CHECK(scene.value("origin_info", R"(origin="127.0.2.1",role="main")") == "1");
  CHECK(scene.value("probe_success", kMainProbe) == "1");
  CHECK(scene.value("probe_success", kBackupProbe) == "1");
  CHECK(number(scene.value("probe_duration_seconds", kMainProbe)) < 2);
  CHECK(number(scene.value("probe_duration_seconds", kMainProbe)) > 0);
  CHECK(number(scene.value("probe_duration_seconds", kBackupProbe)) > 0);
  check_is_now(scene.value("last_run_timestamp_seconds"));
  check_is_now(scene.value("last_success_timestamp_seconds"));
  CHECK(scene.value("last_change_timestamp_seconds") == "-");
  for (const char* const action : {"failover", "failback", "switch"}) {
    CHECK(scene.value("changes_total", "action=" + quoted(action)) == "0");
  }
  CHECK(scene.value("consecutive_failures") == "0");
  CHECK(scene.value("api_requests") == "3");  // Two labels of the zone, and the record.
  CHECK(number(scene.value("api_rate_limit_remaining")) > 1000);
  CHECK(number(scene.value("run_duration_seconds")) > 0);
  CHECK(number(scene.value("run_duration_seconds")) < 10);
  CHECK(scene.value("exit_status") == "0");
  CHECK(scene.value("hold") == "0");
  CHECK(scene.outbox_length() == "0");
  check_with_promtool(scene.path());
}

TEST_CASE("A failover and a failback show in the metrics, and counters grow") {
  CollectedScene scene;
  scene.run();
  scene.main.behave(Refuse{});

  REQUIRE(scene.run().status == 0);

  CHECK(scene.value("origin_info", R"(origin="127.0.3.1",role="backup")") == "1");
  CHECK(scene.value("origin_info", R"(origin="127.0.2.1",role="main")") == "-");
  CHECK(scene.value("probe_success", kMainProbe) == "0");
  CHECK(scene.value("changes_total", R"(action="failover")") == "1");
  CHECK(scene.value("changes_total", R"(action="failback")") == "0");
  check_is_now(scene.value("last_change_timestamp_seconds"));
  const std::string changed = scene.value("last_change_timestamp_seconds");
  check_with_promtool(scene.path());

  REQUIRE(scene.run().status == 0);
  CHECK(scene.value("last_change_timestamp_seconds") == changed);
  CHECK(scene.value("changes_total", R"(action="failover")") == "1");

  scene.main.behave(Answer{});
  REQUIRE(scene.run().status == 0);
  scene.main.behave(Refuse{});
  REQUIRE(scene.run().status == 0);
  CHECK(scene.value("changes_total", R"(action="failover")") == "2");
  CHECK(scene.value("changes_total", R"(action="failback")") == "1");
  CHECK(number(scene.value("last_change_timestamp_seconds")) > number(changed));
}

TEST_CASE("A change by hand counts as a switch, and its hold shows") {
  CollectedScene scene;

  REQUIRE(scene.run({"switch", "backup"}).status == 0);
  REQUIRE(scene.run().status == 0);

  CHECK(scene.value("changes_total", R"(action="switch")") == "1");
  CHECK(scene.value("changes_total", R"(action="failover")") == "0");
  CHECK(scene.value("hold") == "1");
  scene.run({"release"});
  scene.run();
  CHECK(scene.value("hold") == "0");
}

TEST_CASE("Runs that fail are counted until one succeeds") {
  CollectedScene scene;
  scene.run();
  const std::string success = scene.value("last_success_timestamp_seconds");
  scene.main.behave(Refuse{});
  scene.backup.behave(Refuse{});

  for (int i = 1; i <= 3; ++i) {
    CHECK(scene.run().status == 1);
    CHECK(scene.value("consecutive_failures") == std::to_string(i));
    CHECK(scene.value("exit_status") == "1");
    CHECK(scene.value("last_success_timestamp_seconds") == success);
    CHECK(number(scene.value("last_run_timestamp_seconds")) > number(success));
  }
  CHECK(scene.value("probe_success", kMainProbe) == "0");
  CHECK(scene.value("probe_success", kBackupProbe) == "0");
  check_with_promtool(scene.path());
  scene.main.behave(Answer{});
  CHECK(scene.run().status == 0);
  CHECK(scene.value("consecutive_failures") == "0");
}

TEST_CASE("A run that could not read the record has no origin to show") {
  CollectedScene scene;
  scene.run();
  at(Exchange::list, fault::refusal(403, 10000, "Authentication error"))(scene);

  CHECK(scene.run().status == 3);

  CHECK_THAT(scene.text(), !ContainsSubstring("cf_failover_origin_info{"));
  CHECK(scene.value("exit_status") == "3");
  CHECK(scene.value("probe_success", kMainProbe) == "1");
  check_with_promtool(scene.path());
}

TEST_CASE("An address that nobody can judge has no success and no failure") {
  CollectedScene scene;
  const LoopbackOrigin canary({.address = "127.0.8.1"}, Refuse{});
  scene.configure({"\"metrics_file\": " + quoted(scene.path().string()),
                   "\"canaries\": [" + quoted(canary.url()) + "]"});
  scene.main.behave(Refuse{});

  CHECK(scene.run().status == 4);

  CHECK(scene.value("probe_success", kMainProbe) == "-");
  CHECK(scene.value("exit_status") == "4");
  check_with_promtool(scene.path());
}

TEST_CASE("An address that is neither MAIN nor BACKUP is shown as another") {
  CollectedScene scene;
  const LoopbackOrigin other({.address = Lab::kOther, .port = scene.main.port()});
  scene.main.behave(Refuse{});
  scene.point_to(Lab::kOther);

  CHECK(scene.run().status == 0);

  CHECK(scene.value("origin_info", R"(origin="127.0.4.1",role="other")") == "1");
  CHECK(scene.value("probe_success", probe_labels(Lab::kOther, "other")) == "1");
}

TEST_CASE("The certificates of HTTPS origins show when they expire") {
  Lab lab(Lab::Origins::tls);
  const fs::path path = lab.scratch.path() / "cf.prom";
  lab.scratch.write(
      "config.json",
      R"({"metrics_file": ")" + path.string() + R"(", "state_dir": ")" +
          (lab.scratch.path() / "state").string() +
          R"(", "records": [{"name": "www.example.com", "main": "127.0.2.1", "backup": "127.0.3.1",)"
          R"( "probe": {"target": "https://www.example.com:)" +
          std::to_string(lab.main.port()) + R"(/", "attempts": 1, "ca_file": ")" +
          test_ca().ca_file().string() + "\"}}]}");

  const ProcessResult result =
      run({.argv = {built("cf-failover"), "run", "--config", lab.scratch.path() / "config.json"},
           .environment = lab.environment()});

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  const Samples samples = samples_in(lab.scratch.read("cf.prom"));
  for (const std::string& labels : {kMainProbe, kBackupProbe}) {
    const auto found =
        samples.find(R"(cf_failover_certificate_expiry_timestamp_seconds{record="www.example.com",)"
                     R"(type="A",)" +
                     labels + "}");
    REQUIRE(found != samples.end());
    CHECK(number(found->second) > now() + 3600);
  }
  check_with_promtool(path);
}

TEST_CASE("Notices that wait are counted") {
  CollectedScene scene;
  LoopbackOrigin told({.address = "127.0.7.1"}, Refuse{});
  scene.configure({"\"metrics_file\": " + quoted(scene.path().string()),
                   R"("notify": [{"channel": "webhook", "url": ")" + told.url() + "\"}]"});
  scene.backup.behave(Refuse{});

  scene.run();

  CHECK(scene.outbox_length() == "1");
  told.behave(Answer{});
  scene.let_pass(2min);
  scene.run();
  CHECK(scene.outbox_length() == "0");
}

TEST_CASE("The metrics file can be read by the collector, whatever the umask") {
  const auto mask = GENERATE(as<std::string>(), "077", "022", "0777", "000");
  CollectedScene scene;

  const ProcessResult result = run(with_umask(scene.spec(), mask));

  CHECK(result.status == 0);
  CHECK(mode_of(scene.path()) == 0644);
  run(with_umask(scene.spec(), mask));
  CHECK(mode_of(scene.path()) == 0644);
}

TEST_CASE("A collector sees a whole file or the one before it, never a half") {
  CollectedScene scene;
  scene.run();
  const Descriptor before(open(scene.path().c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(before);
  struct stat old_one {};
  struct stat new_one {};
  fstat(before.get(), &old_one);

  scene.run();

  REQUIRE(stat(scene.path().c_str(), &new_one) == 0);
  CHECK(old_one.st_ino != new_one.st_ino);
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(scene.path().parent_path())) {
    names.insert(entry.path().filename());
  }
  CHECK(names == std::set<std::string>{"cf.prom", "cf.prom.lock"});
}

TEST_CASE("Runs that share a metrics file take turns, and wait for nobody for long") {
  CollectedScene scene;
  auto lock = Lock::try_acquire(scene.path().string() + ".lock");
  REQUIRE(lock);
  REQUIRE(lock->has_value());
  RunningProcess running(scene.spec());
  while (!waits_for_lock(running.pid())) {
    REQUIRE(running.running());
  }
  CHECK_FALSE(scene.has_file());

  const bool lets_go = GENERATE(true, false);
  if (lets_go) {
    lock->reset();
  }

  const ProcessResult result = running.wait();
  CHECK(result.status == 0);
  CHECK(result.elapsed < 10s);
  CHECK(scene.has_file());
}

TEST_CASE("A run of one record keeps what the file says of the others") {
  CollectedScene scene;
  scene.cloudflare.add_record({.name = "api.example.com", .content = Lab::kMain, .ttl = 60});
  scene.configure({"\"metrics_file\": " + quoted(scene.path().string())},
                  {"www.example.com", "api.example.com"});
  REQUIRE(scene.run().status == 0);
  const Samples before = scene.samples();
  scene.main.behave(Refuse{});

  REQUIRE(scene.run({"run", "--record", "www.example.com"}).status == 0);

  std::size_t kept = 0;
  const Samples after = scene.samples();
  for (const auto& [name, value] : before) {
    if (contains(name, "api.example.com")) {
      CAPTURE(name);
      ++kept;
      CHECK(after.contains(name));
      CHECK(after.at(name) == value);
    }
  }
  CHECK(kept >= 12);
  CHECK(scene.value("origin_info", R"(origin="127.0.3.1",role="backup")") == "1");
  CHECK(scene.value("probe_success", kMainProbe) == "0");
  check_with_promtool(scene.path());
}

TEST_CASE("Two records side by side are measured each") {
  CollectedScene scene;
  scene.cloudflare.add_record({.name = "api.example.com", .content = Lab::kBackup, .ttl = 60});
  scene.configure({"\"metrics_file\": " + quoted(scene.path().string())},
                  {"www.example.com", "api.example.com"});

  REQUIRE(scene.run().status == 0);

  const Samples samples = scene.samples();
  CHECK(samples.at(R"(cf_failover_changes_total{record="api.example.com",type="A",)"
                   R"(action="failback"})") == "1");
  CHECK(scene.value("changes_total", R"(action="failback")") == "0");
  check_with_promtool(scene.path());
}

TEST_CASE("What somebody else has put there does not spoil the metrics") {
  const auto text = GENERATE(
      as<std::string>(), "", "rubbish\n", "{\n", "cf_failover_hold{record=\"x\",type=\"A\"} what\n",
      "cf_failover_hold{record=\"x\n", "cf_failover_hold{record=\"x} 0\n",
      "cf_failover_hold{record=\"x\",type=\"A\"} 1.2.3\n",
      "cf_failover_hold{record=\"x\",type=\"A\"} 0\ncf_failover_hold{record=\"x\",type=\"A\"} 1\n",
      std::string(2'000'000, '{'), "cf_failover_exit_status{} \n",
      "node_load1 0.5\nup{a=\"b\"} 1\n", std::string("cf_failover_hold{\0\xff} 1\n", 23));
  CollectedScene scene;
  scene.scratch.write("collector/cf.prom", text, 0644);

  const ProcessResult result = scene.run();

  CHECK(result.status == 0);
  CHECK((result.out + result.err).empty());
  CHECK(scene.value("exit_status") == "0");
  check_with_promtool(scene.path());
}

TEST_CASE("Metrics that cannot be written are warned of, and change no status") {
  const auto kind = GENERATE(0, 1, 2, 3);
  CAPTURE(kind);
  Scene scene;  // Without the collector's directory.
  if (kind == 1) {
    fs::create_directories(scene.path() / "it is a directory");
  } else if (kind == 2) {
    scene.scratch.write("collector", "a file");
  } else if (kind == 3) {
    scene.make_collector();
  }
  scene.main.behave(Refuse{});

  const ProcessResult result = run(kind == 3 ? with_no_room(scene.spec()) : scene.spec());

  CHECK(result.status == 0);
  CHECK(result.out == success_line());
  CHECK_THAT(result.err, ContainsSubstring("cf-failover: warning: no metrics: "));
  CHECK(scene.content() == Lab::kBackup);
}

TEST_CASE("A metrics file without a directory is one where the program starts") {
  const ConfigLab lab;
  lab.configure({R"("metrics_file": "cf.prom")"});
  ProcessSpec spec = lab.spec();
  spec.directory = lab.scratch.path();

  const ProcessResult result = run(spec);

  CHECK(result.err.empty());
  CHECK(fs::exists(lab.scratch.path() / "cf.prom"));
}

TEST_CASE("A dry run, status, check-config and notify-test write no metrics and ping nobody") {
  const Options words = GENERATE(values<Options>({{"run", "--dry-run"},
                                                  {"status"},
                                                  {"check-config", "--online"},
                                                  {"notify-test"},
                                                  {"history"},
                                                  {"hold"},
                                                  {"switch", "backup", "--dry-run"}}));
  CAPTURE(words);
  CollectedScene scene;
  const LoopbackOrigin ping({.address = "127.0.9.1"});
  scene.configure(
      {"\"metrics_file\": " + quoted(scene.path().string()), "\"ping\": " + quoted(ping.url())});

  scene.run(words);

  CHECK_FALSE(scene.has_file());
  CHECK(ping.connections() == 0);
}

// --- The ping ---

namespace {

struct PingScene : CollectedScene {
  LoopbackOrigin ping{{.address = "127.0.9.1"}};

  PingScene() { expect(); }

  void expect(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> top{"\"ping\": " + quoted(ping.url() + "b5f2/check")};
    top.insert(top.end(), more.begin(), more.end());
    configure(top);
  }
};

}  // namespace

TEST_CASE("Each run pings once, with its status and its summary") {
  PingScene scene;
  const auto [is_main_up, is_backup_up, status,
              body] = GENERATE(table<bool, bool, int, std::string>({
      {true, true, 0, "www.example.com A: "},
      {false, true, 0, "www.example.com A: failover 127.0.2.1 -> 127.0.3.1 (127.0.2.1: refused)\n"},
      {false, false, 1, "www.example.com A: cannot fail over"},
  }));
  scene.main.behave(is_main_up ? Behaviour(Answer{}) : Behaviour(Refuse{}));
  scene.backup.behave(is_backup_up ? Behaviour(Answer{}) : Behaviour(Refuse{}));

  const ProcessResult result = scene.run();

  CHECK(result.status == status);
  REQUIRE(scene.ping.requests().size() == 1);
  const SeenRequest request = scene.ping.requests().front();
  CHECK(request.method == "POST");
  CHECK(request.path == "/b5f2/check/" + std::to_string(status));
  CHECK_THAT(request.body, StartsWith(body));
  CHECK(request.body.ends_with('\n'));
  CHECK(std::count(request.body.begin(), request.body.end(), '\n') == 1);
}

TEST_CASE("A ping of several records has a line for each, and the worst status") {
  PingScene scene;
  scene.cloudflare.add_record({.name = "api.example.com", .content = Lab::kMain, .ttl = 60});
  scene.configure({"\"ping\": " + quoted(scene.ping.url() + "check")},
                  {"www.example.com", "api.example.com", "none.example.com"});

  const ProcessResult result = scene.run();

  CHECK(result.status == 3);
  REQUIRE(scene.ping.requests().size() == 1);
  const SeenRequest request = scene.ping.requests().front();
  CHECK(request.path == "/check/3");
  CHECK_THAT(request.body, StartsWith("www.example.com A: "));
  CHECK_THAT(request.body, ContainsSubstring("\napi.example.com A: "));
  CHECK_THAT(request.body, ContainsSubstring("\nnone.example.com A: "));
}

TEST_CASE("The ping comes after everything else") {
  PingScene scene;
  LoopbackOrigin told({.address = "127.0.7.1"});
  scene.expect({"\"metrics_file\": " + quoted(scene.path().string()),
                R"("notify": [{"channel": "webhook", "url": ")" + told.url() + "\"}]"});
  std::size_t notices = 0;
  bool had_metrics = false;
  std::string content;
  scene.ping.on_request([&](const SeenRequest&) {
    notices = told.requests().size();
    had_metrics = scene.has_file();
    content = scene.content();
  });
  scene.main.behave(Refuse{});

  scene.run();

  CHECK(scene.ping.requests().size() == 1);
  CHECK(notices == 1);
  CHECK(had_metrics);
  CHECK(content == Lab::kBackup);
}

TEST_CASE("The address of a ping may be a secret, in a file") {
  const std::string secret = "planted-uuid";
  PingScene scene;
  scene.configure(
      {"\"ping_file\": " + quoted(scene.secret_file("ping", scene.ping.url() + secret + "/"))});

  const ProcessResult result = scene.run({"run", "-v"});

  REQUIRE(scene.ping.requests().size() == 1);
  CHECK(scene.ping.requests().front().path == "/" + secret + "/0");
  CHECK_FALSE(contains(result.out + result.err, secret));
  CHECK_FALSE(contains(everything_below(scene.state()), secret));
}

TEST_CASE("A ping that fails or hangs changes no status and misses no deadline") {
  const Behaviour behaviour = GENERATE(values<Behaviour>(
      {Refuse{}, Hang{}, Hang{Stage::accepted}, Hang{Stage::in_head}, behaviour::NeverConnect{},
       behaviour::Reset{}, behaviour::status(404), behaviour::not_http(),
       behaviour::redirect("/elsewhere"), behaviour::Endless{behaviour::Part::body}}));
  CAPTURE(behaviour.index());
  PingScene scene;
  scene.ping.behave(behaviour);
  scene.main.behave(Refuse{});

  const ProcessResult result = scene.run({"run", "--deadline", "1"});

  CHECK(result.status == 0);
  CHECK(result.out == success_line());
  CHECK(result.err.empty());
  CHECK(result.elapsed < 4s);
  CHECK(scene.ping.requests().size() <= 1);
}

TEST_CASE("A channel that hangs does not take the ping's time") {
  PingScene scene;
  const LoopbackOrigin told({.address = "127.0.7.1"}, Hang{});
  scene.expect({R"("notify": [{"channel": "webhook", "url": ")" + told.url() + "\"}]"});
  scene.main.behave(Refuse{});

  const ProcessResult result = scene.run({"run", "--deadline", "2"});

  CHECK(result.status == 0);
  CHECK(scene.ping.requests().size() == 1);
}

TEST_CASE("A run that finds another under way pings nobody and measures nothing") {
  PingScene scene;
  scene.expect({"\"metrics_file\": " + quoted(scene.path().string())});
  scene.main.behave(Hang{});
  RunningProcess first(scene.spec());
  REQUIRE(scene.main.await_requests(1));

  const ProcessResult second = scene.run();

  CHECK(second.status == 75);
  CHECK(scene.ping.connections() == 0);
  CHECK_FALSE(scene.has_file());
}

TEST_CASE("A switch and a new address of the backup ping as well") {
  PingScene scene;

  scene.run({"switch", "backup"});

  REQUIRE(scene.ping.requests().size() == 1);
  CHECK(scene.ping.requests().front().path == "/b5f2/check/0");
}

TEST_CASE("A ping's address that is none is refused") {
  const auto [member, says] = GENERATE(table<std::string, std::string>({
      {R"("ping": "hc-ping.com/uuid")", "config.json:2:"},
      {R"("ping": "http://hc-ping.example.com/uuid")", "config.json:2:"},
      {R"("ping": "https://a.example/", "ping_file": "/x")", "contradict"},
      {R"("ping_file": "/nowhere/at/all")", "/nowhere/at/all"},
  }));
  CAPTURE(member);
  const ConfigLab lab;
  lab.configure({member});

  const ProcessResult result = lab.run({"check-config"});

  CHECK(result.status == 2);
  CHECK_THAT(result.err, StartsWith("cf-failover: error: "));
  CHECK_THAT(result.err, ContainsSubstring(says));
}

TEST_CASE("A ping's address that cannot be read stops no failover") {
  ConfigLab lab;
  lab.configure({R"("ping_file": "/nowhere/at/all")"});
  lab.main.behave(Refuse{});

  lab.run();

  CHECK(lab.content() == Lab::kBackup);
}
