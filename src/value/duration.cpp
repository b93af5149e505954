#include "value/duration.h"

#include <array>

#include "value/text.h"

namespace {

struct Unit {
  std::string_view name;
  Milliseconds length;
};

using namespace std::chrono_literals;

// Longest first, for to_text; "ms" before "m" and "s", for parse_duration.
constexpr std::array kUnits{Unit{"h", 1h}, Unit{"ms", 1ms}, Unit{"m", 1min}, Unit{"s", 1s}};
constexpr Milliseconds kLongest = 366 * 24h;

std::optional<Milliseconds> scaled(std::string_view number, Milliseconds unit) {
  const auto count = parse_number<std::int64_t>(number);
  if (!count || *count > kLongest / unit) {
    return std::nullopt;
  }
  return *count * unit;
}

std::string two_parts(std::int64_t large, std::string_view large_unit, std::int64_t small,
                      std::string_view small_unit) {
  std::string text = std::to_string(large) + std::string(large_unit);
  if (small > 0) {
    text += " " + std::to_string(small) + std::string(small_unit);
  }
  return text;
}

}  // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (text.ends_with(unit.name)) {
      return scaled(text.substr(0, text.size() - unit.name.size()), unit.length);
    }
  }
  return scaled(text, 1s);
}

std::string to_text(Milliseconds duration) {
  for (const Unit& unit : {kUnits[0], kUnits[2], kUnits[3]}) {
    if (duration.count() != 0 && duration % unit.length == 0ms) {
      return std::to_string(duration / unit.length) + std::string(unit.name);
    }
  }
  return duration == 0ms ? "0s" : std::to_string(duration.count()) + "ms";
}

std::string describe(Milliseconds duration) {
  if (duration < 1s) {
    return std::to_string(duration.count()) + " ms";
  }
  if (duration < 1min) {
    const auto tenths = (duration.count() + 50) / 100;
    const std::string whole = std::to_string(tenths / 10);
    return tenths % 10 == 0 ? whole + " s" : whole + "." + std::to_string(tenths % 10) + " s";
  }
  if (duration < 1h) {
    return two_parts(duration / 1min, " min", duration % 1min / 1s, " s");
  }
  return two_parts(duration / 1h, " h", duration % 1h / 1min, " min");
}
