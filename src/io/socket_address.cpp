#include "io/socket_address.h"

#include <arpa/inet.h>

#include <cstring>

namespace {

template <typename Native>
socklen_t store(const Native& native, sockaddr_storage& storage) {
  std::memcpy(&storage, &native, sizeof native);
  return sizeof native;
}

}  // namespace

SocketAddress::SocketAddress(const IpAddress& address, std::uint16_t port) {
  if (address.family() == IpAddress::Family::v4) {
    sockaddr_in native{};
    native.sin_family = AF_INET;
    native.sin_port = htons(port);
    inet_pton(AF_INET, address.str().c_str(), &native.sin_addr);
    size_ = store(native, storage_);
  } else {
    sockaddr_in6 native{};
    native.sin6_family = AF_INET6;
    native.sin6_port = htons(port);
    inet_pton(AF_INET6, address.str().c_str(), &native.sin6_addr);
    size_ = store(native, storage_);
  }
}

const sockaddr* SocketAddress::get() const {
  return reinterpret_cast<const sockaddr*>(&storage_);  // As the socket interface has it.
}
