#include "io/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>

#include "io/aside.h"

namespace {

using Addresses = std::vector<IpAddress>;

struct FreeAddrinfo {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

/// Nothing for an address with a zone index, which means something on this host alone.
std::optional<IpAddress> address_in(const addrinfo& entry) {
  std::array<char, NI_MAXHOST> text{};
  const int error = getnameinfo(entry.ai_addr, entry.ai_addrlen, text.data(), text.size(), nullptr,
                                0, NI_NUMERICHOST);
  return error == 0 ? IpAddress::parse(text.data()) : std::nullopt;
}

}  // namespace

Result<Addresses> look_up(const std::string& name, IpAddress::Family family) {
  addrinfo hints{};
  hints.ai_family = family == IpAddress::Family::v4 ? AF_INET : AF_INET6;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int error = getaddrinfo(name.c_str(), nullptr, &hints, &list); error != 0) {
    const char* why = error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error);
    return failure(std::string("does not resolve: ") + why);
  }
  const std::unique_ptr<addrinfo, FreeAddrinfo> owner(list);
  std::set<IpAddress> found;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (auto address = address_in(*entry)) {
      found.insert(*std::move(address));
    }
  }
  if (found.empty()) {
    return failure("resolves to link-local addresses only");
  }
  return Addresses(found.begin(), found.end());
}

Task<Result<Addresses>> resolve(EventLoop& loop, Fqdn name, IpAddress::Family family,
                                Milliseconds at_most) {
  const auto answer = std::make_shared<Result<Addresses>>();
  auto asking = aside(
      loop, [answer, name, family] { *answer = look_up(name.str(), family); }, at_most);
  const Result<bool>& answered = co_await asking;
  if (!answered) {
    co_return tl::unexpected(answered.error());
  }
  if (!*answered) {
    co_return failure(loop.expired() ? "not resolved before the deadline"
                                     : "not resolved within " + describe(at_most));
  }
  co_return *answer;
}
