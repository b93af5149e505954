// The probes that are neither HTTP nor TCP, through the built program: commands and echo requests.
// And the canaries, which tell a dead origin from a host that is cut off.

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <sstream>

#include "support/api_scene.h"
#include "support/catch.h"
#include "support/descriptor.h"
#include "support/lab.h"
#include "support/report_line_json.h"
#include "value/text.h"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

constexpr const char* kPath = "/usr/bin:/bin";

/// A lab whose probe is a command or "icmp".
struct Bench {
  Lab lab;

  ProcessSpec command(const std::string& probe, const Options& more = {}) const {
    ProcessSpec spec = with(lab.command({"--json", "--attempts", "1"}), "--probe", probe);
    spec.argv.insert(spec.argv.end(), more.begin(), more.end());
    spec.environment.emplace("PATH", kPath);
    return spec;
  }

  ReportLine look(const std::string& probe, const Options& more = {}) const {
    return parse_report_line(run(command(probe, more)).out);
  }

  /// "exec:" with a script of these lines, which finds the scratch directory in $DIR.
  std::string script(const std::string& lines, const std::string& interpreter = "/bin/sh") const {
    return "exec:" + lab.scratch
                         .write("probe",
                                "#!" + interpreter + "\nDIR=" + lab.scratch.path().string() + "\n" +
                                    lines + "\n",
                                0755)
                         .string();
  }

  std::string written(const std::string& name) const { return lab.scratch.read(name); }
};

const std::string kBackupIsUp = "case $CF_FAILOVER_ADDRESS in 127.0.3.1) exit 0;; esac\n";
const std::string kMainIsUp = "case $CF_FAILOVER_ADDRESS in 127.0.2.1) exit 0;; esac\n";
/// Only MAIN's probe goes on from here.
const std::string kForMain = "test $CF_FAILOVER_ADDRESS = 127.0.2.1 || exit 0\n";

/// Whether that process has ended, or does at once: a SIGKILL needs a moment. What nobody has
/// reaped yet has ended too.
bool is_gone(const std::string& pid) {
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, std::stoi(pid), 0)));
  if (!process) {
    return errno == ESRCH;
  }
  constexpr int kMilliseconds = 5000;
  pollfd end{.fd = process.get(), .events = POLLIN, .revents = 0};
  return poll(&end, 1, kMilliseconds) == 1;
}

/// Whether this process, and so the program, may open any socket for ICMP.
bool may_ping(int family) {
  const int protocol = family == AF_INET ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
  return Descriptor(socket(family, SOCK_DGRAM | SOCK_CLOEXEC, protocol)) ||
         Descriptor(socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol));
}

}  // namespace

// --- Commands ---

TEST_CASE("A command's exit status tells whether an address is accessible", "[cli]") {
  const Bench bench;
  const auto [script, result, reason] = GENERATE(table<std::string, std::string, std::string>({
      {"exit 0", "accessible", ""},
      {"exit 1", "inaccessible", "exit 1"},
      {"exit 3", "inaccessible", "exit 3"},
      {"exit 255", "inaccessible", "exit 255"},
      {"kill -TERM $$", "inaccessible", "killed"},
      {"kill -KILL $$", "inaccessible", "killed"},
  }));
  CAPTURE(script);

  // MAIN is accessible throughout, so that the run changes nothing.
  const ReportLine report = bench.look(bench.script(kMainIsUp + script));

  CHECK(report.exit == 0);
  CHECK(report.probe(Lab::kMain).result == "accessible");
  CHECK(report.probe(Lab::kBackup).result == result);
  CHECK(report.probe(Lab::kBackup).reason.value_or("") == reason);
}

TEST_CASE("A command that finds MAIN dead makes the record move", "[cli]") {
  const Bench bench;

  const ReportLine report = bench.look(bench.script(kBackupIsUp + "exit 3"));

  CHECK(report.exit == 0);
  CHECK(report.action == "failover");
  CHECK(report.probe(Lab::kMain).reason == "exit 3");
  CHECK(bench.lab.content() == Lab::kBackup);
}

