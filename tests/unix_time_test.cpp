#include "value/unix_time.h"

#include <random>

#include "support/catch.h"

namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

/// Milliseconds since 1970.
std::optional<std::int64_t> parsed(std::string_view text) {
  const auto time = parse_unix_time(text);
  return time ? std::optional<std::int64_t>(time->time_since_epoch().count()) : std::nullopt;
}

std::string canonical(std::string_view text) {
  const auto time = parse_unix_time(text);
  return time ? to_text(*time) : "refused";
}

const UnixTime kFirst{0ms};
const UnixTime kLast{253402300799999ms};

}  // namespace

TEST_CASE("A time is read as milliseconds since 1970") {
  const auto [text, expected] = GENERATE(table<std::string, std::int64_t>({
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T00:00:00.001Z", 1},
      {"1970-01-02T00:00:00Z", 86'400'000},
      {"2001-09-09T01:46:40Z", 1'000'000'000'000},
      {"2026-01-31T10:15:00Z", 1'769'854'500'000},
      {"2038-01-19T03:14:08Z", 2'147'483'648'000},
      {"9999-12-31T23:59:59.999Z", 253'402'300'799'999},
  }));
  CAPTURE(text);

  CHECK(parsed(text) == expected);
  CHECK(canonical(text) == text);
}

TEST_CASE("A time has one canonical text, however it was spelled") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"2026-01-31t10:15:00z", "2026-01-31T10:15:00Z"},
      {"2026-01-31T10:15:00.0Z", "2026-01-31T10:15:00Z"},
      {"2026-01-31T10:15:00.5Z", "2026-01-31T10:15:00.500Z"},
      {"2026-01-31T10:15:00.05Z", "2026-01-31T10:15:00.050Z"},
      {"2026-01-31T10:15:00.123456789Z", "2026-01-31T10:15:00.123Z"},
      {"2026-01-31T10:15:59.99999999999999999999999999Z", "2026-01-31T10:15:59.999Z"},
      {"2026-01-31T10:15:00+00:00", "2026-01-31T10:15:00Z"},
      {"2026-01-31T10:15:00-00:00", "2026-01-31T10:15:00Z"},
      {"2026-01-31T10:15:00+01:00", "2026-01-31T09:15:00Z"},
      {"2026-01-31T10:15:00-05:30", "2026-01-31T15:45:00Z"},
      {"2026-01-01T00:15:00+01:00", "2025-12-31T23:15:00Z"},
      {"2026-02-28T23:59:59.250-23:59", "2026-03-01T23:58:59.250Z"},
      {"1969-12-31T23:30:00-01:00", "1970-01-01T00:30:00Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
      {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
  }));
  CAPTURE(text);

  CHECK(canonical(text) == expected);
}

TEST_CASE("What is no time, or none that there is, is refused") {
  const auto text = GENERATE(values<std::string>({
      "",
      "Z",
      "2026",
      "2026-01-31",
      "2026-01-31T10:15Z",
      "2026-01-31T10:15:00",
      "2026-01-31T10:15:00.5",
      "2026-01-31 10:15:00Z",
      "2026-01-31_10:15:00Z",
      " 2026-01-31T10:15:00Z",
      "2026-01-31T10:15:00Z ",
      "2026-01-31T10:15:00Z\n",
      "2026-01-31T10:15:00ZZ",
      "2026-01-31T10:15:00Z+01:00",
      "2026-01-31T10:15:00 Z",
      "2026-01-31T10:15:00.Z",
      "2026-01-31T10:15:00,5Z",
      "2026-01-31T10:15:00.5.5Z",
      "2026-01-31T10:15:00.-5Z",
      "2026-01-31T10:15:00.0x5Z",
      "2026-01-31T10:15:00+1:00",
      "2026-01-31T10:15:00+0100",
      "2026-01-31T10:15:00+01",
      "2026-01-31T10:15:00+24:00",
      "2026-01-31T10:15:00+01:60",
      "2026-01-31T10:15:00+01:00:00",
      "2026-01-31T10:15:00UTC",
      "2026-1-31T10:15:00Z",
      "26-01-31T10:15:00Z",
      "02026-01-31T10:15:00Z",
      "-026-01-31T10:15:00Z",
      "+026-01-31T10:15:00Z",
      "2026/01/31T10:15:00Z",
      "20260131T101500Z",
      "2026-01-31T1:15:00Z",
      "2026-01-31T-1:15:00Z",
      "2026-01-31T10-15-00Z",
      "2026-00-31T10:15:00Z",
      "2026-13-31T10:15:00Z",
      "2026-01-00T10:15:00Z",
      "2026-01-32T10:15:00Z",
      "2026-04-31T10:15:00Z",
      "2026-02-29T10:15:00Z",
      "1900-02-29T10:15:00Z",
      "2100-02-29T10:15:00Z",
      "2024-02-30T10:15:00Z",
      "2026-01-31T24:00:00Z",
      "2026-01-31T10:60:00Z",
      "2016-12-31T23:59:60Z",
      "1969-12-31T23:59:59Z",
      "1969-12-31T23:59:59.999Z",
      "1970-01-01T00:00:00+00:01",
      "0000-01-01T00:00:00Z",
      "9999-12-31T23:59:59-00:01",
      "10000-01-01T00:00:00Z",
      "2026-01-31T10:15:00\342\210\22201:00",
      "1769854500",
  }));
  CAPTURE(text);

  CHECK(canonical(text) == "refused");
}

TEST_CASE("A NUL in a time hides nothing") {
  const std::string time = "2026-01-31T10:15:00Z";
  for (std::size_t at = 0; at <= time.size(); ++at) {
    CAPTURE(at);
    std::string inserted = time;
    inserted.insert(at, 1, '\0');
    std::string replaced = time;
    replaced[std::min(at, time.size() - 1)] = '\0';

    CHECK(canonical(inserted) == "refused");
    CHECK(canonical(replaced) == "refused");
  }
}

TEST_CASE("A time that lacks a piece anywhere is refused") {
  const std::string time = "2026-01-31T10:15:00.125+01:00";
  REQUIRE(canonical(time) == "2026-01-31T09:15:00.125Z");
  for (std::size_t size = 0; size < time.size(); ++size) {
    CAPTURE(size);

    CHECK(canonical(time.substr(0, size)) == "refused");
    CHECK(canonical(time.substr(time.size() - size)) == "refused");
  }
}

TEST_CASE("Every moment from 1970 to 9999 is written so that it reads back") {
  std::mt19937_64 random(20260131);
  std::uniform_int_distribution<std::int64_t> any(0, kLast.time_since_epoch().count());
  for (int i = 0; i < 5000; ++i) {
    const UnixTime time{milliseconds(any(random))};
    const UnixTime whole_second = floor<seconds>(time);

    REQUIRE(parse_unix_time(to_text(time)) == time);
    REQUIRE(parse_unix_time(to_text(whole_second)) == whole_second);
    REQUIRE(to_text(whole_second).size() == 20);
  }
  CHECK(parse_unix_time(to_text(kFirst)) == kFirst);
  CHECK(parse_unix_time(to_text(kLast)) == kLast);
}

TEST_CASE("Every day follows the one before it") {
  for (sys_days day = year(1970) / 1 / 1; day < sys_days(year(2110) / 1 / 1); day += days(1)) {
    const std::string midnight = to_text(UnixTime(day));
    const std::string just_before = to_text(UnixTime(day + days(1)) - 1ms);

    REQUIRE(midnight.ends_with("T00:00:00Z"));
    REQUIRE(just_before == midnight.substr(0, 10) + "T23:59:59.999Z");
  }
}
