#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// An IPv4 or IPv6 address. All spellings of one address are one value.
class IpAddress {
 public:
  enum class Family { v4, v6 };

  /// Takes "192.0.2.1" or "2001:db8::1": no zone index, no brackets, no leading zeros in IPv4.
  static std::optional<IpAddress> parse(std::string_view text);

  Family family() const { return family_; }

  /// In network order; IPv4 has the first four, and zeros after them.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  /// Canonical text (RFC 5952 for IPv6), which `parse` reads back.
  const std::string& str() const { return text_; }

  /// As in the authority of a URL: IPv6 in brackets.
  std::string bracketed() const;

  /// 127.0.0.0/8 or ::1.
  bool is_loopback() const;

  /// The IPv4 address inside ::ffff:0:0/96, or itself.
  IpAddress unmapped() const;

  friend bool operator==(const IpAddress& a, const IpAddress& b) {
    return a.family_ == b.family_ && a.bytes_ == b.bytes_;
  }
  friend auto operator<=>(const IpAddress& a, const IpAddress& b) {
    if (const auto order = a.family_ <=> b.family_; order != 0) {
      return order;
    }
    return a.bytes_ <=> b.bytes_;
  }

 private:
  IpAddress(Family family, const std::array<std::uint8_t, 16>& bytes);

  Family family_;
  std::array<std::uint8_t, 16> bytes_;
  std::string text_;
};
