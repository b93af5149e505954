#include "value/status_set.h"

#include <algorithm>

#include "value/text.h"

namespace {

constexpr int kLowest = 100;
constexpr int kHighest = 599;

}  // namespace

std::optional<StatusSet::Range> StatusSet::parse_range(std::string_view text) {
  const auto ends = split(text, '-');
  const auto first = parse_number<int>(trim(ends.front()));
  const auto last = parse_number<int>(trim(ends.back()));
  if (ends.size() > 2 || !first || !last || *first < kLowest || *last > kHighest ||
      *first > *last) {
    return std::nullopt;
  }
  return Range{*first, *last};
}

std::optional<StatusSet> StatusSet::parse(std::string_view text) {
  StatusSet set;
  set.ranges_.clear();
  for (const std::string_view part : split(text, ',')) {
    const auto range = parse_range(part);
    if (!range) {
      return std::nullopt;
    }
    set.ranges_.push_back(*range);
  }
  return set;
}

bool StatusSet::contains(int status) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
    return status >= range.first && status <= range.last;
  });
}

std::string StatusSet::str() const {
  std::string text;
  for (const Range& range : ranges_) {
    text += text.empty() ? "" : ",";
    text += std::to_string(range.first);
    if (range.last != range.first) {
      text += "-" + std::to_string(range.last);
    }
  }
  return text;
}
