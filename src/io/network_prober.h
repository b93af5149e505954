#pragma once

#include "core/ports.h"
#include "io/http.h"
#include "value/probe_settings.h"

/// Probes addresses over the network, as one record's settings say.
class NetworkProber : public Prober {
 public:
  NetworkProber(Http& http, EventLoop& loop, const ProbeSettings& settings)
      : http_(http), loop_(loop), settings_(settings) {}

  /// Up to `attempts` attempts; the first success, or else the last failure, decides.
  Task<ProbeResult> probe(IpAddress address) override;

 private:
  Task<std::optional<ProbeFailure>> attempt(IpAddress address);

  Http& http_;
  EventLoop& loop_;
  const ProbeSettings& settings_;
};
