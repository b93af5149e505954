#include "io/child_process.h"

#include "support/catch.h"

TEST_CASE("A child's status may be asked for twice") {
  auto child = ChildProcess::start({"sh", "-c", "exit 7"}, {"PATH=/usr/bin:/bin"});
  REQUIRE(child);

  CHECK(child->exit_status() == std::nullopt);  // It was not awaited, and so killed.
  CHECK(child->exit_status() == std::nullopt);
}
