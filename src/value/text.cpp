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

bool is_number(std::string_view label) {
  if (label.starts_with("0x") || label.starts_with("0X")) {
    constexpr std::string_view kHex = "0123456789abcdefABCDEF";
    return label.find_first_not_of(kHex, 2) == label.npos;
  }
  return !label.empty() && std::all_of(label.begin(), label.end(), is_digit);
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

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : ", ") + part;
  }
  return text;
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

/// The character at the front and how many bytes it takes; nothing if it is no valid UTF-8.
struct Character {
  char32_t code;
  std::size_t length;
};

/// How many bytes a character takes that begins with this one; 0 if none does.
std::size_t length_after(unsigned char lead) {
  if (lead < 0x80) {
    return 1;
  }
  if (lead < 0xc2 || lead >= 0xf5) {
    return 0;
  }
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

std::optional<Character> first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = length_after(lead);
  if (length == 0 || text.size() < length) {
    return std::nullopt;
  }
  char32_t code = length == 1 ? lead : lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) {
      return std::nullopt;
    }
    code = (code << 6U) | (byte(i) & 0x3fU);
  }
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool no_character = (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff;
  return too_long || no_character ? std::nullopt : std::optional(Character{code, length});
}

/// Controls, line ends, and what is not seen or changes the direction of writing.
bool may_fool_a_reader(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

std::string escaped(char c) {
  constexpr std::array<char, 17> kHex{"0123456789abcdef"};
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kHex.at(byte >> 4), kHex.at(byte & 0xf)};
}

}  // namespace

std::string as_utf8(std::string_view text) {
  std::string good;
  while (!text.empty()) {
    const auto character = first_character(text);
    const std::size_t length = character ? character->length : 1;
    good += character ? text.substr(0, length) : std::string_view("\xef\xbf\xbd");
    text.remove_prefix(length);
  }
  return good;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto character = first_character(text);
    if (!character) {
      return false;
    }
    text.remove_prefix(character->length);
  }
  return true;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string shown;
  while (!text.empty()) {
    if (shown.size() >= limit) {
      return shown + "...";
    }
    const auto character = first_character(text);
    const std::size_t length = character ? character->length : 1;
    if (character && !may_fool_a_reader(character->code)) {
      shown += text.substr(0, length);
    } else {
      for (const char c : text.substr(0, length)) {
        shown += escaped(c);
      }
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
  std::size_t smallest = (word.size() + 1) / 3 + 1;  // Further away, it is another word.
  for (const std::string& candidate : known) {
    const bool is_longer_form = word.starts_with(candidate) || candidate.starts_with(word);
    const std::size_t distance = is_longer_form ? 1 : edit_distance(word, candidate);
    if (distance < smallest) {
      smallest = distance;
      best = candidate;
    }
  }
  return best;
}
