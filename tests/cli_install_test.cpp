// What `make install` puts where, and what it takes back; the completion and the units at work.
// The tests start where `make` does. Nothing is built here: the program under test is installed.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "support/catch.h"
#include "support/lab.h"
#include "support/process.h"
#include "support/scratch_dir.h"

namespace {

using Catch::Matchers::ContainsSubstring;
using Words = std::vector<std::string>;
namespace fs = std::filesystem;

const std::map<std::string, std::string> kEnvironment{{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};

std::string build_directory() {
  const char* const build = std::getenv("BUILD");
  return build != nullptr ? build : "build";
}

ProcessResult make(const std::string& target, const ScratchDir& root, const Words& more = {}) {
  // --old-file: the program is as good as it is, whatever its sources' dates.
  ProcessSpec spec{.argv = {"make", "--old-file=" + built("cf-failover"), target,
                            "BUILD=" + build_directory(), "DESTDIR=" + root.path().string()},
                   .environment = kEnvironment};
  spec.argv.insert(spec.argv.end(), more.begin(), more.end());
  return run(spec);
}

/// Every file below, relative to it.
std::set<std::string> files_in(const fs::path& root) {
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_directory()) {
      files.insert(fs::relative(entry.path(), root));
    }
  }
  return files;
}

std::string mode_of(const fs::path& path) {
  std::ostringstream text;
  text << std::oct << static_cast<unsigned>(fs::status(path).permissions());
  return text.str();
}

bool has_command(const std::string& name) {
  return run({.argv = {"/bin/sh", "-c", "command -v " + name}, .environment = kEnvironment})
             .status == 0;
}

/// What bash offers for the last of these words, sorted.
std::set<std::string> completions(const Words& words) {
  std::string script = "source scripts/completion/cf-failover.bash; COMP_WORDS=('" +
                       fs::absolute(built("cf-failover")).string() + "'";
  for (const std::string& word : words) {
    script += " '" + word + "'";
  }
  script += "); COMP_CWORD=" + std::to_string(words.size()) +
            "; _cf_failover; printf '%s\\n' \"${COMPREPLY[@]}\"";
  const ProcessResult result =
      run({.argv = {"bash", "--norc", "-u", "-c", script}, .environment = kEnvironment});
  INFO(result.err);
  REQUIRE(result.err.empty());
  std::istringstream lines(result.out);
  std::set<std::string> offered;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) {
      offered.insert(line);
    }
  }
  return offered;
}

}  // namespace

// --- make install ---

TEST_CASE("What is installed is what is listed here, and all of it can be taken back", "[cli]") {
  const ScratchDir root;

  const ProcessResult installed = make("install", root, {"PREFIX=/usr"});
  INFO(installed.out << installed.err);
  REQUIRE(installed.status == 0);

  CHECK(files_in(root.path()) == std::set<std::string>{
                                     "usr/bin/cf-failover",
                                     "usr/lib/cf-failover/address-changed",
                                     "usr/lib/cf-failover/dhclient",
                                     "usr/lib/cf-failover/dhcpcd",
                                     "usr/lib/cf-failover/networkd-dispatcher",
                                     "usr/lib/cf-failover/networkmanager",
                                     "usr/lib/cf-failover/ppp",
                                     "usr/lib/systemd/system/cf-failover.service",
                                     "usr/lib/systemd/system/cf-failover.timer",
                                     "usr/share/bash-completion/completions/cf-failover",
                                     "usr/share/doc/cf-failover/examples/cf-failover.cron",
                                     "usr/share/doc/cf-failover/examples/cf-failover.default",
                                     "usr/share/doc/cf-failover/examples/cf-failover.rules.yml",
                                     "usr/share/doc/cf-failover/examples/config.json",
                                     "usr/share/man/man1/cf-failover.1",
                                     "usr/share/man/man5/cf-failover-config.5",
                                     "usr/share/zsh/site-functions/_cf-failover",
                                 });
  for (const std::string& file : files_in(root.path())) {
    CAPTURE(file);
    const bool executable =
        file == "usr/bin/cf-failover" || file.starts_with("usr/lib/cf-failover/");
    CHECK(mode_of(root.path() / file) == (executable ? "755" : "644"));
  }

  CHECK(make("uninstall", root, {"PREFIX=/usr"}).status == 0);

  CHECK(files_in(root.path()).empty());
  CHECK_FALSE(fs::exists(root.path() / "usr/share/doc/cf-failover"));
  CHECK_FALSE(fs::exists(root.path() / "usr/lib/cf-failover"));
}

TEST_CASE("The installed program is the one that was built", "[cli]") {
  const ScratchDir root;
  REQUIRE(make("install", root).status == 0);
  const std::string program = root.path() / "usr/local/bin/cf-failover";

  CHECK(run({.argv = {program, "--version"}}).out ==
        run({.argv = {built("cf-failover"), "--version"}}).out);
}