TEST_CASE("A command is tried as often as any probe", "[cli]") {
  const Bench bench;
  const std::string probe = bench.script(kForMain +
                                         "echo x >>$DIR/tries\n"
                                         "test $(wc -l <$DIR/tries) -ge 3");

  const ReportLine report = parse_report_line(
      run(with(bench.command(probe, {"--retry-delay", "10ms"}), "--attempts", "3")).out);

  CHECK(report.probe(Lab::kMain).result == "accessible");
  CHECK(report.probe(Lab::kMain).attempts == 3);
  CHECK(report.probe(Lab::kBackup).attempts == 1);
}

TEST_CASE("A command that outlives its time-out is killed, with all that it started", "[cli]") {
  const Bench bench;
  const std::string probe = bench.script(kForMain +
                                         "trap '' TERM HUP INT\n"
                                         "sh -c 'trap \"\" TERM HUP INT; echo $$ >'$DIR/child'; "
                                         "sleep 600 & echo $! >'$DIR/grandchild'; wait' &\n"
                                         "echo $$ >$DIR/self\n"
                                         "while :; do sleep 600; done");

  const ProcessResult result = run(bench.command(probe, {"--timeout", "1500ms"}));
  const ReportLine report = parse_report_line(result.out);

  CHECK(report.probe(Lab::kMain).reason == "killed");
  CHECK(report.probe(Lab::kMain).result == "inaccessible");
  CHECK(report.action == "failover");
  CHECK(result.elapsed < 10s);
  for (const char* const who : {"self", "child", "grandchild"}) {
    CAPTURE(who);
    CHECK(is_gone(bench.written(who)));
  }
}

TEST_CASE("What a command leaves behind ends with it", "[cli]") {
  const Bench bench;

  const ReportLine report =
      bench.look(bench.script(kForMain + "sleep 600 & echo $! >$DIR/left\nexit 0"));

  CHECK(report.probe(Lab::kMain).result == "accessible");
  CHECK(is_gone(bench.written("left")));
}

TEST_CASE("A command sees its address and an ordinary environment without credentials", "[cli]") {
  const Bench bench;
  ProcessSpec spec = bench.command(bench.script(kForMain + "env >$DIR/environment"));
  spec.environment.merge(std::map<std::string, std::string>{
      {"CLOUDFLARE_API_KEY", Lab::kToken},
      {"CLOUDFLARE_EMAIL", "me@example.com"},
      {"CREDENTIALS_DIRECTORY", "/nonexistent"},
      {"STATE_DIRECTORY", "/nonexistent"},
      {"HTTPS_PROXY", "http://127.0.9.9:1"},
      {"LD_BIND_NOW", "1"},
      {"HOME", "/home/me"},
      {"LANG", "C.UTF-8"},
  });

  CHECK(parse_report_line(run(spec).out).exit == 0);

  const std::string seen = "\n" + bench.written("environment");
  CHECK_THAT(seen, ContainsSubstring("\nCF_FAILOVER_ADDRESS=127.0.2.1\n"));
  CHECK_THAT(seen, ContainsSubstring("\nPATH=/usr/bin:/bin\n"));
  CHECK_THAT(seen, ContainsSubstring("\nHOME=/home/me\n"));
  CHECK_THAT(seen, ContainsSubstring("\nLANG=C.UTF-8\n"));
  for (const char* const absent : {"CLOUDFLARE", Lab::kToken, "CREDENTIALS", "STATE_DIRECTORY",
                                   "PROXY", "LD_BIND_NOW", "me@example.com"}) {
    CAPTURE(absent);
    CHECK(seen.find(absent) == std::string::npos);
  }
}

TEST_CASE("A command has /dev/null for its streams and no other descriptor", "[cli]") {
  const Bench bench;
  ProcessSpec spec = bench.command(
      bench.script(kForMain + "streams=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2)\n"
                              "echo \"$streams\" >$DIR/streams\n"
                              "exec ls /proc/self/fd >$DIR/descriptors"));
  // As from a caller that leaks: its own descriptor 9 is open in the program.
  std::string line = "exec";
  for (const std::string& word : spec.argv) {
    line += " '" + word + "'";
  }
  spec.argv = {"/bin/sh", "-c", line + " 9</"};

  CHECK(parse_report_line(run(spec).out).exit == 0);

  CHECK(bench.written("streams") == "/dev/null\n/dev/null\n/dev/null\n");
  CHECK(bench.written("descriptors") == "0\n1\n2\n3\n");  // The last is the directory for ls.
}

