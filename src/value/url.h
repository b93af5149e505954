#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "value/ip_address.h"

/// An http or https address without user, password and fragment. The strict form that we accept
/// from people is a small part of RFC 3986, so that no two parsers can read it differently.
class Url {
 public:
  enum class Scheme { http, https };

  static std::optional<Url> parse(std::string_view text);

  Scheme scheme() const { return scheme_; }
  /// Lower case; an IPv6 literal without its brackets.
  const std::string& host() const { return host_; }
  /// The host if it is an address and no name.
  std::optional<IpAddress> host_address() const { return IpAddress::parse(host_); }
  std::uint16_t port() const { return port_; }
  /// The whole address, as it is requested.
  const std::string& str() const { return text_; }
  /// Scheme, host and port alone: path and query may hold a secret.
  std::string describe() const;

  /// Whether nobody on the way can read what is sent: https, or an address of this host.
  bool keeps_secrets() const;

  /// With `path` appended to this address's path; both keep their slashes in order.
  Url with_path(std::string_view path) const;

 private:
  Url() = default;

  Scheme scheme_ = Scheme::https;
  std::string host_;
  std::uint16_t port_ = 0;
  std::string text_;
};
