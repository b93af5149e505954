// The hooks, installed and called as their callers do it: with their arguments, environment and
// streams. What they start is a stub that writes down how it was called, and so is the logger.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "support/catch.h"
#include "support/lab.h"
#include "support/process.h"
#include "support/scratch_dir.h"

namespace {

using Catch::Matchers::ContainsSubstring;
using Words = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;
namespace fs = std::filesystem;

const Environment kPath{{"PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"}};

constexpr const char* kProgram = R"(#!/bin/sh
here=${0%/bin/*}
line=
for word; do line="$line<$word>"; done
echo "$line" >>"$here/calls"
env >"$here/environment"
[ ! -e "$here/says" ] || cat "$here/says" >&2
)";

constexpr const char* kLogger = R"(#!/bin/sh
here=${0%/stubs/*}
said=$(cat)
[ -z "$said" ] || echo "$* | $said" >>"$here/log"
)";

constexpr const char* kCalled = "<set-backup><--from-interface><eth0>\n";

/// Where the hooks are installed, for the interface eth0 unless `defaults` says otherwise.
class Host {
 public:
  explicit Host(const std::string& defaults = "CF_FAILOVER_INTERFACE=eth0\n") {
    const char* const build = std::getenv("BUILD");
    const std::string prefix = scratch.path();
    // --old-file: the program is as good as it is, whatever its sources' dates.
    const ProcessResult installed =
        run({.argv = {"make", "--old-file=" + built("cf-failover"), "install",
                      "DESTDIR=", "PREFIX=" + prefix, "SYSCONFDIR=" + prefix + "/etc",
                      std::string("BUILD=") + (build != nullptr ? build : "build")},
             .environment = kPath});
    INFO(installed.out << installed.err);
    REQUIRE(installed.status == 0);
    program(kProgram);
    scratch.write("stubs/logger", kLogger, 0755);
    configure(defaults);
  }

  ScratchDir scratch;

  std::string hook(const std::string& name) const {
    return scratch.path() / "lib/cf-failover" / name;
  }

  void program(std::string_view script) const {
    fs::remove(scratch.path() / "bin/cf-failover");  // Another may still be running it.
    scratch.write("bin/cf-failover", script, 0755);
  }

  void configure(const std::string& defaults) const {
    scratch.write("etc/default/cf-failover",
                  "PATH=" + (scratch.path() / "stubs").string() + ":$PATH\n" + defaults, 0644);
  }

  /// What has been written to this file since the last time.
  std::string take(const std::string& file) const {
    if (!fs::exists(scratch.path() / file)) {
      return {};
    }
    std::string text = scratch.read(file);
    fs::remove(scratch.path() / file);
    return text;
  }
};

/// Runs it and waits for all that it leaves behind: that holds the pipe open as well. Its status is
/// the last line.
ProcessResult run_and_settle(const Words& argv, const Environment& environment,
                             const std::string& redirections = "") {
  ProcessSpec spec{
      .argv = {"/bin/sh", "-c",
               "{ \"$@\" " + redirections + "; echo \"status $?\"; } 8>&1 | /bin/cat", "sh"},
      .environment = environment};
  spec.argv.insert(spec.argv.end(), argv.begin(), argv.end());
  return run(spec);
}

// --- The callers ---

struct Caller {
  std::string name;
  Words argv;
  Environment environment;
};

Words source(const std::string& hook) {
  return {"/bin/sh", "-c", R"(. "$1")", "sh", hook};
}

/// As dhclient calls dhclient-script, which sources the hook.
Caller dhclient(const Host& host, const std::string& interface = "eth0",
                const std::string& reason = "BOUND") {
  return {"dhclient 4.4.3-P1",
          source(host.hook("dhclient")),
          {{"PATH", "/usr/sbin:/sbin:/usr/bin:/bin"},
           {"reason", reason},
           {"interface", interface},
           {"pid", "4711"},
           {"dad_wait_time", "0"},
           {"new_ip_address", "192.0.2.20"},
           {"new_subnet_mask", "255.255.255.0"},
           {"new_dhcp_lease_time", "120"},
           {"requested_subnet_mask", "1"}}};
}

/// As dhcpcd calls dhcpcd-run-hooks, which sources the hook.
Caller dhcpcd(const Host& host, const std::string& interface = "eth0",
              const std::string& reason = "BOUND") {
  return {"dhcpcd 9.4.1",
          source(host.hook("dhcpcd")),
          {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"},
           {"reason", reason},
           {"interface", interface},
           {"protocol", "dhcp"},
           {"ifcarrier", "up"},
           {"if_up", "true"},
           {"if_down", "false"},
           {"new_ip_address", "192.0.2.20"}}};
}

/// As pppd calls ip-up itself.
Caller pppd(const Host& host, const std::string& interface = "eth0") {
  return {"pppd 2.4.9",
          {host.hook("ppp"), interface, "/dev/ttyS1", "38400", "192.0.2.20", "192.0.2.1", ""},
          {{"DEVICE", "/dev/ttyS1"},
           {"IFNAME", interface},
           {"IPLOCAL", "192.0.2.20"},
           {"IPREMOTE", "192.0.2.1"},
           {"SPEED", "38400"},
           {"ORIG_UID", "0"},
           {"PPPLOGNAME", "root"}}};
}

/// As Debian's /etc/ppp/ip-up has run-parts call it.
Caller debian_ip_up(const Host& host, const std::string& interface = "eth0") {
  Caller caller = pppd(host, interface);
  caller.name = "ip-up of Debian's ppp 2.4.9";
  caller.environment.insert(kPath.begin(), kPath.end());
  caller.environment.insert({{"PPP_IFACE", interface},
                             {"PPP_TTY", "/dev/ttyS1"},
                             {"PPP_SPEED", "38400"},
                             {"PPP_LOCAL", "192.0.2.20"},
                             {"PPP_REMOTE", "192.0.2.1"},
                             {"PPP_IPPARAM", ""},
                             {"PPP_TTYNAME", "ttyS1"}});
  return caller;
}

Caller network_manager(const Host& host, const std::string& interface = "eth0",
                       const std::string& action = "dhcp4-change") {
  return {"NetworkManager 1.42.4",
          {host.hook("networkmanager"), interface, action},
          {{"NM_DISPATCHER_ACTION", action},
           {"CONNECTION_UUID", "5fb06bd0-0bb0-7ffb-45f1-d6edd65f3e03"},
           {"CONNECTION_ID", "Wired connection 1"},
           {"DEVICE_IFACE", interface},
           {"DEVICE_IP_IFACE", interface},
           {"IP4_ADDRESS_0", "192.0.2.20/24 192.0.2.1"},
           {"IP4_NUM_ADDRESSES", "1"},
           {"DHCP4_IP_ADDRESS", "192.0.2.20"}}};
}

Caller networkd_dispatcher(const Host& host, const std::string& interface = "eth0") {
  return {"networkd-dispatcher 2.2.3",
          {host.hook("networkd-dispatcher")},
          {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"},
           {"IFACE", interface},
           {"STATE", "routable"},
           {"OperationalState", "routable"},
           {"AdministrativeState", "configured"},
           {"ADDR", "192.0.2.20"},
           {"IP_ADDRS", "192.0.2.20"},
           {"IP6_ADDRS", ""},
           {"ESSID", ""},
           {"json", R"({"InterfaceName": "eth0", "Type": "ether"})"}}};
}

std::vector<Caller> all_callers(const Host& host, const std::string& interface = "eth0") {
  return {dhclient(host, interface),
          dhcpcd(host, interface),
          pppd(host, interface),
          debian_ip_up(host, interface),
          network_manager(host, interface),
          networkd_dispatcher(host, interface)};
}

bool has_command(const std::string& name) {
  return run({.argv = {"/bin/sh", "-c", "command -v " + name}, .environment = kPath}).status == 0;
}

}  // namespace

// --- What is passed on ---

TEST_CASE("Every hook has the interface read that its caller names", "[cli]") {
  const Host host;
  for (const Caller& caller : all_callers(host)) {
    CAPTURE(caller.name);

    const ProcessResult result = run_and_settle(caller.argv, caller.environment);

    CHECK(host.take("calls") == kCalled);
    CHECK(result.out == "status 0\n");
    CHECK(result.err.empty());
  }
}

TEST_CASE("A hook needs no more of the environment than its caller promises", "[cli]") {
  const Host host;
  for (const auto& [argv, environment] : std::vector<std::pair<Words, Environment>>{
           {source(host.hook("dhclient")), {{"reason", "BOUND"}, {"interface", "eth0"}}},
           {source(host.hook("dhcpcd")), {{"reason", "BOUND"}, {"interface", "eth0"}}},
           {{host.hook("ppp"), "eth0", "", "0", "192.0.2.20", "192.0.2.1"}, {}},
           {{host.hook("ppp"), "eth0", "", "0", "fe80::1", "fe80::2", ""}, {}},
           {{host.hook("networkmanager"), "eth0", "up"}, {}},
           {{host.hook("networkd-dispatcher")}, {{"IFACE", "eth0"}}},
       }) {
    CAPTURE(argv);

    const ProcessResult result = run_and_settle(argv, environment);

    CHECK(host.take("calls") == kCalled);
    CHECK(result.out == "status 0\n");
    CHECK(result.err.empty());
  }
}

TEST_CASE("Without standard streams a hook works all the same", "[cli]") {
  const Host host;
  host.scratch.write("says", "www.example.com A: something\n");
  for (const Caller& caller : all_callers(host)) {
    CAPTURE(caller.name);

    const ProcessResult result = run_and_settle(caller.argv, caller.environment, "<&- >&- 2>&-");

    CHECK(host.take("calls") == kCalled);
    CHECK_THAT(host.take("log"), ContainsSubstring("www.example.com A: something"));
    CHECK(result.out == "status 0\n");
  }
}

TEST_CASE("Events that bring an address are passed on, and no others", "[cli]") {
  const Host host;
  struct Row {
    Caller (*caller)(const Host&, const std::string&, const std::string&);
    Words passed_on;
    Words ignored;
  };
  for (const Row& row : std::vector<Row>{
           {&dhclient,
            {"BOUND", "RENEW", "REBIND", "REBOOT", "TIMEOUT", "BOUND6", "RENEW6", "REBIND6"},
            {"MEDIUM", "PREINIT", "PREINIT6", "EXPIRE", "FAIL", "STOP", "RELEASE", "NBI", "DEPREF6",
             "EXPIRE6", "RELEASE6", "STOP6", "V6ONLY", ""}},
           {&dhcpcd,
            {"BOUND", "RENEW", "REBIND", "REBOOT", "TIMEOUT", "INFORM", "STATIC", "3RDPARTY",
             "BOUND6", "RENEW6", "REBIND6", "REBOOT6", "INFORM6", "DELEGATED6", "ROUTERADVERT"},
            {"PREINIT", "CARRIER", "NOCARRIER", "NOCARRIER_ROAMING", "IPV4LL", "EXPIRE", "EXPIRE6",
             "NAK", "RECONFIGURE", "STOP", "STOP6", "STOPPED", "DEPARTED", "FAIL", "TEST", ""}},
           {&network_manager,
            {"up", "dhcp4-change", "dhcp6-change", "reapply"},
            {"pre-up", "pre-down", "down", "vpn-up", "hostname", "connectivity-change", ""}},
       }) {
    for (const bool passed_on : {true, false}) {
      for (const std::string& event : passed_on ? row.passed_on : row.ignored) {
        const Caller caller = row.caller(host, "eth0", event);
        CAPTURE(caller.name, event);

        const ProcessResult result = run_and_settle(caller.argv, caller.environment);

        CHECK(host.take("calls") == (passed_on ? kCalled : ""));
        CHECK(result.out == "status 0\n");
        CHECK(result.err.empty());
      }
    }
  }
}

TEST_CASE("Nothing happens unless the event's interface is the one that the administrator named",
          "[cli]") {
  const Host host;
  for (const auto& [defaults, interface] : std::vector<std::pair<std::string, std::string>>{
           {"CF_FAILOVER_INTERFACE=eth0\n", "eth1"},
           {"CF_FAILOVER_INTERFACE=eth0\n", "eth"},
           {"CF_FAILOVER_INTERFACE=eth0\n", "eth0.7"},
           {"CF_FAILOVER_INTERFACE=eth0\n", "none"},
           {"CF_FAILOVER_INTERFACE=eth0\n", ""},
           {"CF_FAILOVER_INTERFACE=\n", "eth0"},
           {"CF_FAILOVER_INTERFACE=\n", ""},
           {"CF_FAILOVER_OPTIONS=--vouch\n", "eth0"},
           {"", ""},
           {"CF_FAILOVER_INTERFACE='eth*'\n", "eth0"},
       }) {
    host.configure(defaults);
    for (const Caller& caller : all_callers(host, interface)) {
      CAPTURE(defaults, interface, caller.name);

      const ProcessResult result = run_and_settle(caller.argv, caller.environment);

      CHECK(host.take("calls").empty());
      CHECK(result.out == "status 0\n");
      CHECK(result.err.empty());
    }
  }
}

TEST_CASE("A caller that names no interface at all is a caller of nobody", "[cli]") {
  const Host host;
  for (const Words& argv : std::vector<Words>{source(host.hook("dhclient")),
                                              source(host.hook("dhcpcd")),
                                              {host.hook("ppp")},
                                              {host.hook("networkmanager")},
                                              {host.hook("networkd-dispatcher")},
                                              {host.hook("address-changed")}}) {
    CAPTURE(argv);

    const ProcessResult result = run_and_settle(argv, {});

    CHECK(host.take("calls").empty());
    CHECK(result.out == "status 0\n");
    CHECK(result.err.empty());
  }
}

TEST_CASE("A hook asks to be configured: without /etc/default/cf-failover nothing happens",
          "[cli]") {
  const Host host;
  fs::remove(host.scratch.path() / "etc/default/cf-failover");
  for (const Caller& caller : all_callers(host)) {
    CAPTURE(caller.name);

    const ProcessResult result = run_and_settle(caller.argv, caller.environment);

    CHECK(host.take("calls").empty());
    CHECK(result.out == "status 0\n");
    CHECK(result.err.empty());
  }
}

// --- What the administrator sets ---

TEST_CASE("Options are separated by spaces, and nothing in them is expanded", "[cli]") {
  const Host host;
  for (const auto& [options, words] : std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"--record www.example.com", "<--record><www.example.com>"},
           {"  --record   *  ", "<--record><*>"},
           {"--record $HOME;echo `id`", "<--record><$HOME;echo><`id`>"},
       }) {
    host.configure("CF_FAILOVER_INTERFACE=eth0\nCF_FAILOVER_OPTIONS='" + options + "'\n");
    const Caller caller = dhclient(host);
    CAPTURE(options);

    run_and_settle(caller.argv, caller.environment);

    CHECK(host.take("calls") == "<set-backup><--from-interface><eth0>" + words + "\n");
  }
}

TEST_CASE(
    "What else the administrator sets goes to the program; what the caller's unit has does not",
    "[cli]") {
  const Host host("CF_FAILOVER_INTERFACE=eth0\nCLOUDFLARE_API_TOKEN_FILE=/etc/a-token\n");
  Caller caller = networkd_dispatcher(host);
  caller.environment["STATE_DIRECTORY"] = "/var/lib/of-another";
  caller.environment["CREDENTIALS_DIRECTORY"] = "/run/credentials/of-another";
  caller.environment["CF_FAILOVER_OPTIONS"] = "--of-another";

  run_and_settle(caller.argv, caller.environment);

  CHECK(host.take("calls") == kCalled);
  const std::string environment = host.take("environment");
  CHECK_THAT(environment, ContainsSubstring("CLOUDFLARE_API_TOKEN_FILE=/etc/a-token\n"));
  CHECK_THAT(environment, !ContainsSubstring("of-another"));
}

TEST_CASE(
    "The program runs as the user that the administrator named, at home in that user's directory",
    "[cli]") {
  if (geteuid() != 0 || !has_command("setpriv")) {
    WARN("not tested: this needs root and setpriv");
    return;
  }
  const Host host("CF_FAILOVER_INTERFACE=eth0\nCF_FAILOVER_USER=nobody\n");
  host.program("#!/bin/sh\necho \"$(id -un) $(id -gn) $(id -Gn) $HOME $*\" >&2\n");
  fs::permissions(host.scratch.path(), fs::perms(0755));
  const std::string home =
      run({.argv = {"/bin/sh", "-c", "getent passwd nobody | cut -d : -f 6 | tr -d '\\n'"},
           .environment = kPath})
          .out;
  const std::string group =
      run({.argv = {"/bin/sh", "-c", "id -gn nobody | tr -d '\\n'"}, .environment = kPath}).out;
  const Caller caller = pppd(host);

  run_and_settle(caller.argv, caller.environment);

  CHECK(host.take("log") == "-t cf-failover | nobody " + group + " " + group + " " + home +
                                " set-backup --from-interface eth0\n");
}

TEST_CASE("Mistakes in /etc/default/cf-failover are not the caller's", "[cli]") {
  const Host host;
  for (const char* defaults :
       {"CF_FAILOVER_INTERFACE='eth0\n", "if\n", "exit 3\n", "set -e\nfalse\n", "echo $NO_SUCH\n",
        "CF_FAILOVER_INTERFACE=eth0\nCF_FAILOVER_USER=no-such-user\n"}) {
    host.configure(defaults);
    for (const Caller& caller : all_callers(host)) {
      CAPTURE(defaults, caller.name);

      const ProcessResult result = run_and_settle(caller.argv, caller.environment);

      CHECK(host.take("calls").empty());
      CHECK(result.out == "status 0\n");
    }
  }
}

TEST_CASE("A hook that was left behind after uninstalling fails nobody", "[cli]") {
  const Host host;
  fs::remove(host.hook("address-changed"));
  for (const Caller& caller : all_callers(host)) {
    CAPTURE(caller.name);

    CHECK(run_and_settle(caller.argv, caller.environment).out == "status 0\n");
  }
}

// --- What comes from outside ---

TEST_CASE("Nothing in an event is taken for a command", "[cli]") {
  const Host host;
  const std::string planted = host.scratch.path() / "planted";
  for (const std::string& hostile : Words{
           "eth0; touch " + planted,
           "eth0 $(touch " + planted + ")",
           "`touch " + planted + "`",
           "eth0\ntouch " + planted,
           "'; touch " + planted + "; '",
           "\"; touch " + planted + "; \"",
           "../../eth0",
           "--config",
           "*",
           "-n",
           "= eth0 -o eth0",
       }) {
    for (Caller& caller : all_callers(host, hostile)) {
      CAPTURE(hostile, caller.name);
      for (const char* variable :
           {"new_ip_address", "new_host_name", "IP4_ADDRESS_0", "ADDR", "IPLOCAL", "PPP_LOCAL",
            "PPP_IPPARAM", "CONNECTION_ID", "ESSID"}) {
        caller.environment[variable] = hostile;
      }

      const ProcessResult result = run_and_settle(caller.argv, caller.environment);

      CHECK(host.take("calls").empty());
      CHECK(result.out == "status 0\n");
      CHECK_FALSE(fs::exists(planted));
    }
  }
}

TEST_CASE("An interface with an odd name stays one word", "[cli]") {
  const Host host("CF_FAILOVER_INTERFACE='eth0; \"*\" $HOME'\n");
  for (const Caller& caller : all_callers(host, "eth0; \"*\" $HOME")) {
    CAPTURE(caller.name);

    run_and_settle(caller.argv, caller.environment);

    CHECK(host.take("calls") == "<set-backup><--from-interface><eth0; \"*\" $HOME>\n");
  }
}

// --- The caller ---

TEST_CASE("A sourced hook neither ends its caller nor changes anything in it", "[cli]") {
  const Host host;
  constexpr const char* kSourcing = R"(
    # What bash says of the command before is not the caller's.
    list() { set | grep -v -e ^BASH_ -e ^PIPESTATUS= -e ^_=; echo "$-"; umask; pwd; trap; }
    list >"$2/before"
    . "$1"
    list >"$2/after"
    echo "the caller goes on"
    diff "$2/before" "$2/after"
  )";
  for (const std::string& shell : Words{"dash", "bash --posix", "busybox sh"}) {
    if (!has_command(shell.substr(0, shell.find(' ')))) {
      continue;
    }
    for (const char* hook : {"dhclient", "dhcpcd"}) {
      for (const Environment& event : std::vector<Environment>{
               {{"reason", "BOUND"}, {"interface", "eth0"}},
               {{"reason", "BOUND"}, {"interface", "eth1"}},
               {{"reason", "PREINIT"}, {"interface", "eth0"}},
               {{"reason", "BOUND"}},
               {},
           }) {
        CAPTURE(shell, hook, event);
        Environment environment = kPath;
        environment.insert(event.begin(), event.end());

        const ProcessResult result =
            run_and_settle({"/bin/sh", "-c", "exec " + shell + R"( -eu -c "$@")", "sh", kSourcing,
                            "sh", host.hook(hook), host.scratch.path()},
                           environment);

        CHECK(result.out == "the caller goes on\nstatus 0\n");
        CHECK(result.err.empty());
      }
    }
  }
}

TEST_CASE("run-parts, as Debian's callers use it, finds the hooks under the names they get",
          "[cli]") {
  if (!has_command("run-parts")) {
    WARN("not tested: there is no run-parts here");
    return;
  }
  const Host host;
  const fs::path directory = host.scratch.path() / "ip-up.d";
  fs::create_directory(directory);
  fs::create_symlink(host.hook("ppp"), directory / "cf-failover");

  CHECK(run({.argv = {"run-parts", "--list", directory}, .environment = kPath}).out ==
        (directory / "cf-failover").string() + "\n");
  run_and_settle({"run-parts", directory, "--arg=eth0", "--arg=/dev/ttyS1", "--arg=38400",
                  "--arg=192.0.2.20", "--arg=192.0.2.1", "--arg="},
                 debian_ip_up(host).environment);
  CHECK(host.take("calls") == kCalled);
}

TEST_CASE("A hook returns at once, and what it started lives in a session of its own", "[cli]") {
  const Host host;
  const std::string events = host.scratch.path() / "events";
  const std::string release = host.scratch.path() / "release";
  REQUIRE(run({.argv = {"mkfifo", events, release}}).status == 0);
  host.program(R"sh(#!/bin/sh
here=${0%/bin/*}
session=$(cut -d ' ' -f 6 "/proc/$$/stat")
[ "$session" != "$PPID" ] || session=its-own
echo "started: session $session, directory $PWD, input $(readlink /proc/self/fd/0)" >"$here/events"
timeout 30 cat "$here/release"
echo finished >"$here/events"
)sh");
  for (const Caller& caller : all_callers(host)) {
    CAPTURE(caller.name);
    RunningProcess watcher{
        {.argv = {"/bin/sh", "-c", R"(exec cat <>"$0")", events}, .environment = kPath}};

    // The streams of the caller are pipes that somebody may read to their end.
    ProcessSpec spec{.argv = {"/bin/sh", "-c", R"("$@" 2>&1 | /bin/cat)", "sh"},
                     .environment = caller.environment};
    spec.argv.insert(spec.argv.end(), caller.argv.begin(), caller.argv.end());
    const ProcessResult returned = run(spec);

    CHECK(returned.status == 0);
    CHECK_FALSE(returned.killed_at_limit);
    CHECK(watcher.await_line("started") ==
          "started: session its-own, directory /, input /dev/null");
    CHECK(watcher.out().find("finished") == std::string::npos);

    REQUIRE(run({.argv = {"/bin/sh", "-c", R"(echo >"$0")", release}}).status == 0);
    CHECK(watcher.await_line("finished").has_value());
  }
}

// --- The log ---

TEST_CASE("What the program prints goes to the log, and to no caller", "[cli]") {
  const Host host;
  const std::string problem = "cf-failover: error: www.example.com A: could not read the record";
  host.scratch.write("says", problem + "\n");
  for (const Caller& caller : all_callers(host)) {
    CAPTURE(caller.name);

    const ProcessResult result = run_and_settle(caller.argv, caller.environment);

    CHECK(host.take("log") == "-t cf-failover | " + problem + "\n");
    CHECK(result.out == "status 0\n");
    CHECK(result.err.empty());
  }
}

TEST_CASE("A program that prints nothing leaves nothing in the log", "[cli]") {
  const Host host;
  const Caller caller = dhclient(host);

  run_and_settle(caller.argv, caller.environment);

  CHECK(host.take("calls") == kCalled);
  CHECK(host.take("log").empty());
}

TEST_CASE("The system's logger writes a line for a line, and nothing for nothing", "[cli]") {
  if (run({.argv = {"/bin/sh", "-c", "logger --help | grep -q socket-errors"},
           .environment = kPath})
          .status != 0) {
    WARN("not tested: this logger has no --socket-errors");
    return;
  }
  const auto logged = [](const std::string& text) {
    const std::string script =
        R"(printf '%s' "$1" | logger --no-act --stderr --socket-errors=off -t cf-failover)";
    return run({.argv = {"/bin/sh", "-c", script, "sh", text}, .environment = kPath}).err;
  };

  CHECK(logged("").empty());
  CHECK_THAT(logged("one line\n"), ContainsSubstring("cf-failover: one line\n"));
}

TEST_CASE("A program that is missing is a line in the log", "[cli]") {
  const Host host;
  fs::remove(host.scratch.path() / "bin/cf-failover");
  const Caller caller = network_manager(host);

  const ProcessResult result = run_and_settle(caller.argv, caller.environment);

  CHECK_THAT(host.take("log"), ContainsSubstring("bin/cf-failover: not found"));
  CHECK(result.out == "status 0\n");
}

// --- The real thing ---

namespace {

constexpr int kCannotTry = 77;

/// A host with one uplink, and the provider at its other end: two network namespaces, out of which
/// no packet comes. /etc and /run are the host's own copies. Prints the events that it is told of,
/// and ends when there is one about the second address that the provider leases.
/// $1: the programs, $2: the scratch directory, $3: the token that Cloudflare knows.
constexpr const char* kLeases = R"(
programs=$1 scratch=$2
mkdir "$scratch/private" && mount -t tmpfs none "$scratch/private" &&
  cp -a /etc/. "$scratch/private" && mount --bind "$scratch/private" /etc &&
  mount -t tmpfs none /run || exit 77
rm -f /etc/dhcp/dhclient-*-hooks.d/*
ln -s "$scratch/lib/cf-failover/dhclient" /etc/dhcp/dhclient-exit-hooks.d/cf-failover || exit 77

ip netns add provider && ip link set lo up &&
  ip link add uplink address 02:00:00:00:00:01 type veth peer name line netns provider &&
  ip -n provider address add 192.0.2.1/24 dev line && ip -n provider link set line up || exit 77
lease() { echo "02:00:00:00:00:01,$1" >"$scratch/leases"; }
lease 192.0.2.20
ip netns exec provider dnsmasq --no-daemon --conf-file=/dev/null --user=root --port=0 \
  --interface=line --bind-interfaces --no-ping --leasefile-ro --dhcp-authoritative \
  --dhcp-range=192.0.2.20,192.0.2.30,2m --dhcp-hostsfile="$scratch/leases" &
provider=$!

mkfifo "$scratch/events" "$scratch/up" || exit 77
exec 3<>"$scratch/events"
CLOUDFLARE_API_TOKEN=$3 "$programs/loopback-cloudflare" --listen 127.0.1.1:8080 --zone example.com \
  --record 'www.example.com A 192.0.2.66' >"$scratch/up" &
read -r _ <"$scratch/up"
echo 'initial-delay 0; request subnet-mask; supersede dhcp-renewal-time 1;' >"$scratch/dhclient"
dhclient -4 -d -cf "$scratch/dhclient" -lf "$scratch/leased" -pf "$scratch/pid" uplink &

while read -r event <&3; do
  echo "$event"
  case $event in
    *192.0.2.30/24* | *'-> 192.0.2.30 '*) exit 0 ;;
    *192.0.2.20/24* | *'-> 192.0.2.20 '*)
      lease 192.0.2.30
      kill -HUP "$provider"
      ;;
  esac
done
)";

/// What such a host says until it has had both addresses; none if this is no place for it.
std::optional<std::string> events_of_leases(const Host& host) {
  for (const char* command : {"unshare", "ip", "dhclient", "dnsmasq"}) {
    if (!has_command(command)) {
      WARN("not tested: there is no " << command << " here");
      return {};
    }
  }
  // All that runs in the namespace of processes ends with its first.
  const ProcessResult result =
      run({.argv = {"unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child",
                    "--mount-proc", "sh", "-c", kLeases, "sh", built(""), host.scratch.path(),
                    Lab::kToken},
           .environment = kPath,
           .limit = std::chrono::seconds(40)});
  if (result.status == kCannotTry || result.err.find("unshare") != std::string::npos) {
    WARN("not tested: no namespace to be had here: " << result.err);
    return {};
  }
  INFO(result.err);
  CHECK(result.status == 0);
  return result.out;
}

}  // namespace

TEST_CASE(
    "dhclient 4.4.3-P1 runs the hook when the interface has its address, and again for another",
    "[cli]") {
  const Host host("CF_FAILOVER_INTERFACE=uplink\n");
  host.program(R"(#!/bin/sh
here=${0%/bin/*}
echo "$reason $(ip -4 -o address show dev "$3" | awk '{ print $4 }'): $*" >"$here/events"
)");

  const auto events = events_of_leases(host);

  if (events) {
    CHECK_THAT(*events,
               ContainsSubstring("BOUND 192.0.2.20/24: set-backup --from-interface uplink\n"));
    CHECK_THAT(*events,
               ContainsSubstring("BOUND 192.0.2.30/24: set-backup --from-interface uplink\n"));
  }
}

TEST_CASE("While MAIN is down, the record follows the address that dhclient 4.4.3-P1 is leased",
          "[cli]") {
  const Host host;
  host.configure(
      "CF_FAILOVER_INTERFACE=uplink\n"
      "CF_FAILOVER_OPTIONS='--record www.example.com --main 192.0.2.1 --backup 192.0.2.66"
      " --probe tcp:9 --attempts 1 --vouch --allow-private'\n"
      "CLOUDFLARE_BASE_URL=http://127.0.1.1:8080/client/v4\n"
      "CLOUDFLARE_API_TOKEN=" +
      std::string(Lab::kToken) + "\n" +
      "STATE_DIRECTORY=" + (host.scratch.path() / "state").string() + "\n");
  fs::copy_file(built("cf-failover"), host.scratch.path() / "bin/cf-failover",
                fs::copy_options::overwrite_existing);
  host.scratch.write("stubs/logger", "#!/bin/sh\nexec cat >\"${0%/stubs/*}/events\"\n", 0755);

  const auto events = events_of_leases(host);

  if (events) {
    CHECK_THAT(*events, ContainsSubstring("www.example.com A: failover 192.0.2.66 -> 192.0.2.20 "));
    CHECK_THAT(*events, ContainsSubstring("www.example.com A: failover 192.0.2.20 -> 192.0.2.30 "));
  }
}