TEST_CASE("A command writes as much as it likes and nobody sees it", "[cli]") {
  const Bench bench;

  const ProcessResult result = run(bench.command(bench.script(
      "head -c 20000000 /dev/zero\nhead -c 20000000 /dev/zero >&2\necho out; echo err >&2")));

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK(parse_report_line(result.out).probe(Lab::kMain).result == "accessible");
}

TEST_CASE("A command is a process group of its own, with signals as usual", "[cli]") {
  const Bench bench;
  ProcessSpec spec =
      bench.command(bench.script(
          kForMain + "cut -d' ' -f1,5 /proc/$$/stat >$DIR/group\n"
                     // Not the shell's own: it blocks some while it waits.
                     "exec sed -n 's/^Sig\\(Ign\\|Blk\\):\\t//p' /proc/self/status >$DIR/signals"));
  std::string line = "trap '' INT HUP USR1 CHLD; exec";
  for (const std::string& word : spec.argv) {
    line += " '" + word + "'";
  }
  spec.argv = {"/bin/sh", "-c", line};

  CHECK(parse_report_line(run(spec).out).exit == 0);

  std::istringstream group(bench.written("group"));
  int pid = 0;
  int leader = 0;
  group >> pid >> leader;
  CHECK(pid == leader);
  std::istringstream signals(bench.written("signals"));
  std::uint64_t blocked = 1;
  std::uint64_t ignored = 1;
  signals >> std::hex >> blocked >> ignored;
  constexpr std::uint64_t kOfTheLibrary = 0x180000000;  // glibc ignores its own two in children.
  CHECK(blocked == 0);
  CHECK((ignored & ~kOfTheLibrary) == 0);
}

TEST_CASE("A command that cannot be started says nothing of the address", "[cli]") {
  const Bench bench;
  const std::string plain = bench.lab.scratch.write("plain", "no program", 0644);
  const std::string no_interpreter = bench.script("exit 0", "/nonexistent/sh");
  struct Row {
    std::string probe;
    std::string name;
    std::string why;
  };
  const std::vector<Row> rows{
      {"exec:/nonexistent/probe --now", "/nonexistent/probe", "No such file or directory"},
      {"exec:no-such-program-anywhere", "no-such-program-anywhere", "No such file or directory"},
      {"exec:" + plain, plain, "Permission denied"},
      {no_interpreter, no_interpreter.substr(5), "No such file or directory"},
      {"exec:/", "/", "Permission denied"},
  };

  for (const Row& row : rows) {
    CAPTURE(row.probe);
    const ProcessResult result = run(bench.command(row.probe));
    const ReportLine report = parse_report_line(result.out);
    CHECK(report.exit == 4);
    CHECK(report.probe(Lab::kMain).result == "unknown");
    CHECK(report.probe(Lab::kMain).reason.value_or("") ==
          "this host: cannot run " + row.name + ": " + row.why);
    CHECK_THAT(result.err, ContainsSubstring("hint: the fault is on this host"));
  }
  CHECK(bench.lab.cloudflare.writes().empty());
}

TEST_CASE("Words are split as a shell splits them, and nothing is expanded", "[cli]") {
  const Bench bench;
  const std::string tool =
      bench.script(kForMain + "for word; do echo \"[$word]\"; done >$DIR/words");
  const auto [arguments, words] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {" one  two\tthree ", "[one]\n[two]\n[three]\n"},
      {" 'a  b' \"c  d\" e\\ f", "[a  b]\n[c  d]\n[e f]\n"},
      {" '' \"\"", "[]\n[]\n"},
      {" a'b'\"c\"d", "[abcd]\n"},
      {R"( "a\"b" 'c\d' e\'f)", "[a\"b]\n[c\\d]\n[e'f]\n"},
      {" $HOME `id` $(id) * ~ ; | & > x #y {a,b}",
       "[$HOME]\n[`id`]\n[$(id)]\n[*]\n[~]\n[;]\n[|]\n[&]\n[>]\n[x]\n[#y]\n[{a,b}]\n"},
      {" \"$CF_FAILOVER_ADDRESS\"", "[$CF_FAILOVER_ADDRESS]\n"},
  }));
  CAPTURE(arguments);

  CHECK(bench.look(tool + arguments).exit == 0);

  CHECK(bench.written("words") == words);
}

