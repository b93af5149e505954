#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "value/ip_address.h"

// Echo messages of ICMP (RFC 792) and ICMPv6 (RFC 4443): both have the same form.

/// What a reply has to repeat to be ours.
struct Echo {
  std::uint16_t identifier;
  std::uint16_t sequence;
  std::string cookie;  ///< random bytes
};

/// The request as it goes over the wire.
std::vector<std::uint8_t> echo_request(IpAddress::Family family, const Echo& echo);

/// Whether a message, without its IP header, is the reply to this request. The kernel puts an
/// identifier of its own into requests on datagram sockets, and hands back only replies to it:
/// there, `any_identifier`.
bool is_reply(IpAddress::Family family, std::span<const std::uint8_t> message, const Echo& echo,
              bool any_identifier);

/// What follows the IPv4 header that raw sockets deliver; empty if that is malformed.
std::span<const std::uint8_t> without_ipv4_header(std::span<const std::uint8_t> packet);
