#include "value/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>

namespace {

int native(IpAddress::Family family) {
  return family == IpAddress::Family::v4 ? AF_INET : AF_INET6;
}

}  // namespace

IpAddress::IpAddress(Family family, const std::array<std::uint8_t, 16>& bytes)
    : family_(family), bytes_(bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  text_ = inet_ntop(native(family), bytes_.data(), text.data(), text.size());
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  if (terminated.size() != std::string_view(terminated.c_str()).size()) {
    return std::nullopt;  // A NUL inside would hide what follows it from inet_pton.
  }
  for (const Family family : {Family::v4, Family::v6}) {
    std::array<std::uint8_t, 16> bytes{};
    if (inet_pton(native(family), terminated.c_str(), bytes.data()) == 1) {
      return IpAddress(family, bytes);
    }
  }
  return std::nullopt;
}

std::string IpAddress::bracketed() const {
  return family_ == Family::v6 ? "[" + text_ + "]" : text_;
}

bool IpAddress::is_loopback() const {
  return family_ == Family::v4 ? bytes_[0] == 127 : text_ == "::1";
}

IpAddress IpAddress::unmapped() const {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (family_ == Family::v4 || !std::equal(kMapped.begin(), kMapped.end(), bytes_.begin())) {
    return *this;
  }
  std::array<std::uint8_t, 16> inside{};
  std::copy(bytes_.begin() + kMapped.size(), bytes_.end(), inside.begin());
  return {Family::v4, inside};
}
