#include "value/text.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (auto at = text.find(separator); at != std::string_view::npos; at = text.find(separator)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.push_back(text);
  return parts;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

namespace {

/// How many bytes the UTF-8 character at the front takes; 0 if it is none, or a C1 control.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0xc2   ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length || (lead == 0xc2 && byte(1) < 0xa0)) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return 0;
    }
  }
  return length;
}

std::string escaped(char c) {
  constexpr std::array<char, 17> kHex{"0123456789abcdef"};
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kHex.at(byte >> 4), kHex.at(byte & 0xf)};
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string shown;
  while (!text.empty()) {
    if (shown.size() >= limit) {
      return shown + "...";
    }
    std::size_t length = 1;
    if (text.front() >= ' ' && text.front() <= '~') {
      shown += text.front();
    } else if (length = utf8_length(text); length > 0) {
      shown += text.substr(0, length);
    } else {
      length = 1;
      shown += escaped(text.front());
    }
    text.remove_prefix(length);
  }
  return shown;
}

namespace {

/// How many letters must be added, removed or replaced (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
  std::optional<std::string> best;
  std::size_t smallest = word.size() / 2 + 1;  // Further away, it is another word.
  for (const std::string& candidate : known) {
    if (const std::size_t distance = edit_distance(word, candidate); distance < smallest) {
      smallest = distance;
      best = candidate;
    }
  }
  return best;
}