TEST_CASE("A command with an open quote, or none at all, is refused", "[cli]") {
  const Bench bench;
  for (const char* const probe : {"exec:", "exec:  ", "exec:check 'a", "exec:check \"a"}) {
    const ProcessResult result = run(bench.command(probe));

    CAPTURE(probe);
    CHECK(result.status == 2);
    CHECK_THAT(result.err, ContainsSubstring("is not a probe"));
  }
  CHECK(bench.lab.cloudflare.requests().empty());
}

TEST_CASE("The deadline ends a command too, and then nothing is known", "[cli]") {
  const Bench bench;
  const std::string probe = bench.script(kForMain + "echo $$ >$DIR/self\nexec sleep 600");

  const ReportLine report = bench.look(probe, {"--timeout", "30s", "--deadline", "1500ms"});

  CHECK(report.exit == 4);
  CHECK(report.probe(Lab::kMain).result == "unknown");
  CHECK(is_gone(bench.written("self")));
  CHECK(bench.lab.cloudflare.writes().empty());
}

// --- Echo requests ---

TEST_CASE("An address that answers an echo request is accessible", "[cli]") {
  if (!may_ping(AF_INET)) {
    WARN("not tested: no ICMP socket is allowed here");
    return;
  }
  const Bench bench;

  const ReportLine report = bench.look("icmp", {"--backup", "127.0.77.1"});

  CHECK(report.exit == 0);
  for (const char* const address : {Lab::kMain, Lab::kBackup, "127.0.77.1"}) {
    CHECK(report.probe(address).result == "accessible");
    CHECK(report.probe(address).attempts == 1);
  }
  CHECK(bench.lab.main.connections() == 0);
}

TEST_CASE("An IPv6 address answers echo requests as well", "[cli]") {
  if (!may_ping(AF_INET6)) {
    WARN("not tested: no ICMPv6 socket is allowed here");
    return;
  }
  Bench bench;
  bench.lab.cloudflare.add_record({.name = "www.example.com", .type = "AAAA", .content = "::1"});
  ProcessSpec spec = with(with(bench.command("icmp"), "--main", "::1"), "--backup", "::2");
  spec.argv.insert(spec.argv.end(), {"--timeout", "300ms"});

  const ReportLine report = parse_report_line(run(spec).out);

  CHECK(report.exit == 0);
  CHECK(report.type == "AAAA");
  CHECK(report.probe("::1").result == "accessible");
}

TEST_CASE("Without an answer in time the address is inaccessible; without a network, unknown",
          "[cli]") {
  // A network of its own, whose loopback can be told to ignore echo requests or be down. The API
  // is not there either: the record is not read, and the probes are reported all the same.
  const std::string probe = built("cf-failover") +
                            " run --json --record www.example.com --main 127.0.2.1 --backup "
                            "127.0.3.1 --probe icmp --attempts 1 --timeout 200ms --deadline 1s";
  const auto [setup, result, reason] = GENERATE(table<std::string, std::string, std::string>({
      {"ip link set lo up && echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all", "inaccessible",
       "no reply"},
      {"true", "unknown", "this host: Network is unreachable"},
  }));
  CAPTURE(setup);
  const ScratchDir scratch;
  ProcessSpec spec{.argv = {"unshare", "-n", "/bin/sh", "-c",
                            "(" + setup + ") 2>/dev/null || exit 99; exec " + probe +
                                " --state-dir " + scratch.path().string()},
                   .environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"},
                                   {"CLOUDFLARE_API_TOKEN", Lab::kToken},
                                   {"CLOUDFLARE_BASE_URL", "http://127.0.1.1:9/client/v4"}}};

  const ProcessResult ran = run(spec);

  if (ran.status != 3) {
    WARN("not tested: no network namespace is allowed here: " << ran.err);
    return;
  }
  const ReportLine report = parse_report_line(ran.out);
  CHECK(report.probe("127.0.2.1").result == result);
  CHECK(report.probe("127.0.2.1").reason == reason);
}

// --- Canaries ---

namespace {

/// A lab with an origin that stands for the rest of the world.
struct Mine {
  Lab lab;
  LoopbackOrigin canary{{.address = "127.0.6.1"}};

  ReportLine look(const Options& more = {}) const {
    Options options{"--json", "--attempts", "1", "--canary", canary.url()};
    options.insert(options.end(), more.begin(), more.end());
    return parse_report_line(lab.run(options).out);
  }
};

}  // namespace

TEST_CASE("No canary is asked while all is well", "[cli]") {
  Mine mine;

  CHECK(mine.look().exit == 0);

  CHECK(mine.canary.connections() == 0);
}

