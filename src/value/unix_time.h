#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// A moment on the world's clock.
using UnixTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// RFC 3339: "2026-01-31T10:15:00Z", also with a fraction, cut to milliseconds, or an offset as in
/// "+01:00". Only moments of the years 1970 to 9999, and no leap second.
std::optional<UnixTime> parse_unix_time(std::string_view text);

/// Since 1970, without the fraction.
constexpr std::int64_t unix_seconds(UnixTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

/// What `parse_unix_time` reads back: "2026-01-31T10:15:00Z", with ".123" only where the
/// milliseconds are not zero.
std::string to_text(UnixTime time);
