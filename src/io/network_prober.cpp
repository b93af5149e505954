#include "io/network_prober.h"

#include "io/http_probe.h"

namespace {

/// Nothing is decided on ignorance: what this host could not do says nothing of the address.
Health health_after(const std::optional<ProbeFailure>& failure) {
  if (!failure) {
    return Health::up;
  }
  const bool not_judged = failure->kind == ProbeFailure::Kind::this_host ||
                          failure->kind == ProbeFailure::Kind::deadline;
  return not_judged ? Health::unknown : Health::down;
}

}  // namespace

Task<ProbeResult> NetworkProber::probe(IpAddress address) {
  const BootTime start = loop_.now();
  ProbeResult result{.address = address};
  do {
    if (result.attempts > 0) {
      co_await loop_.sleep(settings_.retry_delay);
    }
    if (loop_.expired()) {
      result.failure = ProbeFailure{ProbeFailure::Kind::deadline};
      break;
    }
    ++result.attempts;
    result.failure = co_await attempt(address);
  } while (result.failure && result.attempts < settings_.attempts);
  result.health = health_after(result.failure);
  result.ms = std::chrono::duration<double, std::milli>(loop_.now() - start).count();
  co_return result;
}

Task<std::optional<ProbeFailure>> NetworkProber::attempt(IpAddress address) {
  if (const auto* tcp = std::get_if<TcpTarget>(&settings_.target)) {
    return tcp_probe(http_, settings_, *tcp, address);
  }
  return http_probe(http_, settings_, std::get<HttpTarget>(settings_.target), address);
}
