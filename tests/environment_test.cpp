#include "app/environment.h"

#include <array>

#include "support/catch.h"

TEST_CASE("The environment is read as environ(7) has it") {
  const std::array strings{"HOME=/root",     "EMPTY=",      "URL=https://a/?b=c",
                           "no-equals-sign", "HOME=/later", static_cast<const char*>(nullptr)};

  const Environment environment = Environment::from(strings.data());

  CHECK(environment.get("HOME") == "/root");
  CHECK(environment.get("EMPTY").empty());
  CHECK(environment.get("URL") == "https://a/?b=c");
  CHECK(environment.get("no-equals-sign").empty());
  CHECK(environment.get("home").empty());
  CHECK(environment.get("").empty());
}

TEST_CASE("There may be no environment at all") {
  CHECK(Environment::from(nullptr).get("HOME").empty());
}