TEST_CASE("No canary is asked for the sake of a dead standby", "[cli]") {
  Mine mine;
  mine.lab.backup.behave(behaviour::Refuse{});

  const ReportLine report = mine.look();

  CHECK(report.exit == 0);
  CHECK(report.probe(Lab::kBackup).reason == "refused");
  CHECK(mine.canary.connections() == 0);
}

TEST_CASE("A canary that answers anything confirms that the origin is dead", "[cli]") {
  Mine mine;
  mine.lab.main.behave(behaviour::Refuse{});
  mine.canary.behave(GENERATE(as<Behaviour>(), behaviour::Answer{}, behaviour::status(500),
                              behaviour::redirect("http://127.0.9.9:9/"), behaviour::status(404)));

  const ReportLine report = mine.look();

  CHECK(report.exit == 0);
  CHECK(report.action == "failover");
  CHECK(report.probe(Lab::kMain).reason == "refused");
  CHECK(mine.canary.connections() == 1);
  CHECK(mine.lab.content() == Lab::kBackup);
}

TEST_CASE("One canary that answers is enough", "[cli]") {
  Mine mine;
  LoopbackOrigin silent({.address = "127.0.6.2"}, behaviour::Refuse{});
  mine.lab.main.behave(behaviour::Refuse{});

  CHECK(mine.look({"--canary", silent.url()}).action == "failover");
}

TEST_CASE("Where every canary is silent this host is cut off, and nothing changes", "[cli]") {
  Mine mine;
  LoopbackOrigin other({.address = "127.0.6.2"}, GENERATE(as<Behaviour>(), behaviour::Refuse{},
                                                          behaviour::Reset{}, behaviour::http09()));
  mine.canary.behave(behaviour::Refuse{});
  mine.lab.main.behave(behaviour::Refuse{});

  const ProcessResult result = mine.lab.run(
      {"--json", "--attempts", "1", "--canary", mine.canary.url(), "--canary", other.url()});
  const ReportLine report = parse_report_line(result.out);

  CHECK(report.exit == 4);
  CHECK(report.action == "none");
  CHECK(report.probe(Lab::kMain).result == "unknown");
  CHECK(report.probe(Lab::kMain).reason == "this host: no canary answers either");
  CHECK_THAT(result.err, ContainsSubstring("www.example.com A: cannot judge 127.0.2.1: this host: "
                                           "no canary answers either\n"));
  CHECK(mine.lab.cloudflare.writes().empty());
  CHECK(mine.lab.content() == Lab::kMain);
}

TEST_CASE("Silent canaries stop a candidate's verdict too", "[cli]") {
  Mine mine;
  mine.canary.behave(behaviour::Refuse{});
  mine.lab.point_to(Lab::kBackup);
  mine.lab.main.behave(behaviour::Refuse{});

  const ReportLine report = mine.look();

  // BACKUP answers, so step 4 asks for MAIN: whether that is dead cannot be told.
  CHECK(report.exit == 4);
  CHECK(report.probe(Lab::kBackup).result == "accessible");
  CHECK(report.probe(Lab::kMain).result == "unknown");
  CHECK(mine.lab.cloudflare.writes().empty());
}

TEST_CASE("The path of a canary's address stays private", "[cli]") {
  Mine mine;
  mine.lab.main.behave(behaviour::Refuse{});
  mine.canary.behave(behaviour::Refuse{});

  const ProcessResult result = mine.lab.run(
      {"--attempts", "1", "-v", "--canary", mine.canary.url() + "S3CRET?token=S3CRET"});

  CHECK(result.status == 4);
  CHECK((result.out + result.err).find("S3CRET") == std::string::npos);
}

TEST_CASE("The canary is asked beside the second attempt, not after it", "[cli]") {
  Mine mine;
  mine.lab.main.behave(behaviour::Hang{});
  ProcessSpec spec = mine.lab.command({"--json", "--attempts", "2", "--timeout", "700ms",
                                       "--retry-delay", "700ms", "--canary", mine.canary.url()});
  RunningProcess process(spec);

  REQUIRE(mine.canary.await_connections(1));

  CHECK(mine.lab.main.connections() == 1);
  CHECK(parse_report_line(process.wait().out).action == "failover");
  CHECK(mine.canary.connections() == 1);
}
