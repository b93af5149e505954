#include "value/url.h"

#include <algorithm>

#include "value/text.h"

namespace {

bool is_url_character(char c) {
  constexpr std::string_view kForbidden = "\"<>\\^`{|}#";
  return c > ' ' && c <= '~' && kForbidden.find(c) == std::string_view::npos;
}

bool is_host_character(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
}

/// 1, 0x7f.1 and 127.0.0.01: to libcurl, an address in disguise.
bool is_odd_number(std::string_view host) {
  auto labels = split(host, '.');
  if (labels.size() > 1 && labels.back().empty()) {
    labels.pop_back();
  }
  return is_number(labels.back()) && !IpAddress::parse(host);
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && host.front() != '-' && host.front() != '.' &&
         std::all_of(host.begin(), host.end(), is_host_character) && !is_odd_number(host);
}

/// Moves what stands before the port from `authority` into the result; the brackets go.
std::optional<std::string> take_host(std::string_view& authority) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    const auto address = IpAddress::parse(authority.substr(1, end == authority.npos ? 0 : end - 1));
    if (!address || address->family() != IpAddress::Family::v6) {
      return std::nullopt;
    }
    authority.remove_prefix(end + 1);
    return address->str();
  }
  const std::string_view host = authority.substr(0, authority.find(':'));
  authority.remove_prefix(host.size());
  return is_host(host) ? std::optional(lower_case(host)) : std::nullopt;
}

std::optional<std::uint16_t> parse_port(std::string_view text, std::uint16_t otherwise) {
  if (text.empty()) {
    return otherwise;
  }
  const auto port =
      text.front() == ':' ? parse_number<std::uint16_t>(text.substr(1)) : std::nullopt;
  return port && *port > 0 ? port : std::nullopt;
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
  Url url;
  const auto colon = text.find("://");
  const std::string scheme = lower_case(text.substr(0, colon == text.npos ? 0 : colon));
  if ((scheme != "http" && scheme != "https") ||
      !std::all_of(text.begin(), text.end(), is_url_character)) {
    return std::nullopt;
  }
  url.scheme_ = scheme == "https" ? Scheme::https : Scheme::http;

  const std::string_view rest = text.substr(colon + 3);
  const std::string_view whole = rest.substr(0, rest.find_first_of("/?"));
  std::string_view authority = whole;
  const auto host = take_host(authority);
  const auto port = parse_port(authority, url.scheme_ == Scheme::https ? 443 : 80);
  if (!host || !port) {
    return std::nullopt;
  }
  url.host_ = *host;
  url.port_ = *port;

  const std::string_view path = rest.substr(whole.size());
  url.text_ =
      scheme + "://" + lower_case(whole) + (path.starts_with('/') ? "" : "/") + std::string(path);
  return url;
}

std::string Url::describe() const {
  return text_.substr(0, text_.find('/', text_.find("://") + 3));
}

bool Url::keeps_secrets() const {
  const auto address = host_address();
  return scheme_ == Scheme::https || (address && address->is_loopback());
}

Url Url::with_path(std::string_view path) const {
  Url url = *this;
  while (url.text_.ends_with('/')) {
    url.text_.pop_back();
  }
  url.text_ += path;
  return url;
}
