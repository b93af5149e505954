#pragma once

#include "core/ports.h"
#include "io/http.h"
#include "value/probe_settings.h"

/// One attempt to get the expected answer from this address; nothing if it came.
Task<std::optional<ProbeFailure>> http_probe(Http& http, const ProbeSettings& settings,
                                             HttpTarget target, IpAddress address);

/// One attempt to open a connection; nothing if it opened.
Task<std::optional<ProbeFailure>> tcp_probe(Http& http, const ProbeSettings& settings,
                                            TcpTarget target, IpAddress address);
