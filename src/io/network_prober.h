#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/ports.h"
#include "io/http.h"
#include "io/resolver.h"
#include "value/probe_settings.h"

/// Addresses of others that are asked whether this host has a connection at all. They are asked
/// once in a run, whichever record needs to know; any HTTP answer will do.
class Canaries {
 public:
  Canaries(Http& http, std::vector<Url> urls) : http_(http), urls_(std::move(urls)) {}

  void ask();
  /// True if there are canaries and none of them answers. Asks them if nobody has.
  Task<bool> are_all_silent();

 private:
  Http& http_;
  std::vector<Url> urls_;
  std::vector<Task<HttpResult>> answers_;
};

/// Probes addresses over the network, as one record's settings say.
class NetworkProber : public Prober {
 public:
  /// Resolves names to addresses of the `family`; `environment` is what a command sees, as
  /// "NAME=value".
  NetworkProber(Http& http, EventLoop& loop, Canaries& canaries, const ProbeSettings& settings,
                IpAddress::Family family, std::vector<std::string> environment)
      : http_(http),
        loop_(loop),
        canaries_(canaries),
        settings_(settings),
        family_(family),
        environment_(std::move(environment)) {}

  /// Up to `attempts` attempts; the first success, or else the last failure, decides.
  Task<ProbeResult> probe(IpAddress address) override;
  /// Within the time-out of a probe.
  Task<Result<std::vector<IpAddress>>> resolve(Fqdn name) override {
    return ::resolve(loop_, std::move(name), family_, settings_.timeout);
  }
  void need(const IpAddress& address) override;
  Task<bool> is_cut_off() override { return canaries_.are_all_silent(); }

 private:
  Task<ProbeAttempt> attempt(IpAddress address);
  void note_failure(const IpAddress& address);

  Http& http_;
  EventLoop& loop_;
  Canaries& canaries_;
  const ProbeSettings& settings_;
  IpAddress::Family family_;
  std::vector<std::string> environment_;
  std::set<IpAddress> needed_;
  std::set<IpAddress> failing_;
};
