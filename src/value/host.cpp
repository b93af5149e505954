#include "value/host.h"

std::optional<Host> Host::parse(std::string_view text) {
  if (auto address = IpAddress::parse(text)) {
    return *std::move(address);
  }
  auto name = Fqdn::parse(text);
  return name && !name->is_wildcard() ? std::optional<Host>(*std::move(name)) : std::nullopt;
}

const std::string& Host::str() const {
  return address() != nullptr ? address()->str() : name()->str();
}
