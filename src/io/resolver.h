#pragma once

#include <string>
#include <vector>

#include "core/task.h"
#include "io/event_loop.h"
#include "value/fqdn.h"
#include "value/ip_address.h"
#include "value/result.h"

/// The addresses of a host name, as the system resolves it (nsswitch.conf: /etc/hosts, DNS, ...),
/// sorted, each once, at least one; asked for in a thread, since getaddrinfo blocks. The Error says
/// why there is none: it does not resolve, or not within the time or the run's.
Task<Result<std::vector<IpAddress>>> resolve(EventLoop& loop, Fqdn name, IpAddress::Family family,
                                             Milliseconds at_most);

/// The same for any host name, right here: blocks for as long as the system takes.
Result<std::vector<IpAddress>> look_up(const std::string& name, IpAddress::Family family);
