#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which HTTP statuses count as accessible: a comma list of codes and ranges.
class StatusSet {
 public:
  /// 200-399.
  StatusSet() = default;

  /// "200", "200-299,401"; codes from 100 to 599, ranges in order.
  static std::optional<StatusSet> parse(std::string_view text);

  bool contains(int status) const;
  std::string str() const;

 private:
  struct Range {
    int first;
    int last;
  };

  static std::optional<Range> parse_range(std::string_view text);

  std::vector<Range> ranges_{{200, 399}};
};