TEST_CASE("Unit and crontab name the program where it is installed", "[cli]") {
  const auto [variable, unit_file, program] = GENERATE(table<Words, std::string, std::string>({
      {{}, "usr/local/lib/systemd/system/cf-failover.service", "/usr/local/bin/cf-failover"},
      {{"PREFIX=/usr"}, "usr/lib/systemd/system/cf-failover.service", "/usr/bin/cf-failover"},
      {{"PREFIX=/opt/x", "BINDIR=/opt/x/sbin", "UNITDIR=/etc/systemd/system"},
       "etc/systemd/system/cf-failover.service",
       "/opt/x/sbin/cf-failover"},
  }));
  const ScratchDir root;
  REQUIRE(make("install", root, variable).status == 0);

  CHECK(fs::exists(root.path() / program.substr(1)));
  CHECK_THAT(root.read(unit_file), ContainsSubstring("\nExecStart=" + program + " run "));
  for (const std::string& file : files_in(root.path())) {
    if (file.ends_with(".cron")) {
      CHECK_THAT(root.read(file), ContainsSubstring(" cf-failover " + program + " --config "));
    }
  }

  CHECK(make("uninstall", root, variable).status == 0);
  CHECK(files_in(root.path()).empty());
}

TEST_CASE("Uninstalling leaves what others have put beside it", "[cli]") {
  const ScratchDir root;
  REQUIRE(make("install", root).status == 0);
  const fs::path own = root.write("usr/local/share/doc/cf-failover/examples/mine.json", "{}");
  const fs::path other = root.write("usr/local/bin/other", "");

  CHECK(make("uninstall", root).status == 0);

  CHECK(files_in(root.path()).size() == 2);
  CHECK(fs::exists(own));
  CHECK(fs::exists(other));
}

// --- Completion ---

TEST_CASE("bash completes options, commands and values", "[cli]") {
  if (!has_command("bash")) {
    WARN("not tested: there is no bash here");
    return;
  }
  const auto [words, offered] = GENERATE(table<Words, std::set<std::string>>({
      {{""},
       {"run", "status", "set-backup", "switch", "hold", "release", "history", "explain",
        "check-config", "notify-test"}},
      {{"ru"}, {"run"}},
      {{"re"}, {"release"}},
      {{"s"}, {"status", "set-backup", "switch"}},
      {{"h"}, {"hold", "history"}},
      {{"e"}, {"explain"}},
      {{"switch", ""}, {"main", "backup"}},
      {{"switch", "b"}, {"backup"}},
      {{"switch", "--force", "m"}, {"main"}},
      {{"switch", "--hold", ""}, {}},
      {{"switch", "--ho"}, {"--hold"}},
      {{"switch", "--no"}, {"--no-hold"}},
      {{"status", "--na"}, {"--nagios"}},
      {{"history", "--si"}, {"--since"}},
      {{"history", "--since", ""}, {"day", "week", "month"}},
      {{"explain", "--at", ""}, {}},
      {{"set-backup", "--vo"}, {"--vouch"}},
      {{"--from-interface", "l"}, {"lo"}},
      {{"che"}, {"check-config"}},
      {{"no"}, {"notify-test"}},
      {{"--re"}, {"--record", "--replace", "--retry-delay"}},
      {{"run", "--re"}, {"--record", "--replace", "--retry-delay"}},
      {{"--dry"}, {"--dry-run"}},
      {{"--unfamiliar", ""}, {"follow", "main-first", "keep"}},
      {{"--unfamiliar", "m"}, {"main-first"}},
      {{"--type", ""}, {"A", "AAAA"}},
      {{"--probe", "i"}, {"icmp"}},
      {{"--record", ""}, {}},
      {{"--timeout", "--re"}, {}},
      {{"--config", "Make"}, {"Makefile"}},
      {{"-c", "Make"}, {"Makefile"}},
      {{"--state-dir", "Make"}, {}},
      {{"--state-dir", "scr"}, {"scripts"}},
      {{"--bogus"}, {}},
  }));
  CAPTURE(words);

  CHECK(completions(words) == offered);
}

TEST_CASE("bash is offered every option of the help", "[cli]") {
  if (!has_command("bash")) {
    WARN("not tested: there is no bash here");
    return;
  }
  std::istringstream help(run({.argv = {built("cf-failover"), "--help"}}).out);
  std::set<std::string> options;
  for (std::string line; std::getline(help, line);) {
    const auto at = line.find("--");
    const bool is_entry = at == 2 || at == 6;
    if (is_entry && line.find_first_not_of(' ') < at + 1) {
      options.insert(line.substr(at, line.find(' ', at) - at));
    }
  }
  REQUIRE(options.size() > 20);

  CHECK(completions({"-"}) == options);
}

// --- Units ---

TEST_CASE("systemd finds the service well enough confined", "[cli]") {
  if (!has_command("systemd-analyze")) {
    WARN("not tested: there is no systemd-analyze here");
    return;
  }
  const std::string service = fs::absolute("scripts/systemd/cf-failover.service");

  // Of 100, the fewer the better; 18 as systemd 252 counts.
  const ProcessResult result =
      run({.argv = {"systemd-analyze", "security", "--offline=yes", "--threshold=20", service},
           .environment = kEnvironment});

  CAPTURE(result.out, result.err);
  CHECK(result.status == 0);
}

TEST_CASE("systemd finds no fault with the units", "[cli]") {
  if (!has_command("systemd-analyze")) {
    WARN("not tested: there is no systemd-analyze here");
    return;
  }
  const ScratchDir root;
  REQUIRE(make("install", root, {"PREFIX=" + (root.path() / "usr").string(), "DESTDIR="}).status ==
          0);
  const fs::path units = root.path() / "usr/lib/systemd/system";

  // "--man=no": the pages are not where man looks.
  const ProcessResult result =
      run({.argv = {"systemd-analyze", "verify", "--man=no", units / "cf-failover.service",
                    units / "cf-failover.timer"},
           .environment = kEnvironment});

  CHECK(result.status == 0);
  CHECK(result.out.empty());
  CHECK(result.err.empty());
}
