#include "app/reaction_time.h"

#include <algorithm>

namespace {

constexpr Milliseconds kInterval = std::chrono::minutes(1);
constexpr Milliseconds kAutomaticTtl = std::chrono::seconds(300);  // Cloudflare's, for ttl 1.

/// A probe that only connects ends with the connection's time-out.
Milliseconds longest_attempt(const ProbeSettings& probe) {
  return std::holds_alternative<TcpTarget>(probe.target)
             ? std::min(probe.timeout, probe.connect_timeout)
             : probe.timeout;
}

}  // namespace

ReactionTime reaction_time(const RecordConfig& record, int ttl, bool proxied) {
  const ProbeSettings& probe = record.probe;
  const Milliseconds pauses = (probe.attempts - 1) * probe.retry_delay;
  const Milliseconds seconds = ttl <= 1 ? kAutomaticTtl : std::chrono::seconds(ttl);
  return {.until_run = kInterval,
          .probes_best = pauses,
          .probes_worst = probe.attempts * longest_attempt(probe) + pauses,
          .until_fall = (record.damping.fall - 1) * kInterval,
          .ttl = proxied ? Milliseconds{0} : seconds,
          .ttl_is_known = ttl > 0};
}
