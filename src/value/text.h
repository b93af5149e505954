#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// ASCII only, whatever the locale says.
bool is_digit(char c);
bool is_alphanumeric(char c);
std::string lower_case(std::string_view text);

/// 127, 0177 and 0x7f: a host whose last label is one is an address or nothing.
/// https://url.spec.whatwg.org/#ends-in-a-number-checker
bool is_number(std::string_view label);

/// The parts between separators, empty ones included; never an empty list.
std::vector<std::string_view> split(std::string_view text, char separator);

/// "a, b, c".
std::string joined(const std::vector<std::string>& parts);

/// Without blanks, tabs and line ends at both sides.
std::string_view trim(std::string_view text);

bool is_utf8(std::string_view text);

/// `text` with U+FFFD for every byte that is no UTF-8.
std::string as_utf8(std::string_view text);

/// `text` with everything that is not printable UTF-8 spelled out, cut to `limit` bytes: safe to
/// show on a terminal and in a mail whoever wrote it.
std::string printable(std::string_view text, std::size_t limit = 200);

/// The one of `known` that `word` was probably meant to be; nothing where none comes close.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

/// The whole of `text` as a decimal number: no sign, no blanks, nothing after it.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || !is_digit(text.front()) || error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return number;
}
