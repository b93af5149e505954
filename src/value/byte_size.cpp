#include "value/byte_size.h"

#include "value/text.h"

namespace {

constexpr std::size_t kKibi = 1024;
constexpr std::size_t kLargest = kKibi * kKibi * kKibi;

std::size_t take_unit(std::string_view& text) {
  for (const auto& [suffix, unit] :
       {std::pair<std::string_view, std::size_t>{"KiB", kKibi}, {"MiB", kKibi * kKibi}}) {
    if (text.ends_with(suffix)) {
      text.remove_suffix(suffix.size());
      return unit;
    }
  }
  return 1;
}

}  // namespace

std::optional<std::size_t> parse_byte_size(std::string_view text) {
  const std::size_t unit = take_unit(text);
  const auto count = parse_number<std::size_t>(text);
  if (!count || *count == 0 || *count > kLargest / unit) {
    return std::nullopt;
  }
  return *count * unit;
}
