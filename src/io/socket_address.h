#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "value/ip_address.h"

/// An address and a port as the system's calls take them.
class SocketAddress {
 public:
  SocketAddress(const IpAddress& address, std::uint16_t port);

  const sockaddr* get() const;
  socklen_t size() const { return size_; }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};
