#include "io/interface_address.h"

#include <ifaddrs.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>

#include "value/address_range.h"
#include "value/text.h"

namespace {

using Addresses = std::vector<IpAddress>;
using Family = IpAddress::Family;

struct FreeIfaddrs {
  void operator()(ifaddrs* list) const { freeifaddrs(list); }
};

/// What an interface has: addresses in the kernel's order.
struct Interface {
  unsigned flags = 0;
  Addresses addresses = {};
};

std::optional<IpAddress> address_in(const ifaddrs& entry, Family family) {
  const bool is_v4 = family == Family::v4;
  if (entry.ifa_addr == nullptr || entry.ifa_addr->sa_family != (is_v4 ? AF_INET : AF_INET6)) {
    return std::nullopt;
  }
  std::array<char, NI_MAXHOST> text{};
  const socklen_t size = is_v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  if (getnameinfo(entry.ifa_addr, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) !=
      0) {
    return std::nullopt;
  }
  const std::string_view shown = text.data();
  return IpAddress::parse(shown.substr(0, shown.find('%')));  // Link-local has its zone there.
}

Result<Interface> read_interface(const std::string& name, Family family) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) {
    return failure(std::string("cannot list network interfaces: ") + std::strerror(errno));
  }
  const std::unique_ptr<ifaddrs, FreeIfaddrs> owner(list);
  std::optional<Interface> found;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    // An IPv4 address may have a label, as in "eth0:backup".
    const std::string_view label = entry->ifa_name;
    if (label.substr(0, label.find(':')) != name) {
      continue;
    }
    if (!found) {
      found.emplace();
    }
    found->flags |= entry->ifa_flags;
    if (auto address = address_in(*entry, family)) {
      found->addresses.push_back(*std::move(address));
    }
  }
  if (!found) {
    return failure("no such network interface: " + printable(name));
  }
  return *std::move(found);
}

/// The IFA_F_ flags of an interface's IPv6 addresses, which getifaddrs leaves out: proc(5).
std::map<IpAddress, unsigned> ipv6_flags(const std::string& name) {
  std::map<IpAddress, unsigned> flags;
  std::ifstream file("/proc/self/net/if_inet6");
  std::string digits;
  unsigned index = 0;
  unsigned length = 0;
  unsigned scope = 0;
  unsigned flag = 0;
  std::string device;
  while (file >> digits >> std::hex >> index >> length >> scope >> flag >> device) {
    for (std::size_t colon = 4; colon < digits.size(); colon += 5) {
      digits.insert(colon, ":");
    }
    if (const auto address = IpAddress::parse(digits); address && device == name) {
      flags.emplace(*address, flag);
    }
  }
  return flags;
}

bool is_tentative(unsigned flags) {
  return (flags & IFA_F_TENTATIVE) != 0 && (flags & IFA_F_OPTIMISTIC) == 0;
}

bool has_failed(unsigned flags) {
  return (flags & IFA_F_DADFAILED) != 0;
}

bool is_usable(unsigned flags) {
  return !is_tentative(flags) && !has_failed(flags);
}

bool is_link_local(const IpAddress& address) {
  const auto range = special_range(address);
  return range && range->name == "link-local";
}

/// Smaller is better to announce.
auto rank(const IpAddress& address, unsigned flags) {
  return std::tuple(is_link_local(address), special_range(address).has_value(),
                    (flags & IFA_F_DEPRECATED) != 0, (flags & IFA_F_TEMPORARY) != 0);
}

/// By rank, otherwise as they come.
Addresses in_order(Addresses addresses, std::map<IpAddress, unsigned> flags) {
  std::erase_if(addresses, [&](const IpAddress& address) { return !is_usable(flags[address]); });
  std::stable_sort(addresses.begin(), addresses.end(), [&](const IpAddress& a, const IpAddress& b) {
    return rank(a, flags[a]) < rank(b, flags[b]);
  });
  return addresses;
}

Error none_found(const std::string& name, const Interface& interface, Family family) {
  constexpr unsigned kUp = IFF_UP | IFF_RUNNING;
  std::string message = "network interface " + printable(name);
  message += (interface.flags & kUp) == kUp ? " has no " : " is down and has no ";
  message += family == Family::v4 ? "IPv4 address" : "IPv6 address";
  message += interface.addresses.empty() ? "" : " that can be used";
  return {message};
}

}  // namespace

Result<Addresses> interface_addresses(const std::string& name, Family family) {
  const auto interface = read_interface(name, family);
  if (!interface) {
    return tl::unexpected(interface.error());
  }
  // The flag of temporary addresses means something else in IPv4.
  const auto flags = family == Family::v6 ? ipv6_flags(name) : std::map<IpAddress, unsigned>();
  Addresses addresses = in_order(interface->addresses, flags);
  if (addresses.empty()) {
    return tl::unexpected(none_found(name, *interface, family));
  }
  return addresses;
}

bool is_checking_addresses(const std::string& name) {
  const auto flags = ipv6_flags(name);
  return std::any_of(flags.begin(), flags.end(), [](const auto& entry) {
    const auto& [address, flag] = entry;
    return is_tentative(flag) && !has_failed(flag) && !is_link_local(address);
  });
}
