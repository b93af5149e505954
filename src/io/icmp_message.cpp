#include "io/icmp_message.h"

#include <algorithm>

namespace {

constexpr std::size_t kHeader = 8;
constexpr std::uint8_t kEchoRequest4 = 8;
constexpr std::uint8_t kEchoReply4 = 0;
constexpr std::uint8_t kEchoRequest6 = 128;
constexpr std::uint8_t kEchoReply6 = 129;
constexpr unsigned kByte = 8;
constexpr unsigned kLowByte = 0xff;
constexpr unsigned kLowWord = 0xffff;

void put(std::vector<std::uint8_t>& bytes, std::uint16_t number) {
  bytes.push_back(static_cast<std::uint8_t>(number >> kByte));
  bytes.push_back(static_cast<std::uint8_t>(number & kLowByte));
}

std::uint16_t word_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  const unsigned low = at + 1 < bytes.size() ? bytes[at + 1] : 0U;
  return static_cast<std::uint16_t>((unsigned{bytes[at]} << kByte) | low);
}

/// RFC 1071.
std::uint16_t checksum(std::span<const std::uint8_t> bytes) {
  unsigned sum = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    sum += word_at(bytes, at);
  }
  while (sum > kLowWord) {
    sum = (sum & kLowWord) + (sum >> (2 * kByte));
  }
  return static_cast<std::uint16_t>(~sum & kLowWord);
}

}  // namespace

std::vector<std::uint8_t> echo_request(IpAddress::Family family, const Echo& echo) {
  const bool is_v4 = family == IpAddress::Family::v4;
  std::vector<std::uint8_t> message{is_v4 ? kEchoRequest4 : kEchoRequest6, 0};
  put(message, 0);  // The checksum; the kernel fills in ICMPv6's.
  put(message, echo.identifier);
  put(message, echo.sequence);
  message.insert(message.end(), echo.cookie.begin(), echo.cookie.end());
  if (is_v4) {
    const std::uint16_t sum = checksum(message);
    message[2] = static_cast<std::uint8_t>(sum >> kByte);
    message[3] = static_cast<std::uint8_t>(sum & kLowByte);
  }
  return message;
}

bool is_reply(IpAddress::Family family, std::span<const std::uint8_t> message, const Echo& echo,
              bool any_identifier) {
  const std::uint8_t type = family == IpAddress::Family::v4 ? kEchoReply4 : kEchoReply6;
  if (message.size() != kHeader + echo.cookie.size() || message[0] != type || message[1] != 0) {
    return false;
  }
  const bool same_identifier = any_identifier || word_at(message, 4) == echo.identifier;
  const auto cookie = message.subspan(kHeader);
  return same_identifier && word_at(message, 6) == echo.sequence &&
         std::equal(cookie.begin(), cookie.end(), echo.cookie.begin(),
                    [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
}

std::span<const std::uint8_t> without_ipv4_header(std::span<const std::uint8_t> packet) {
  constexpr unsigned kLengthMask = 0x0f;
  constexpr std::size_t kShortest = 20;
  const std::size_t length = packet.empty() ? 0 : (packet[0] & kLengthMask) * 4U;
  return length < kShortest || length > packet.size() ? std::span<const std::uint8_t>()
                                                      : packet.subspan(length);
}
