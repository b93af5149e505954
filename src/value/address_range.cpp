#include "value/address_range.h"

#include <algorithm>
#include <array>

namespace {

struct Row {
  std::string_view prefix;
  unsigned length;
  AddressRange range;
};

constexpr bool kNeverAllowed = false;

/// The first that fits counts: a range inside another stands before it.
/// https://www.iana.org/assignments/iana-ipv4-special-registry
/// https://www.iana.org/assignments/iana-ipv6-special-registry
/// https://www.iana.org/assignments/ipv6-address-space
constexpr std::array kRows{
    Row{"0.0.0.0", 32, {"unspecified", kNeverAllowed}},
    Row{"0.0.0.0", 8, {"this network"}},
    Row{"10.0.0.0", 8, {"private"}},
    Row{"100.64.0.0", 10, {"shared (carrier-grade NAT)"}},
    Row{"127.0.0.0", 8, {"loopback"}},
    Row{"169.254.0.0", 16, {"link-local"}},
    Row{"172.16.0.0", 12, {"private"}},
    Row{"192.0.0.0", 24, {"IETF protocol assignments"}},
    Row{"192.0.2.0", 24, {"documentation"}},
    Row{"192.88.99.0", 24, {"6to4 relay anycast"}},
    Row{"192.168.0.0", 16, {"private"}},
    Row{"198.18.0.0", 15, {"benchmarking"}},
    Row{"198.51.100.0", 24, {"documentation"}},
    Row{"203.0.113.0", 24, {"documentation"}},
    Row{"224.0.0.0", 4, {"multicast", kNeverAllowed}},
    Row{"255.255.255.255", 32, {"broadcast", kNeverAllowed}},
    Row{"240.0.0.0", 4, {"reserved"}},

    Row{"::", 128, {"unspecified", kNeverAllowed}},
    Row{"::1", 128, {"loopback"}},
    Row{"::", 96, {"IPv4-compatible"}},
    // Globally reachable, says the registry: through each network's own translator, if it has one.
    Row{"64:ff9b::", 96, {"NAT64"}},
    Row{"64:ff9b:1::", 48, {"NAT64"}},
    Row{"100::", 64, {"discard-only"}},
    Row{"100:0:0:1::", 64, {"dummy"}},
    Row{"2001::", 32, {"Teredo"}},
    Row{"2001:2::", 48, {"benchmarking"}},
    Row{"2001:10::", 28, {"ORCHID"}},
    Row{"2001:20::", 28, {"ORCHID"}},
    Row{"2001::", 23, {"IETF protocol assignments"}},
    Row{"2001:db8::", 32, {"documentation"}},
    Row{"2002::", 16, {"6to4"}},
    Row{"3fff::", 20, {"documentation"}},
    Row{"5f00::", 16, {"segment routing"}},
    Row{"fc00::", 7, {"unique local"}},
    Row{"fe80::", 10, {"link-local"}},
    Row{"fec0::", 10, {"site-local"}},
    Row{"ff00::", 8, {"multicast", kNeverAllowed}},
    // Global unicast is 2000::/3; this is the rest.
    Row{"::", 3, {"not assigned"}},
    Row{"4000::", 2, {"not assigned"}},
    Row{"8000::", 1, {"not assigned"}},
};

bool begins_with(const IpAddress& address, const IpAddress& prefix, unsigned length) {
  if (address.family() != prefix.family()) {
    return false;
  }
  const std::size_t whole = length / 8;
  const unsigned rest = length % 8;
  const auto& bytes = address.bytes();
  const auto& wanted = prefix.bytes();
  return std::equal(bytes.begin(), bytes.begin() + whole, wanted.begin()) &&
         (rest == 0 || (bytes.at(whole) ^ wanted.at(whole)) >> (8 - rest) == 0);
}

}  // namespace

std::optional<AddressRange> special_range(const IpAddress& address) {
  const IpAddress seen = address.unmapped();
  for (const Row& row : kRows) {
    if (begins_with(seen, IpAddress::parse(row.prefix).value(), row.length)) {
      return row.range;
    }
  }
  return std::nullopt;
}
