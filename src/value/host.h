#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "value/fqdn.h"
#include "value/ip_address.h"

/// What a person writes for a server: an IP address, or a host name that stands for some.
class Host {
 public:
  Host(IpAddress address) : host_(std::move(address)) {}
  Host(Fqdn name) : host_(std::move(name)) {}

  /// An address, or a name without a wildcard.
  static std::optional<Host> parse(std::string_view text);

  /// Canonical text, which `parse` reads back.
  const std::string& str() const;

  /// Null where it is the other.
  const IpAddress* address() const { return std::get_if<IpAddress>(&host_); }
  const Fqdn* name() const { return std::get_if<Fqdn>(&host_); }

  friend bool operator==(const Host&, const Host&) = default;

 private:
  std::variant<IpAddress, Fqdn> host_;
};
