// Addresses as hooks and servers tell them, and host names.

#include "fuzz.h"
#include "value/address_range.h"
#include "value/host.h"
#include "value/text.h"
#include "value/url.h"

namespace {

void check(const IpAddress& address) {
  const auto again = IpAddress::parse(address.str());
  always(again == address && again->str() == address.str(), "an address is read back");
  always(lower_case(address.str()) == address.str(), "an address is in lower case");
  always(!address.is_loopback() || special_range(address), "loopback is a special range");
  const IpAddress inner = address.unmapped();
  always(inner.unmapped() == inner, "an address is wrapped once");
  const auto range = special_range(address);
  always(range == special_range(inner), "what is wrapped is seen through");
  always(!range || !range->name.empty(), "a range has a name");
  const auto url = Url::parse("https://" + address.bracketed() + ":8443/");
  always(url && url->host_address() == address, "an address can be dialled");
}

void check(const Fqdn& name) {
  constexpr std::size_t kLongest = 253;
  always(Fqdn::parse(name.str()) == name, "a name is read back");
  always(Fqdn::parse(name.str() + ".") == name, "a last dot says nothing");
  always(name.str().size() <= kLongest, "a name is not too long");
  always(!IpAddress::parse(name.str()), "a name is no address");
  always(lower_case(name.str()) == name.str(), "a name is in lower case");
  const auto parent = name.parent();
  always(!parent || name.str().ends_with("." + parent->str()), "a name ends in its parent");
  always(name.is_wildcard() || Url::parse("https://" + name.str() + "/"), "a name can be asked");
}

}  // namespace

void fuzz(std::string_view input) {
  const auto address = IpAddress::parse(trim(input));
  if (address) {
    check(*address);
    always(!has_nul(input), "no address has a NUL");
  }
  const auto name = Fqdn::parse(input);
  if (name) {
    check(*name);
    always(!has_nul(input), "no name has a NUL");
  }
  const auto host = Host::parse(input);
  always(!host || Host::parse(host->str()) == host, "a host is read back");
  always(!host || host->address() != nullptr || name, "a host is an address or a name");
}
