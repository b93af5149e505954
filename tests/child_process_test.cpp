#include "io/child_process.h"

#include <poll.h>

#include "support/catch.h"

namespace {

ChildProcess start(const std::string& line) {
  auto child = ChildProcess::start({"sh", "-c", line}, {"PATH=/usr/bin:/bin"});
  REQUIRE(child);
  return *std::move(child);
}

}  // namespace

TEST_CASE("A child's exit status may be asked for twice, also of one that was moved") {
  ChildProcess child = start("exit 7");
  pollfd ended{.fd = child.exit_descriptor(), .events = POLLIN, .revents = 0};
  REQUIRE(poll(&ended, 1, 10'000) == 1);

  CHECK(child.exit_status() == 7);
  CHECK(child.exit_status() == 7);
  ChildProcess moved(std::move(child));
  CHECK(moved.exit_status() == 7);
}

TEST_CASE("A child that is not awaited is killed, and has no exit status") {
  ChildProcess child = start("exec sleep 60");

  CHECK(child.exit_status() == std::nullopt);
  CHECK(child.exit_status() == std::nullopt);
}
