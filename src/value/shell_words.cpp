#include "value/shell_words.h"

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

/// Takes one word off the front of the line.
class WordReader {
 public:
  explicit WordReader(std::string_view line) : rest_(line) {}

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) {
      rest_.remove_prefix(1);
    }
  }
  bool done() const { return rest_.empty(); }

  std::optional<std::string> word() {
    std::string word;
    while (!rest_.empty() && !is_blank(rest_.front())) {
      if (!take_part(word)) {
        return std::nullopt;
      }
    }
    return word;
  }

 private:
  char next() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  bool take_part(std::string& word) {
    const char c = next();
    if (c == '\'') {
      return take_single_quoted(word);
    }
    if (c == '"') {
      return take_double_quoted(word);
    }
    if (c == '\\' && rest_.empty()) {
      return false;
    }
    word += c == '\\' ? next() : c;
    return true;
  }

  bool take_single_quoted(std::string& word) {
    const auto end = rest_.find('\'');
    if (end == std::string_view::npos) {
      return false;
    }
    word += rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return true;
  }

  /// Inside "...", a backslash quotes only what would be special there.
  bool take_double_quoted(std::string& word) {
    constexpr std::string_view kSpecial = "\"\\$`";
    while (!rest_.empty()) {
      const char c = next();
      if (c == '"') {
        return true;
      }
      const bool quotes =
          c == '\\' && !rest_.empty() && kSpecial.find(rest_.front()) != kSpecial.npos;
      word += quotes ? next() : c;
    }
    return false;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  WordReader reader(line);
  for (reader.skip_blanks(); !reader.done(); reader.skip_blanks()) {
    auto word = reader.word();
    if (!word) {
      return std::nullopt;
    }
    words.push_back(*std::move(word));
  }
  return words;
}
