#include "io/icmp_message.h"

#include "support/catch.h"

namespace {

using Bytes = std::vector<std::uint8_t>;
using Family = IpAddress::Family;

const Echo kEcho{0x1234, 0x0001, "abcd"};
const Bytes kReply4{0, 0, 0xee, 0xee, 0x12, 0x34, 0, 1, 'a', 'b', 'c', 'd'};
const Bytes kReply6{129, 0, 0xee, 0xee, 0x12, 0x34, 0, 1, 'a', 'b', 'c', 'd'};

Bytes with(Bytes bytes, std::size_t at, std::uint8_t value) {
  bytes.at(at) = value;
  return bytes;
}

/// The ones' complement sum of all words, which a correct checksum makes 0xffff.
unsigned sum_of(const Bytes& bytes) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? bytes[i] * 256U : bytes[i];
  }
  while (sum > 0xffff) {
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return sum;
}

Bytes packet(std::uint8_t first, std::size_t size) {
  Bytes bytes(size, 0);
  if (!bytes.empty()) {
    bytes.front() = first;
  }
  return bytes;
}

}  // namespace

TEST_CASE("A request is what RFC 792 and RFC 4443 draw") {
  CHECK(echo_request(Family::v4, kEcho) ==
        Bytes{8, 0, 0x21, 0x04, 0x12, 0x34, 0, 1, 'a', 'b', 'c', 'd'});
  CHECK(echo_request(Family::v6, kEcho) ==
        Bytes{128, 0, 0, 0, 0x12, 0x34, 0, 1, 'a', 'b', 'c', 'd'});
}

TEST_CASE("The checksum of a request is right whatever is in it") {
  const Echo echo = GENERATE(values<Echo>({
      {0, 0, ""},
      {0xffff, 0xffff, ""},
      {0xffff, 0xffff, std::string(16, '\xff')},
      {0, 1, std::string(16, '\0')},
      {0xf7ff, 0, ""},
      {1, 2, "odd"},
      {0x8000, 0x8000, std::string(1001, '\x80')},
  }));

  CHECK(sum_of(echo_request(Family::v4, echo)) == 0xffff);
}

TEST_CASE("A reply is ours if it repeats identifier, sequence and cookie") {
  CHECK(is_reply(Family::v4, kReply4, kEcho, false));
  CHECK(is_reply(Family::v6, kReply6, kEcho, false));
  CHECK(is_reply(Family::v4, kReply4, kEcho, true));
  CHECK(is_reply(Family::v6, kReply6, kEcho, true));
}

TEST_CASE("A reply with high bytes in its cookie is ours too") {
  const Echo echo{0xfffe, 0xfffd, "\xff\x80"};

  CHECK(is_reply(Family::v4, Bytes{0, 0, 0, 0, 0xff, 0xfe, 0xff, 0xfd, 0xff, 0x80}, echo, false));
}

TEST_CASE("Foreign messages are ignored") {
  struct Row {
    const char* what;
    Bytes message;
  };
  const Row row = GENERATE(values<Row>({
      {"sequence, high byte", with(kReply4, 6, 1)},
      {"sequence, low byte", with(kReply4, 7, 2)},
      {"first byte of the cookie", with(kReply4, 8, 'A')},
      {"last byte of the cookie", with(kReply4, 11, 'D')},
      {"code", with(kReply4, 1, 1)},
      {"our own request", with(kReply4, 0, 8)},
      {"destination unreachable", with(kReply4, 0, 3)},
      {"time exceeded", with(kReply4, 0, 11)},
      {"a reply of the other family", kReply6},
      {"a byte more", Bytes{0, 0, 0, 0, 0x12, 0x34, 0, 1, 'a', 'b', 'c', 'd', 'e'}},
  }));
  const bool any_identifier = GENERATE(false, true);
  CAPTURE(row.what, any_identifier);

  CHECK_FALSE(is_reply(Family::v4, row.message, kEcho, any_identifier));
}

TEST_CASE("Another identifier is foreign, unless the kernel has put it there") {
  const std::size_t at = GENERATE(4U, 5U);

  CHECK_FALSE(is_reply(Family::v4, with(kReply4, at, 0x99), kEcho, false));
  CHECK_FALSE(is_reply(Family::v6, with(kReply6, at, 0x99), kEcho, false));
  CHECK(is_reply(Family::v4, with(kReply4, at, 0x99), kEcho, true));
  CHECK(is_reply(Family::v6, with(kReply6, at, 0x99), kEcho, true));
}

TEST_CASE("A request or an IPv4 reply is no ICMPv6 reply") {
  CHECK_FALSE(is_reply(Family::v6, with(kReply6, 0, 128), kEcho, true));
  CHECK_FALSE(is_reply(Family::v6, kReply4, kEcho, true));
}

TEST_CASE("A reply that is cut short is ignored, wherever the cut is") {
  for (std::size_t size = 0; size < kReply4.size(); ++size) {
    CAPTURE(size);
    // Vectors of just that size: a look behind the end would show under a sanitizer.
    const Bytes cut4(kReply4.begin(), kReply4.begin() + static_cast<std::ptrdiff_t>(size));
    const Bytes cut6(kReply6.begin(), kReply6.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(is_reply(Family::v4, cut4, kEcho, true));
    CHECK_FALSE(is_reply(Family::v6, cut6, kEcho, true));
  }
}

TEST_CASE("An IPv4 header is as long as it says, and what is malformed is nothing") {
  const auto [first, size, rest] = GENERATE(table<int, std::size_t, std::size_t>({
      {0x45, 32, 12},
      {0x45, 20, 0},
      {0x45, 19, 0},
      {0x45, 1, 0},
      {0x45, 0, 0},
      {0x46, 32, 8},
      {0x46, 23, 0},
      {0x4f, 72, 12},
      {0x4f, 60, 0},
      {0x4f, 59, 0},
      {0x44, 32, 0},
      {0x40, 32, 0},
  }));
  CAPTURE(first, size);
  const Bytes bytes = packet(static_cast<std::uint8_t>(first), size);

  const auto message = without_ipv4_header(bytes);

  CHECK(message.size() == rest);
  CHECK((message.empty() || &message.back() == &bytes.back()));
}
