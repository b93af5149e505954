#include "value/ip_address.h"

#include <set>
#include <vector>

#include "support/catch.h"
#include "support/printers.h"

namespace {

using Family = IpAddress::Family;

std::string canonical(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->str() : "refused";
}

}  // namespace

TEST_CASE("An address has one canonical text, however it was spelled") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"192.0.2.10", "192.0.2.10"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"2001:db8::10", "2001:db8::10"},
      {"2001:DB8::10", "2001:db8::10"},
      {"2001:0db8:0000:0000:0000:0000:0000:0010", "2001:db8::10"},
      {"2001:db8:0:0:0:0:0:10", "2001:db8::10"},
      {"2001:db8::0:10", "2001:db8::10"},
      {"2001:db8::0.0.0.16", "2001:db8::10"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},    // The first of two longest runs.
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},          // The longest run.
      {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // A lone zero is no run.
      {"::", "::"},
      {"::1", "::1"},
      {"::FFFF:192.0.2.10", "::ffff:192.0.2.10"},
      {"::ffff:c000:20a", "::ffff:192.0.2.10"},
  }));
  CAPTURE(text);

  CHECK(canonical(text) == expected);
  CHECK(canonical(expected) == expected);
}

TEST_CASE("What is no address, or not only one, is refused") {
  const std::string text = GENERATE(values<std::string>({
      "",
      " ",
      "www.example.com",
      "192.0.2",
      "192.0.2.",
      "192.0.2.256",
      "192.0.2.10.1",
      "192.0.2.010",
      "192.0.2.0x0a",
      "3221225994",
      "0xc000020a",
      "-1.0.2.10",
      "192.0.2.10/32",
      "192.0.2.10:80",
      " 192.0.2.10",
      "192.0.2.10 ",
      "192.0.2.10\n",
      "192.0.2.10,192.0.2.11",
      "2001:db8:",
      ":2001:db8::1",
      "2001:db8:::1",
      "2001:db8::1::2",
      "2001:db8::12345",
      "2001:db8::g",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "[2001:db8::1]",
      "2001:db8::1%eth0",
      "fe80::1%1",
      "2001:db8::1/128",
      "2001:db8::192.0.2.256",
      "\xd9\xa1.2.3.4",
  }));
  CAPTURE(text);

  CHECK(canonical(text) == "refused");
}

TEST_CASE("A NUL does not hide what follows it") {
  const std::string_view v4("192.0.2.10\0.example.com", 23);
  const std::string_view v6("2001:db8::1\0", 12);

  CHECK(canonical(v4) == "refused");
  CHECK(canonical(v6) == "refused");
}

TEST_CASE("All spellings of an IPv6 address are one value") {
  const auto written = GENERATE(values<std::string>({
      "2001:DB8::A",
      "2001:db8:0::a",
      "2001:db8:0:0:0:0:0:a",
      "2001:0db8:0000:0000:0000:0000:0000:000a",
      "2001:db8::0.0.0.10",
  }));
  CAPTURE(written);
  const auto address = IpAddress::parse("2001:db8::a");

  const auto other = IpAddress::parse(written);

  REQUIRE(other);
  CHECK(*other == *address);
  CHECK((*other <=> *address) == std::strong_ordering::equal);
  CHECK(std::set{*other, *address}.size() == 1);
}

TEST_CASE("Different addresses differ, those of different families too") {
  const std::vector<std::string> texts{"0.0.0.0", "192.0.2.10",        "192.0.2.11",
                                       "::",      "::ffff:192.0.2.10", "c000:20a::"};

  std::set<IpAddress> distinct;
  for (const std::string& text : texts) {
    distinct.insert(IpAddress::parse(text).value());
  }

  CHECK(distinct.size() == texts.size());
}

TEST_CASE("Addresses sort by family, then as numbers and not as texts") {
  const std::set<IpAddress> sorted{
      IpAddress::parse("2001:db8::1").value(), IpAddress::parse("192.0.2.10").value(),
      IpAddress::parse("192.0.2.9").value(), IpAddress::parse("::1").value()};

  std::string order;
  for (const IpAddress& address : sorted) {
    order += address.str() + " ";
  }

  CHECK(order == "192.0.2.9 192.0.2.10 ::1 2001:db8::1 ");
}

TEST_CASE("An address knows its family, and wears brackets in a URL if it is IPv6") {
  const auto v4 = IpAddress::parse("192.0.2.10").value();
  const auto v6 = IpAddress::parse("2001:DB8:0::10").value();

  CHECK(v4.family() == Family::v4);
  CHECK(v4.bracketed() == "192.0.2.10");
  CHECK(v6.family() == Family::v6);
  CHECK(v6.bracketed() == "[2001:db8::10]");
}

TEST_CASE("Only addresses of this host are loopback") {
  const auto [text, expected] = GENERATE(table<std::string, bool>({
      {"127.0.0.1", true},
      {"127.255.255.254", true},
      {"::1", true},
      {"0:0:0:0:0:0:0:1", true},
      {"126.0.0.1", false},
      {"128.0.0.1", false},
      {"0.0.0.0", false},
      {"192.0.2.127", false},
      {"::", false},
      {"::2", false},
      {"7f00::1", false},
      {"2001:db8::1", false},
  }));
  CAPTURE(text);

  CHECK(IpAddress::parse(text).value().is_loopback() == expected);
}

TEST_CASE(
    "An IPv4 address is found inside the IPv6 address that it is mapped to, and nowhere else") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"::ffff:192.0.2.10", "192.0.2.10"},
      {"::ffff:0:0", "0.0.0.0"},
      {"::ffff:255.255.255.255", "255.255.255.255"},
      {"192.0.2.10", "192.0.2.10"},
      {"::", "::"},
      {"::192.0.2.10", "::192.0.2.10"},
      {"::fffe:192.0.2.10", "::fffe:192.0.2.10"},
      {"::1:ffff:192.0.2.10", "::1:ffff:192.0.2.10"},
      {"1::ffff:192.0.2.10", "1::ffff:192.0.2.10"},
      {"64:ff9b::192.0.2.10", "64:ff9b::192.0.2.10"},
      {"2001:db8::1", "2001:db8::1"},
  }));
  CAPTURE(text);

  const IpAddress inside = IpAddress::parse(text).value().unmapped();

  CHECK(inside.str() == IpAddress::parse(expected).value().str());
  CHECK(inside == IpAddress::parse(expected));
}

TEST_CASE("The bytes of an address are in network order, with zeros after those of IPv4") {
  using Bytes = std::array<std::uint8_t, 16>;

  CHECK(IpAddress::parse("192.0.2.10").value().bytes() == Bytes{192, 0, 2, 10});
  CHECK(IpAddress::parse("2001:db8::10").value().bytes() ==
        Bytes{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10});
}
