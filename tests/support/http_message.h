#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

// A request or an answer of HTTP/1.1, taken apart no further than a relay needs.
struct HttpMessage {
  std::string start_line = {};
  HeaderFields fields = {};
  std::string body = {};

  // The value of a field, whatever the case of its name; empty if there is none.
  std::string field(std::string_view name) const;
  void drop(std::string_view name);

  // The start line's words: method or version, target or status.
  std::string word(std::size_t index) const;

  // Everything up to and with the empty line.
  std::string head() const;
};

// Without the body; nothing if it is no head. `head` includes the empty line.
std::optional<HttpMessage> parse_head(std::string_view head);

// A query without its question mark, taken apart and percent-decoded. The first of a name counts.
std::map<std::string, std::string> decoded_query(std::string_view query);
