// A host that is short of descriptors or memory, and a run that crashes on it.

#include <csignal>
#include <string>
#include <vector>

#include "support/api_scene.h"
#include "support/catch.h"
#include "support/moving_lab.h"

namespace {

using namespace std::chrono_literals;

/// The same command under `ulimit OPTION VALUE`.
ProcessSpec limited(ProcessSpec spec, const std::string& option, int value) {
  const std::vector<std::string> shell{"/bin/sh", "-c", "ulimit $0 $1; shift; exec \"$@\"", option,
                                       std::to_string(value)};
  spec.argv.insert(spec.argv.begin(), shell.begin(), shell.end());
  return spec;
}

bool is_sanitized() {
  static const bool kIs = run({.argv = {"readelf", "--wide", "--dyn-syms", built("cf-failover")}})
                              .out.find("__asan_init") != std::string::npos;
  return kIs;
}

/// A failover is due, and the run has what `value` gives it: it does the right thing or nothing.
/// Whether it went as on any other host.
bool goes_well_with(const std::string& option, int value) {
  const auto lab = failover_due();

  const ProcessResult result = run(limited(one_run(*lab, {"--deadline", "5s"}), option, value));

  CAPTURE(option, value, result.out, result.err);
  check_promises(*lab, result);
  CHECK_FALSE(result.killed_at_limit);
  const bool starts = result.status != 127 && result.status != 126;  // The loader may give up.
  if (starts) {
    CHECK(result.signal.value_or(0) == 0);
  }
  const std::string after = lab->content();
  if (result.status == 0) {
    CHECK(after == Lab::kBackup);
  }
  const ProcessResult next = run(one_run(*lab));
  CAPTURE(next.out, next.err);
  CHECK(next.status == 0);
  CHECK(next.err.empty());
  CHECK(lab->content() == Lab::kBackup);
  CHECK(lab->cloudflare.writes().size() == 1);
  return result.status == 0 && result.err.empty();
}

}  // namespace

TEST_CASE("However few descriptors there are, a run does what it should or nothing") {
  constexpr int kEnough = 40;
  for (int descriptors = 3; descriptors < kEnough; ++descriptors) {
    goes_well_with("-n", descriptors);
  }

  CHECK(goes_well_with("-n", kEnough));
}

TEST_CASE("However little memory there is, a run does what it should or nothing") {
  if (is_sanitized()) {
    WARN("not tried: the sanitizer wants more memory than anybody has");
    return;
  }
  constexpr int kEnoughKib = 48 * 1024;
  constexpr int kStepKib = 397;
  for (int kib = 1024; kib < 16 * 1024; kib += kStepKib) {
    goes_well_with("-d", kib);
  }

  CHECK(goes_well_with("-d", kEnoughKib));
}

TEST_CASE("A run that crashes leaves no core dump with the token in it") {
  const ScratchDir scratch;
  ProcessSpec other = limited({.argv = {"/bin/sh", "-c", "kill -ABRT $$"}}, "-c", 1'000'000);
  other.directory = scratch.path();
  if (!run(other).dumped_core) {
    WARN("not tried: this system dumps no core of anything");
    return;
  }
  Lab lab;
  lab.main.behave(behaviour::Hang{});
  RunningProcess crashing(limited(one_run(lab, {"--timeout", "30s"}), "-c", 1'000'000));
  REQUIRE(lab.main.await_connections(1));

  crashing.signal(SIGABRT);

  const ProcessResult result = crashing.wait(10s);
  CHECK(result.signal == SIGABRT);
  CHECK_FALSE(result.dumped_core);
}
