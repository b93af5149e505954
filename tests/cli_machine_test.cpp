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

/// What tests/README.md says to be enough.
constexpr int kEnoughKib = 32 * 1024;

/// A hundred megabytes of nothing, in the form of a hundred kilobytes.
fault::Answer compressed_bomb() {
  const ProcessSpec pack{.argv = {"sh", "-c", "head -c 100000000 /dev/zero | gzip"},
                         .environment = {{"PATH", "/usr/bin:/bin"}}};
  return {.body = run(pack).out, .headers = {{"Content-Encoding", "gzip"}}};
}

/// As many values as fit into what is read of an answer.
fault::Answer half_a_million_values() {
  std::string values = "0";
  for (int i = 1; i < 500'000; ++i) {
    values += ",0";
  }
  return {.body = R"({"success":true,"errors":[],"messages":[],"result":[)" + values + "]}"};
}

bool is_sanitized_and_said_so() {
  if (is_sanitized()) {
    WARN("not tried: the sanitizer wants more memory than anybody has");
    return true;
  }
  return false;
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
  if (is_sanitized_and_said_so()) {
    return;
  }
  constexpr int kStepKib = 397;
  for (int kib = 1024; kib < 16 * 1024; kib += kStepKib) {
    goes_well_with("-d", kib);
  }

  CHECK(goes_well_with("-d", kEnoughKib));
}

TEST_CASE("Whatever Cloudflare's API sends, 32 MiB of memory are enough") {
  if (is_sanitized_and_said_so()) {
    return;
  }
  constexpr std::size_t kGigantic = 10'000'000;
  constexpr std::size_t kDeep = 500'000;  // As deep as what is read of an answer allows.
  const fault::Mischief mischief =
      GENERATE(fault::Mischief(fault::Endless{}), fault::Mischief(fault::pad(kGigantic)),
               fault::Mischief(fault::deeply_nested(kDeep)), fault::Mischief(compressed_bomb()),
               fault::Mischief(half_a_million_values()));
  const auto lab = failover_due();
  at(Exchange::list, mischief)(*lab);

  const ProcessResult result =
      run_once(*lab, limited(one_run(*lab, {"--deadline", "2s"}), "-d", kEnoughKib));

  CHECK(result.status == 3);
  CHECK(contains(result.err, "could not read the record: HTTP 200, "));
  CHECK(result.elapsed < 4s);
  CHECK(lab->cloudflare.writes().empty());
}

TEST_CASE("Whatever an origin sends, 32 MiB of memory are enough") {
  if (is_sanitized_and_said_so()) {
    return;
  }
  using behaviour::Part;
  const Part part =
      GENERATE(Part::interim_heads, Part::headers, Part::header_line, Part::body, Part::chunks);
  const auto lab = failover_due();
  lab->main.behave(behaviour::Endless{part});
  lab->backup.behave(behaviour::Answer{.body = "all is well"});

  const ProcessResult result =
      run_once(*lab, limited(one_run(*lab, {"--expect-body", "all is well", "--timeout", "2s"}),
                             "-d", kEnoughKib));

  CHECK(result.status == 0);
  CHECK(contains(result.out, "failover"));
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
