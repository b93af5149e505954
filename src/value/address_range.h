#pragma once

#include <optional>
#include <string_view>

#include "value/ip_address.h"

/// A range of addresses that are not for a public record, by its usual name.
struct AddressRange {
  std::string_view name;
  bool may_be_allowed = true;  ///< false where no host ever answers: unspecified, multicast, ...

  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

/// The range that keeps the outside from reaching the address; nothing for a unicast address of the
/// public internet. An IPv4-mapped IPv6 address is seen through.
std::optional<AddressRange> special_range(const IpAddress& address);
