#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

using Milliseconds = std::chrono::milliseconds;

/// "500ms", "5s", "2m", "1h"; a bare number is seconds. No sign, no fraction, at most 366 days.
std::optional<Milliseconds> parse_duration(std::string_view text);

/// The shortest text that `parse_duration` reads back: "90s", "2m", "1h".
std::string to_text(Milliseconds duration);

/// For people: "40 ms", "2.5 s", "3 min 20 s", "2 h 5 min".
std::string describe(Milliseconds duration);
