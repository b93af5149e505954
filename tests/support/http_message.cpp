#include "http_message.h"

#include <algorithm>
#include <sstream>

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  const std::size_t last = text.find_last_not_of(" \t");
  return first == std::string_view::npos ? "" : text.substr(first, last - first + 1);
}

// The text up to the next line end, which is taken off as well.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 2));
  return line;
}

int hex_value(char c) {
  const std::size_t value = std::string_view{"0123456789abcdef"}.find(lower(c));
  return value == std::string_view::npos ? -1 : static_cast<int>(value);
}

std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      result += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

}  // namespace

std::string HttpMessage::field(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const auto& field) { return same_name(field.first, name); });
  return found == fields.end() ? "" : found->second;
}

void HttpMessage::drop(std::string_view name) {
  std::erase_if(fields, [&](const auto& field) { return same_name(field.first, name); });
}

std::string HttpMessage::word(std::size_t index) const {
  std::istringstream words{start_line};
  std::string word;
  for (std::size_t i = 0; i <= index; ++i) {
    word.clear();
    words >> word;
  }
  return word;
}

std::string HttpMessage::head() const {
  std::string text = start_line + "\r\n";
  for (const auto& [name, value] : fields) {
    text += name + ": " + value + "\r\n";
  }
  return text + "\r\n";
}

std::optional<HttpMessage> parse_head(std::string_view head) {
  HttpMessage message{.start_line = std::string{take_line(head)}};
  for (std::string_view line = take_line(head); !line.empty(); line = take_line(head)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      return std::nullopt;
    }
    message.fields.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
  return message.word(1).empty() ? std::nullopt : std::optional{message};
}

std::map<std::string, std::string> decoded_query(std::string_view query) {
  std::map<std::string, std::string> result;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    result.emplace(decoded(pair.substr(0, equals)),
                   decoded(pair.substr(std::min(pair.size(), equals + 1))));
    query.remove_prefix(std::min(query.size(), end + 1));
  }
  return result;
}
