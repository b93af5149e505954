// What comes in on an ICMP socket.

#include "fuzz.h"
#include "io/icmp_message.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kHeader = 8;

void check(IpAddress::Family family, const Bytes& message) {
  const Echo ours{.identifier = 0x1234, .sequence = 1, .cookie = "cookie"};
  const bool strict = is_reply(family, message, ours, false);
  const bool lenient = is_reply(family, message, ours, true);
  always(!strict || lenient, "a reply to us is one to anybody");
  always(!lenient || message.size() == kHeader + ours.cookie.size(),
         "a reply has the whole cookie");
  always(!is_reply(family, echo_request(family, ours), ours, true), "a request is no reply");

  Bytes reply = echo_request(family, {0x1234, 1, std::string(message.begin(), message.end())});
  reply.front() = family == IpAddress::Family::v4 ? 0 : 129;
  always(is_reply(family, reply, {0x1234, 1, std::string(message.begin(), message.end())}, false),
         "any cookie comes back");
}

}  // namespace

void fuzz(std::string_view input) {
  const Bytes packet(input.begin(), input.end());
  const auto inner = without_ipv4_header(packet);
  always(inner.empty() || inner.data() + inner.size() == packet.data() + packet.size(),
         "what follows the header is the rest");
  check(IpAddress::Family::v4, {inner.begin(), inner.end()});
  check(IpAddress::Family::v4, packet);
  check(IpAddress::Family::v6, packet);
}
