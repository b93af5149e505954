#pragma once

#include <optional>
#include <string_view>

#include "value/ip_address.h"

/// The types of DNS record that we manage.
enum class RecordType { a, aaaa };

constexpr std::string_view to_text(RecordType type) {
  return type == RecordType::a ? "A" : "AAAA";
}

constexpr IpAddress::Family family_of(RecordType type) {
  return type == RecordType::a ? IpAddress::Family::v4 : IpAddress::Family::v6;
}

constexpr RecordType type_for(IpAddress::Family family) {
  return family == IpAddress::Family::v4 ? RecordType::a : RecordType::aaaa;
}
