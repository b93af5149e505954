// A machine that sleeps, or whose clock is set, while a run is under way.

#include <chrono>
#include <filesystem>
#include <string>

#include "support/api_scene.h"
#include "support/catch.h"

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// How far clocks get ahead at once.
struct Jump {
  milliseconds host{};     ///< the clock that is set
  milliseconds machine{};  ///< the one that counts from the start of the machine
};

/// The program, whose clocks jump once the file "jump" of the lab is there.
ProcessSpec jumping_run(const Lab& lab) {
  ProcessSpec spec = one_run(lab);
  spec.environment["LD_PRELOAD"] = std::filesystem::absolute(built("set_clock.so"));
  spec.environment["CLOCK_JUMP"] = lab.scratch.path() / "jump";
  spec.environment["ASAN_OPTIONS"] = "verify_asan_link_order=0";
  return spec;
}

/// That happens once the exchange has been dealt with, and before its answer arrives.
void arrange(Lab& lab, Exchange exchange, const Jump& jump) {
  const std::string text =
      std::to_string(jump.host.count()) + " " + std::to_string(jump.machine.count());
  const auto happen = [&lab, text] { lab.scratch.write("jump", text); };
  at(exchange, fault::Meanwhile{fault::Moment::after, happen}, 1)(lab);
}

}  // namespace

TEST_CASE("What a run saw before the machine slept for an hour is no ground for a change") {
  const Exchange exchange = GENERATE(Exchange::zones, Exchange::list, Exchange::reread);
  CAPTURE(describe(exchange));
  const auto lab = failover_due();
  arrange(*lab, exchange, {.host = 1h, .machine = 1h});

  const ProcessResult result = run_once(*lab, jumping_run(*lab));

  CHECK((result.status == 3 || result.status == 4 || result.status == 6));
  CHECK(contains(result.err, "the deadline"));
  CHECK(result.elapsed < 5s);
  CHECK(lab->content() == Lab::kMain);
  CHECK(lab->cloudflare.writes().empty());

  const ProcessResult next = run_once(*lab, jumping_run(*lab));

  CHECK(next.status == 0);
  CHECK(lab->content() == Lab::kBackup);
}

TEST_CASE("An answer that comes after the machine slept says what became of the change") {
  const auto lab = failover_due();
  arrange(*lab, Exchange::patch, {.host = 1h, .machine = 1h});

  const ProcessResult result = run_once(*lab, jumping_run(*lab));

  CAPTURE(result.status.value_or(-1), result.out, result.err);
  CHECK(lab->content() == Lab::kBackup);
  CHECK(lab->cloudflare.writes().size() == 1);
}

TEST_CASE("A clock that is set while a run is under way makes no difference to it") {
  const Exchange exchange = GENERATE(Exchange::zones, Exchange::list, Exchange::reread);
  const milliseconds by = GENERATE(milliseconds(-3h), milliseconds(3h), milliseconds(24h * 365));
  CAPTURE(describe(exchange), by.count());
  const auto lab = failover_due();
  arrange(*lab, exchange, {.host = by});

  const ProcessResult result = run_once(*lab, jumping_run(*lab));

  CHECK(result.status == 0);
  CHECK(contains(result.out, success_line()));
  CHECK(result.err.empty());
  CHECK(lab->cloudflare.writes().size() == 1);

  const ProcessResult next = run_once(*lab, jumping_run(*lab));

  CHECK(next.status == 0);
  CHECK(next.err.empty());
  CHECK(lab->cloudflare.writes().size() == 1);
}
