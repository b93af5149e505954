#include "value/duration.h"

#include "support/catch.h"

namespace {

using namespace std::chrono_literals;

}  // namespace

TEST_CASE("A duration is a whole number with a unit, or of seconds") {
  const auto [text, expected] = GENERATE(table<std::string, Milliseconds>({
      {"500ms", 500ms},
      {"5s", 5s},
      {"2m", 2min},
      {"1h", 1h},
      {"24h", 24h},
      {"0", 0s},
      {"0ms", 0s},
      {"0h", 0s},
      {"90", 90s},
      {"007", 7s},
      {"8784h", 366 * 24h},
      {"31622400000ms", 366 * 24h},
  }));
  CAPTURE(text);

  const auto duration = parse_duration(text);

  REQUIRE(duration);
  CHECK(*duration == expected);
}

TEST_CASE("What is no duration, or too long a one, is refused") {
  const std::string text = GENERATE(values<std::string>({
      "",
      "s",
      "ms",
      "h",
      "-5s",
      "+5s",
      "1.5s",
      "1,5s",
      ".5s",
      "1e3",
      "0x10",
      " 5s",
      "5s ",
      "5 s",
      "5sec",
      "5S",
      "5M",
      "1h30m",
      "1d",
      "5us",
      "five",
      "8785h",
      "31622400001ms",
      "31622401",
      "9223372036854775807h",
      "9223372036854775808",
      "99999999999999999999999999s",
  }));
  CAPTURE(text);

  CHECK_FALSE(parse_duration(text));
}

TEST_CASE("A duration is written as one would type it, and read back") {
  const auto [duration, expected] = GENERATE(table<Milliseconds, std::string>({
      {0ms, "0s"},
      {1ms, "1ms"},
      {999ms, "999ms"},
      {1s, "1s"},
      {1500ms, "1500ms"},
      {59s, "59s"},
      {60s, "1m"},
      {90s, "90s"},
      {59min, "59m"},
      {60min, "1h"},
      {90min, "90m"},
      {24h, "24h"},
      {366 * 24h, "8784h"},
  }));
  CAPTURE(duration);

  CHECK(to_text(duration) == expected);
  CHECK(parse_duration(expected) == duration);
}

TEST_CASE("A duration is described to people by its two largest parts") {
  const auto [duration, expected] = GENERATE(table<Milliseconds, std::string>({
      {0ms, "0 ms"},
      {40ms, "40 ms"},
      {999ms, "999 ms"},
      {1s, "1 s"},
      {1049ms, "1 s"},
      {1050ms, "1.1 s"},
      {2500ms, "2.5 s"},
      {59s, "59 s"},
      {60s, "1 min"},
      {61s, "1 min 1 s"},
      {200s, "3 min 20 s"},
      {60min, "1 h"},
      {60min + 59s, "1 h"},
      {125min, "2 h 5 min"},
      {366 * 24h, "8784 h"},
  }));
  CAPTURE(duration);

  CHECK(describe(duration) == expected);
}
