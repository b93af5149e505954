#include "value/address_range.h"

#include <vector>

#include "support/catch.h"
#include "support/fakes.h"
#include "support/printers.h"

namespace {

const std::string kPublic = "public";
const std::string kNotAssigned = "not assigned";

std::string range_of(const IpAddress& address) {
  const auto range = special_range(address);
  return range ? std::string(range->name) : kPublic;
}

/// The address that is one higher or lower, if `step` is 255.
IpAddress neighbour(const IpAddress& address, std::uint8_t step) {
  auto bytes = address.bytes();
  const bool is_v4 = address.family() == IpAddress::Family::v4;
  const auto carry = static_cast<std::uint8_t>(step == 1 ? 0 : 255);
  std::size_t at = is_v4 ? 4 : 16;
  do {
    --at;
    bytes.at(at) = static_cast<std::uint8_t>(bytes.at(at) + step);
  } while (at > 0 && bytes.at(at) == carry);
  std::string text;
  for (std::size_t i = 0; i < (is_v4 ? 4 : 16); ++i) {
    constexpr std::string_view kHex = "0123456789abcdef";
    if (is_v4) {
      text += (i == 0 ? "" : ".") + std::to_string(bytes.at(i));
    } else {
      text += (i > 0 && i % 2 == 0 ? ":" : "");
      text += kHex[bytes.at(i) >> 4];
      text += kHex[bytes.at(i) & 0xf];
    }
  }
  return ip(text);
}

IpAddress before(const IpAddress& address) {
  return neighbour(address, 255);
}
IpAddress after(const IpAddress& address) {
  return neighbour(address, 1);
}

/// A range with its name, and what lies on both sides of it; "" at the end of all addresses.
struct Row {
  std::string first;
  std::string last;
  std::string range;
  std::string before;
  std::string after;
};

const std::vector<Row> kRows{
    {"0.0.0.0", "0.0.0.0", "unspecified", "", "this network"},
    {"0.0.0.1", "0.255.255.255", "this network", "unspecified", kPublic},
    {"10.0.0.0", "10.255.255.255", "private", kPublic, kPublic},
    {"100.64.0.0", "100.127.255.255", "shared (carrier-grade NAT)", kPublic, kPublic},
    {"127.0.0.0", "127.255.255.255", "loopback", kPublic, kPublic},
    {"169.254.0.0", "169.254.255.255", "link-local", kPublic, kPublic},
    {"172.16.0.0", "172.31.255.255", "private", kPublic, kPublic},
    {"192.0.0.0", "192.0.0.255", "IETF protocol assignments", kPublic, kPublic},
    {"192.0.2.0", "192.0.2.255", "documentation", kPublic, kPublic},
    {"192.88.99.0", "192.88.99.255", "6to4 relay anycast", kPublic, kPublic},
    {"192.168.0.0", "192.168.255.255", "private", kPublic, kPublic},
    {"198.18.0.0", "198.19.255.255", "benchmarking", kPublic, kPublic},
    {"198.51.100.0", "198.51.100.255", "documentation", kPublic, kPublic},
    {"203.0.113.0", "203.0.113.255", "documentation", kPublic, kPublic},
    {"224.0.0.0", "239.255.255.255", "multicast", kPublic, "reserved"},
    {"240.0.0.0", "255.255.255.254", "reserved", "multicast", "broadcast"},
    {"255.255.255.255", "255.255.255.255", "broadcast", "reserved", ""},

    {"::", "::", "unspecified", "", "loopback"},
    {"::1", "::1", "loopback", "unspecified", "IPv4-compatible"},
    {"::2", "::ffff:ffff", "IPv4-compatible", "loopback", kNotAssigned},
    {"64:ff9b::", "64:ff9b::ffff:ffff", "NAT64", kNotAssigned, kNotAssigned},
    {"64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "NAT64", kNotAssigned, kNotAssigned},
    {"100::", "100::ffff:ffff:ffff:ffff", "discard-only", kNotAssigned, "dummy"},
    {"100:0:0:1::", "100::1:ffff:ffff:ffff:ffff", "dummy", "discard-only", kNotAssigned},
    {"2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo", kPublic,
     "IETF protocol assignments"},
    {"2001:1::", "2001:1:ffff:ffff:ffff:ffff:ffff:ffff", "IETF protocol assignments", "Teredo",
     "benchmarking"},
    {"2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "benchmarking", "IETF protocol assignments",
     "IETF protocol assignments"},
    {"2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "ORCHID", "IETF protocol assignments",
     "ORCHID"},
    {"2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "ORCHID", "ORCHID",
     "IETF protocol assignments"},
    {"2001:30::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "IETF protocol assignments", "ORCHID",
     kPublic},
    {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation", kPublic, kPublic},
    {"2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6to4", kPublic, kPublic},
    {"3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation", kPublic, kPublic},
    {"5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "segment routing", kNotAssigned,
     kNotAssigned},
    {"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unique local", kNotAssigned,
     kNotAssigned},
    {"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local", kNotAssigned, "site-local"},
    {"fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site-local", "link-local", "multicast"},
    {"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast", "site-local", ""},
    {"100:0:0:2::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", kNotAssigned, "dummy", kPublic},
    {"4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", kNotAssigned, kPublic, "segment routing"},
};

}  // namespace

TEST_CASE("Every range has its name from its first address to its last, and no further") {
  for (const Row& row : kRows) {
    CAPTURE(row.first, row.last);
    const IpAddress first = ip(row.first);
    const IpAddress last = ip(row.last);

    CHECK(range_of(first) == row.range);
    CHECK(range_of(last) == row.range);
    if (!row.before.empty()) {
      CHECK(range_of(before(first)) == row.before);
    }
    if (!row.after.empty()) {
      CHECK(range_of(after(last)) == row.after);
    }
  }
}

TEST_CASE("An address of the public internet is in no special range") {
  const auto text = GENERATE(values<std::string>({
      "1.1.1.1",
      "8.8.8.8",
      "100.63.255.255",
      "172.15.0.1",
      "172.32.0.1",
      "192.0.1.1",
      "192.31.196.1",  // AS112, globally reachable
      "223.255.255.255",
      "2000::1",
      "2001:200::1",
      "2001:4860:4860::8888",
      "2400:cb00::1",
      "2606:4700::1111",
      "2620:4f:8000::1",  // AS112, globally reachable
      "2a00::1",
  }));
  CAPTURE(text);

  CHECK(range_of(ip(text)) == kPublic);
}

TEST_CASE("An IPv4 address in IPv6 clothes is what it is in its own") {
  const auto text =
      GENERATE(values<std::string>({"0.0.0.0", "1.1.1.1", "10.1.2.3", "127.0.0.1", "192.168.1.1",
                                    "198.51.100.20", "224.0.0.1", "255.255.255.255"}));
  CAPTURE(text);

  CHECK(special_range(ip("::ffff:" + text)) == special_range(ip(text)));
}

TEST_CASE("Only where no host ever answers, nobody may allow it") {
  const auto [text, may_be_allowed] = GENERATE(table<std::string, bool>({
      {"0.0.0.0", false},
      {"::", false},
      {"::ffff:0.0.0.0", false},
      {"224.0.0.1", false},
      {"ff02::1", false},
      {"255.255.255.255", false},
      {"10.0.0.1", true},
      {"127.0.0.1", true},
      {"::1", true},
      {"100.64.0.1", true},
      {"192.0.2.10", true},
      {"240.0.0.1", true},
      {"2001:db8::10", true},
      {"fd00::1", true},
      {"fe80::1", true},
  }));
  CAPTURE(text);

  const auto range = special_range(ip(text));

  REQUIRE(range);
  CHECK(range->may_be_allowed == may_be_allowed);
}

TEST_CASE("Outside 2000::/3 no IPv6 address is public") {
  for (unsigned first = 0; first < 256; ++first) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const std::string text = std::string{kHex[first >> 4], kHex[first & 0xf]} + "00:1:2:3::4";
    CAPTURE(text);

    CHECK((range_of(ip(text)) == kPublic) == (first >= 0x20 && first < 0x40));
  }
}
