#include "value/status_set.h"

#include "support/catch.h"

TEST_CASE("Without a list, statuses from 200 to 399 are good") {
  const StatusSet statuses;

  CHECK(statuses.str() == "200-399");
  CHECK_FALSE(statuses.contains(199));
  CHECK(statuses.contains(200));
  CHECK(statuses.contains(399));
  CHECK_FALSE(statuses.contains(400));
}

TEST_CASE("A list of codes and ranges contains these and no others") {
  const auto statuses = StatusSet::parse("100,200-299,401,599");

  REQUIRE(statuses);
  for (int status = 0; status <= 1000; ++status) {
    const bool listed =
        status == 100 || (status >= 200 && status <= 299) || status == 401 || status == 599;
    CAPTURE(status);
    REQUIRE(statuses->contains(status) == listed);
  }
}

TEST_CASE("A list is written as one would type it, and read back") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"200", "200"},
      {"200-200", "200"},
      {"100-599", "100-599"},
      {"200-299,401", "200-299,401"},
      {"401,200-299", "401,200-299"},
      {" 200 - 299 , 401 ", "200-299,401"},
      {"200,200", "200,200"},
  }));
  CAPTURE(text);

  const auto statuses = StatusSet::parse(text);

  REQUIRE(statuses);
  CHECK(statuses->str() == expected);
  CHECK(StatusSet::parse(expected)->str() == expected);
}

TEST_CASE("What is no list of statuses is refused") {
  const std::string text = GENERATE(values<std::string>({
      "",     " ",      ",",       "200,",    ",200",        "200,,201",
      "-",    "200-",   "-200",    "299-200", "200-299-399", "99",
      "600",  "99-200", "200-600", "0",       "-1",          "2xx",
      "20 0", "ok",     "200;201", "2e2",     "0xc8",        "99999999999999999999",
  }));
  CAPTURE(text);

  CHECK_FALSE(StatusSet::parse(text));
}
