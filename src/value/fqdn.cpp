#include "value/fqdn.h"

#include <algorithm>

#include "value/text.h"

namespace {

constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxLabel = 63;

bool is_label_character(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), is_label_character);
}

}  // namespace

std::optional<Fqdn> Fqdn::parse(std::string_view text) {
  if (text.ends_with('.')) {
    text.remove_suffix(1);
  }
  std::string_view plain = text;
  if (plain.starts_with("*.")) {
    plain.remove_prefix(2);
  }
  const auto labels = split(plain, '.');
  if (text.size() > kMaxName || labels.size() < 2 || is_number(labels.back()) ||
      !std::all_of(labels.begin(), labels.end(), is_label)) {
    return std::nullopt;
  }
  return Fqdn(lower_case(text));
}

std::optional<Fqdn> Fqdn::parent() const {
  return parse(std::string_view(text_).substr(text_.find('.') + 1));
}
