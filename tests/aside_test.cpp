#include "io/aside.h"

#include <new>

#include "app/system_clock.h"
#include "support/catch.h"

namespace {

using namespace std::chrono_literals;

Result<bool> run_aside(std::function<void()> work) {
  const SystemClock clock;
  EventLoop loop(clock, clock.now() + 10s);
  PollPump pump;
  auto task = aside(loop, std::move(work), 10s);
  return loop.run(task, pump);
}

}  // namespace

TEST_CASE("What is done aside is done when that is said") {
  bool done = false;

  const Result<bool> finished = run_aside([&] { done = true; });

  REQUIRE(finished);
  CHECK(*finished);
  CHECK(done);
}

TEST_CASE("A lack of memory aside is one of whoever waits") {
  CHECK_THROWS_AS(run_aside([] { throw std::bad_alloc(); }), std::bad_alloc);
}
