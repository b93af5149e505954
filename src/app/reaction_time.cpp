#include "app/reaction_time.h"

namespace {

constexpr Milliseconds kInterval = std::chrono::minutes(1);
constexpr Milliseconds kAutomaticTtl = std::chrono::seconds(300);  // Cloudflare's, for ttl 1.

}  // namespace

ReactionTime reaction_time(const ProbeSettings& probe, int ttl, bool proxied) {
  const Milliseconds pauses = (probe.attempts - 1) * probe.retry_delay;
  const Milliseconds seconds = ttl <= 1 ? kAutomaticTtl : std::chrono::seconds(ttl);
  return {.until_run = kInterval,
          .probes_best = pauses,
          .probes_worst = probe.attempts * probe.timeout + pauses,
          .ttl = proxied ? Milliseconds{0} : seconds};
}
