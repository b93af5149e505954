#pragma once

#include "core/ports.h"
#include "io/event_loop.h"

/// One ICMP or ICMPv6 echo request; accessible if its reply comes within the time-out. Uses a
/// datagram socket where net.ipv4.ping_group_range allows it, otherwise a raw one; where neither
/// may be opened, the failure is of this host and says what would help.
Task<ProbeAttempt> icmp_probe(EventLoop& loop, IpAddress address, Milliseconds timeout);
