#include "io/state_json.h"

#include "support/catch.h"
#include "support/fakes.h"

namespace {

const std::string kApi = "https://api.cloudflare.com/client/v4";
const std::string kZoneId = "023e105f4ecef8ad9ca31a8372d0c353";

Seen with_zone() {
  return {.zone = Seen::CachedZone{kApi, Zone{.id = kZoneId, .name = "example.com"}}};
}

}  // namespace

TEST_CASE("What was seen is written in a form that people can read") {
  CHECK(to_json(Seen{}) == R"({
    "version": 1
}
)");
  CHECK(to_json(with_zone()) == R"({
    "version": 1,
    "zone": {
        "api": "https://api.cloudflare.com/client/v4",
        "id": "023e105f4ecef8ad9ca31a8372d0c353",
        "name": "example.com"
    }
}
)");
}

TEST_CASE("What was seen is read back as it was written") {
  const auto seen = parse_seen(to_json(with_zone()));

  REQUIRE(seen);
  REQUIRE(seen->zone);
  CHECK(seen->zone->api == kApi);
  CHECK(seen->zone->zone.id == kZoneId);
  CHECK(seen->zone->zone.name == "example.com");
}

TEST_CASE("Nothing seen is read back as nothing seen") {
  const auto seen = parse_seen(to_json(Seen{}));

  REQUIRE(seen);
  CHECK_FALSE(seen->zone);
}

TEST_CASE("A state that was cut short is not taken for a whole one") {
  std::string text = to_json(with_zone());
  text.pop_back();  // The line end says nothing.

  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    REQUIRE_FALSE(parse_seen(std::string_view(text).substr(0, length)));
  }
}

TEST_CASE("A state with something behind it is not ours") {
  CHECK_FALSE(parse_seen(to_json(with_zone()) + "}"));
  CHECK_FALSE(parse_seen(to_json(with_zone()) + to_json(with_zone())));
}

TEST_CASE("What we did not write is not read") {
  const std::string text = GENERATE(values<std::string>({
      "",
      " ",
      "null",
      "[]",
      "1",
      "\"text\"",
      "{}",
      "version: 1",
      R"({"version": 2})",
      R"({"version": 0})",
      R"({"version": "1"})",
      R"({"version": 1.5})",
      R"({"version": null})",
      R"({"Version": 1})",
      R"({"version": 1,})",
      R"({"version": 1, "zone": null})",
      R"({"version": 1, "zone": []})",
      R"({"version": 1, "zone": "example.com"})",
      R"({"version": 1, "zone": {}})",
      R"({"version": 1, "zone": {"id": "1", "name": "example.com"}})",
      R"({"version": 1, "zone": {"api": "https://a/", "name": "example.com"}})",
      R"({"version": 1, "zone": {"api": "https://a/", "id": "1"}})",
      R"({"version": 1, "zone": {"api": 1, "id": "1", "name": "example.com"}})",
      R"({"version": 1, "zone": {"api": "https://a/", "id": 1, "name": "example.com"}})",
      R"({"version": 1, "zone": {"api": "https://a/", "id": "1", "name": null}})",
      R"({"version": 1, "zone": {"api": "https://a/", "id": "", "name": "example.com"}})",
      R"({"version": 1, "zone": {"api": "https://a/", "id": "../user", "name": "example.com"}})",
      "{\"version\": 1, \"note\": \"\xff\"}",
  }));
  CAPTURE(text);

  CHECK_FALSE(parse_seen(text));
}

TEST_CASE("A million brackets are not ours, and do not overflow the stack") {
  constexpr std::size_t kMany = 1'000'000;
  const std::string open(kMany, '[');
  const std::string closed(kMany, ']');

  CHECK_FALSE(parse_seen(open));
  CHECK_FALSE(parse_seen(open + closed));
  CHECK_FALSE(parse_seen(R"({"version": 1, "zone": )" + open + closed + "}"));
}

TEST_CASE("Members of a later minor version are passed over") {
  CHECK(parse_seen(R"({"version": 1, "tallies": {"up": 3}})"));
}

TEST_CASE("Text is escaped on its way out") {
  Seen seen = with_zone();
  seen.zone->api = "a\"b\\c\nd";

  const auto back = parse_seen(to_json(seen));

  REQUIRE(back);
  CHECK(back->zone->api == "a\"b\\c\nd");
}

// --- Runs, addresses, and what was said ---

