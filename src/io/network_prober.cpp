#include "io/network_prober.h"

#include "io/exec_probe.h"
#include "io/http_probe.h"
#include "io/icmp_probe.h"

namespace {

constexpr Milliseconds kCanaryTimeout{5000};

/// Nothing is decided on ignorance: what this host could not do says nothing of the address.
Health health_after(const std::optional<ProbeFailure>& failure) {
  if (!failure) {
    return Health::up;
  }
  const bool not_judged = failure->kind == ProbeFailure::Kind::this_host ||
                          failure->kind == ProbeFailure::Kind::deadline;
  return not_judged ? Health::unknown : Health::down;
}

/// If this host was at fault, say so, rather than that time ran out.
ProbeFailure at_deadline(const std::optional<ProbeFailure>& last) {
  const bool is_ours = last && last->kind == ProbeFailure::Kind::this_host;
  return is_ours ? *last : ProbeFailure{ProbeFailure::Kind::deadline};
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
      result.failure = at_deadline(result.failure);
      break;
    }
    ++result.attempts;
    const ProbeAttempt last = co_await attempt(address);
    result.failure = last.failure;
    result.certificate_expires = last.certificate_expires;
    if (result.failure) {
      note_failure(address);
    }
  } while (result.failure && result.attempts < settings_.attempts);
  result.health = health_after(result.failure);
  result.ms = std::chrono::duration<double, std::milli>(loop_.now() - start).count();
  co_return result;
}

Task<ProbeAttempt> NetworkProber::attempt(IpAddress address) {
  struct Attempt {
    NetworkProber& prober;
    const IpAddress& address;

    Task<ProbeAttempt> operator()(const HttpTarget& target) const {
      return http_probe(prober.http_, prober.settings_, target, address);
    }
    Task<ProbeAttempt> operator()(const TcpTarget& target) const {
      return tcp_probe(prober.http_, prober.settings_, target, address);
    }
    Task<ProbeAttempt> operator()(const IcmpTarget&) const {
      return icmp_probe(prober.loop_, address, prober.settings_.timeout);
    }
    Task<ProbeAttempt> operator()(const ExecTarget& target) const {
      return exec_probe(prober.loop_, target.words, prober.environment_, address,
                        prober.settings_.timeout);
    }
  };
  return std::visit(Attempt{*this, address}, settings_.target);
}

void NetworkProber::note_failure(const IpAddress& address) {
  failing_.insert(address);
  if (needed_.contains(address)) {
    canaries_.ask();
  }
}

void NetworkProber::need(const IpAddress& address) {
  needed_.insert(address);
  if (failing_.contains(address)) {
    canaries_.ask();
  }
}

void Canaries::ask() {
  if (!answers_.empty()) {
    return;
  }
  for (const Url& url : urls_) {
    answers_.push_back(http_.fetch({.url = url,
                                    .timeout = kCanaryTimeout,
                                    .connect_timeout = kCanaryTimeout,
                                    .wants_body = [](int) { return false; }}));
  }
}

Task<bool> Canaries::are_all_silent() {
  ask();
  for (Task<HttpResult>& answer : answers_) {
    const HttpResult& result = co_await answer;
    if (result) {
      co_return false;
    }
  }
  co_return !answers_.empty();
}
