#include "app/reaction_time.h"

#include "support/catch.h"
#include "support/fakes.h"

namespace {

using namespace std::chrono_literals;

ProbeSettings probe(const char* target, int attempts = 2) {
  return {.target = *parse_probe_target(target), .attempts = attempts};
}

RecordConfig record(ProbeSettings probe, int fall = 1) {
  return {.name = *Fqdn::parse("www.example.com"),
          .type = RecordType::a,
          .zone = {},
          .sites = {ip("192.0.2.10"), {ip("198.51.100.20")}},
          .probe = std::move(probe),
          .damping = {.fall = fall}};
}

}  // namespace

TEST_CASE("A failure is noticed after the attempts and the pauses between them") {
  struct Row {
    ProbeSettings probe;
    Milliseconds best;
    Milliseconds worst;
  };
  const Row row = GENERATE_COPY(values<Row>({
      {probe("https://www.example.com/"), 1s, 11s},
      {probe("https://www.example.com/", 1), 0s, 5s},
      {probe("https://www.example.com/", 10), 9s, 59s},
      {probe("tcp:443"), 1s, 6s},
      {probe("icmp"), 1s, 11s},
      {probe("exec:true"), 1s, 11s},
      {{.target = TcpTarget{443}, .timeout = 1s, .connect_timeout = 2s}, 1s, 3s},
      {{.target = IcmpTarget{}, .timeout = 1s, .attempts = 3, .retry_delay = 0ms}, 0s, 3s},
  }));

  const ReactionTime time = reaction_time(record(row.probe), 60, false);

  CHECK(time.until_run == 60s);
  CHECK(time.probes_best == row.best);
  CHECK(time.probes_worst == row.worst);
}

TEST_CASE("Visitors wait for the TTL, Cloudflare's automatic one, or not at all") {
  const auto [ttl, proxied, waits, known] = GENERATE(table<int, bool, Milliseconds, bool>({
      {60, false, 60s, true},
      {86400, false, 24h, true},
      {1, false, 300s, true},
      {0, false, 300s, false},
      {1, true, 0s, true},
      {60, true, 0s, true},
  }));
  CAPTURE(ttl, proxied);

  const ReactionTime time = reaction_time(record(probe("tcp:443")), ttl, proxied);

  CHECK(time.ttl == waits);
  CHECK(time.ttl_is_known == known);
  CHECK(time.best() == 1s);
  CHECK(time.worst() == 66s + waits);
}

TEST_CASE("An address that must fail in several runs is followed that much later") {
  const ReactionTime once = reaction_time(record(probe("tcp:443")), 60, false);
  const ReactionTime thrice = reaction_time(record(probe("tcp:443"), 3), 60, false);

  CHECK(thrice.until_fall == 2min);
  CHECK(thrice.best() == once.best() + 2min);
  CHECK(thrice.worst() == once.worst() + 2min);
}
