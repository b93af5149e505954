// Text of any kind: shell words, and what is to be shown.

#include "fuzz.h"
#include "value/shell_words.h"
#include "value/text.h"

namespace {

/// As a person would write it for a shell.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) {
    text += c == '\'' ? R"('\'')" : std::string(1, c);
  }
  return text + "'";
}

void check_words(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    line += quoted(word) + " ";
  }
  always(split_words(line) == words, "words that are quoted are read back");
}

void check_parts(std::string_view text) {
  std::string again;
  for (const std::string_view part : split(text, ',')) {
    always(part.find(',') == std::string_view::npos, "a part has no separator");
    again += (part.data() == text.data() ? "" : ",") + std::string(part);
  }
  always(text.empty() || text.front() == ',' || again == text, "the parts are the whole");
}

void check_shown(std::string_view text) {
  constexpr std::size_t kLimit = 100;
  constexpr std::size_t kWidest = 16;  // A character spelled out, and the dots.
  const std::string shown = printable(text, kLimit);
  always(shown.size() < kLimit + kWidest, "what is shown is short");
  always(printable(shown, shown.size() + 1) == shown, "what is shown can be shown");
  for (const char c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    always(byte >= ' ' && byte != 0x7f, "what is shown has no controls");
  }
}

}  // namespace

void fuzz(std::string_view input) {
  if (const auto words = split_words(input)) {
    check_words(*words);
  }
  check_parts(input);
  check_shown(input);
  always(trim(trim(input)) == trim(input), "what is trimmed stays");
  always(lower_case(lower_case(input)) == lower_case(input), "lower case stays");
  (void)nearest(input, {"record", "records", "state-dir", ""});
}