namespace {

UnixTime at(const char* text) {
  return *parse_unix_time(text);
}

Seen full() {
  Seen seen = with_zone();
  seen.pace = Pace{at("2026-01-31T10:15:00.250Z"), Milliseconds(60000)};
  seen.tracks = {{ip("192.0.2.10"),
                  {.counts_as = Health::down, .since = at("2026-01-31T09:00:00Z"), .against = 2}},
                 {ip("198.51.100.20"),
                  {.counts_as = Health::up,
                   .since = at("2026-01-30T09:00:00Z"),
                   .up_since = at("2026-01-30T09:00:00Z")}}};
  seen.gone = {{ip("203.0.113.30"), at("2026-01-30T08:00:00Z")}};
  seen.told = {Trouble{at("2026-01-31T10:00:00Z"),
                       {{Event::unknown, at("2026-01-31T10:00:00Z")},
                        {Event::cannot_fail_over, at("2026-01-31T10:05:00Z")}}},
               {{ip("198.51.100.20"), at("2026-01-31T09:30:00Z")}}};
  seen.begun = BegunChange{{.time = at("2026-01-31T10:15:00.250Z"),
                            .change = PastChange{.kind = PastChange::Kind::failover,
                                                 .from = ip("192.0.2.10"),
                                                 .to = ip("198.51.100.20"),
                                                 .written = true,
                                                 .reason = "192.0.2.10: refused"}},
                           Event::failover,
                           "a sentence",
                           R"({"record":"www.example.com"})"};
  return seen;
}

Said everything() {
  return {.hold = Hold{at("2026-01-31T11:15:00Z"), "moving \"racks\"\n"},
          .backups = {{ip("198.51.100.20"),
                       ip("203.0.113.31"),
                       {{ip("203.0.113.30"), at("2026-01-30T08:00:00Z")}}},
                      {*Fqdn::parse("home.example.net"), ip("203.0.113.32")}}};
}

}  // namespace

TEST_CASE("All that runs saw is read back as it was written") {
  const auto seen = parse_seen(to_json(full()));

  REQUIRE(seen);
  CHECK(seen->pace == full().pace);
  CHECK(seen->tracks == full().tracks);
  CHECK(seen->gone == full().gone);
  CHECK(seen->told == full().told);
  CHECK(seen->begun == full().begun);
}

TEST_CASE("All that was said is read back as it was written") {
  CHECK(parse_said(to_json(everything())) == everything());
  CHECK(parse_said(to_json(Said{})) == Said{});
}

TEST_CASE("What was said and cut short is not taken for a whole") {
  std::string text = to_json(everything());
  text.pop_back();
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    REQUIRE_FALSE(parse_said(std::string_view(text).substr(0, length)));
  }
}

TEST_CASE("State of another version, or with parts that make no sense, is not ours") {
  const auto text = GENERATE(
      as<std::string>(), R"({"version": 2})", R"({"version": "1"})", R"({"hold": null})", R"([])",
      R"(null)", "", R"({"version": 1, "hold": {"until": "tomorrow"}})",
      R"({"version": 1, "hold": null})", R"({"version": 1, "backups": {}})",
      R"({"version": 1, "backups": [1]})",
      R"({"version": 1, "backups": [{"configured": "x", "address": "192.0.2.1"}]})",
      R"({"version": 1, "backups": [{"configured": "192.0.2.1", "address": "home.example.net"}]})",
      R"({"version": 1, "backups": [{"configured": "192.0.2.1", "address": "192.0.2.2", "former": 1}]})");
  CAPTURE(text);

  CHECK_FALSE(parse_said(text));
}

TEST_CASE("A track that makes no sense voids the whole of what was seen") {
  const auto [from, to] = GENERATE(table<std::string, std::string>({
      {"\"inaccessible\"", "\"unknown\""},
      {"\"against\": 2", "\"against\": -2"},
      {"\"against\": 2", "\"against\": 99999999999"},
      {"\"against\": 2", "\"against\": 0.5"},
      {"192.0.2.10", "192.0.2.300"},
      {"60000", "-1"},
      {"2026-01-31T09:00:00Z", "2026-02-31T09:00:00Z"},
      {"\"cannot-fail-over\"", "\"weather\""},
      {"2026-01-31T09:30:00Z", "once"},
      {"\"action\": \"failover\"", "\"action\": \"none\""},
      {"\"sentence\"", "\"novel\""},
  }));
  std::string text = to_json(full());
  text.replace(text.find(from), from.size(), to);

  CHECK_FALSE(parse_seen(text));
}

TEST_CASE("Text that is not UTF-8 costs no more than itself") {
  const Said said{.hold = Hold{at("2026-01-31T11:15:00Z"), "weg \xff\xfe"}};

  const auto again = parse_said(to_json(said));

  REQUIRE(again);
  REQUIRE(again->hold);
  CHECK(again->hold->until == said.hold->until);
  CHECK(again->hold->why == "weg \xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("Half a surrogate pair is no text") {
  CHECK_FALSE(parse_seen(
      R"({"version":1,"zone":{"api":"\udc00","id":"023e105f4ecef8ad9ca31a8372d0c353","name":"a.example"}})"));
}

TEST_CASE("A count that nobody could count on from is not read") {
  CHECK_FALSE(parse_seen(R"({"version":1,"counters":{"failures_in_a_row":9223372036854775807}})"));
  CHECK_FALSE(parse_seen(
      R"({"version":1,"runs":{"last_run":"2026-01-30T00:00:00Z","interval_ms":9223372036854775807}})"));
}
