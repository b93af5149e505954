#include "io/icmp_probe.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>

#include "io/descriptor.h"
#include "io/icmp_message.h"
#include "io/socket_address.h"
#include "io/system_error.h"

namespace {

using Family = IpAddress::Family;
using Kind = ProbeFailure::Kind;

struct Socket {
  Descriptor descriptor;
  bool is_raw = false;
};

Descriptor open_socket(Family family, int type) {
  const bool is_v4 = family == Family::v4;
  return Descriptor(socket(is_v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC,
                           is_v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6}));
}

Socket open_echo_socket(Family family) {
  Socket datagram{open_socket(family, SOCK_DGRAM), false};
  if (datagram.descriptor || (errno != EACCES && errno != EPERM)) {
    return datagram;
  }
  return {open_socket(family, SOCK_RAW), true};
}

ProbeFailure not_opened(int error_number) {
  if (error_number != EACCES && error_number != EPERM) {
    return to_probe_failure(error_number);
  }
  return {Kind::this_host,
          "no permission to send ICMP; set the sysctl net.ipv4.ping_group_range to include this "
          "group, or give the program CAP_NET_RAW"};
}

/// Other programs' replies arrive on raw sockets too: a random cookie tells ours.
Echo new_echo() {
  constexpr std::size_t kCookie = 16;
  std::random_device random;
  Echo echo{static_cast<std::uint16_t>(random()), 1, std::string(kCookie, '\0')};
  for (char& c : echo.cookie) {
    c = static_cast<char>(random());
  }
  return echo;
}

/// Whether the next message in the socket is the reply; an errno where there is none to read.
tl::expected<bool, int> next_is_reply(const Socket& socket, Family family, const Echo& echo) {
  std::array<std::uint8_t, 2048> buffer{};
  const ssize_t size = recv(socket.descriptor.get(), buffer.data(), buffer.size(), 0);
  if (size < 0) {
    return tl::unexpected(errno);
  }
  std::span<const std::uint8_t> message(buffer.data(), static_cast<std::size_t>(size));
  if (socket.is_raw && family == Family::v4) {
    message = without_ipv4_header(message);
  }
  return is_reply(family, message, echo, !socket.is_raw);
}

bool send_request(const Socket& socket, const IpAddress& address, const Echo& echo) {
  const SocketAddress to(address, 0);
  if (connect(socket.descriptor.get(), to.get(), to.size()) != 0) {
    return false;  // Connected, the kernel hands us nobody else's messages.
  }
  const auto request = echo_request(address.family(), echo);
  return send(socket.descriptor.get(), request.data(), request.size(), 0) >= 0;
}

}  // namespace

Task<ProbeAttempt> icmp_probe(EventLoop& loop, IpAddress address, Milliseconds timeout) {
  const BootTime start = loop.now();
  const Socket socket = open_echo_socket(address.family());
  if (!socket.descriptor) {
    co_return ProbeAttempt{not_opened(errno)};
  }
  const Echo echo = new_echo();
  if (!send_request(socket, address, echo)) {
    co_return ProbeAttempt{to_probe_failure(errno)};
  }
  for (;;) {
    const auto waited = std::chrono::floor<Milliseconds>(loop.now() - start);
    const bool in_time = co_await loop.readable(socket.descriptor.get(),
                                                std::max(timeout - waited, Milliseconds{0}));
    if (!in_time) {
      co_return ProbeAttempt{ProbeFailure{loop.expired() ? Kind::deadline : Kind::no_reply}};
    }
    const auto replied = next_is_reply(socket, address.family(), echo);
    if (replied && *replied) {
      co_return ProbeAttempt{};
    }
    if (!replied && replied.error() != EAGAIN && replied.error() != EINTR) {
      co_return ProbeAttempt{to_probe_failure(replied.error())};
    }
  }
}
