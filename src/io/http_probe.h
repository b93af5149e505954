#pragma once

#include "core/ports.h"
#include "io/http.h"
#include "value/probe_settings.h"

/// One attempt to get the expected answer from this address.
Task<ProbeAttempt> http_probe(Http& http, const ProbeSettings& settings, HttpTarget target,
                              IpAddress address);

/// One attempt to open a connection.
Task<ProbeAttempt> tcp_probe(Http& http, const ProbeSettings& settings, TcpTarget target,
                             IpAddress address);
