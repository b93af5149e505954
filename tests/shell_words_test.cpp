#include "value/shell_words.h"

#include "support/catch.h"

namespace {

/// The words with a bar between them.
std::string split(std::string_view line) {
  const auto words = split_words(line);
  if (!words) {
    return "unclosed";
  }
  std::string text;
  for (const std::string& word : *words) {
    text += word + "|";
  }
  return text;
}

}  // namespace

TEST_CASE("A line is split into words as a shell would") {
  const auto [line, expected] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {" \t\n", ""},
      {"probe", "probe|"},
      {"  probe \t -v\n", "probe|-v|"},
      {"probe 'a b' \"c d\"", "probe|a b|c d|"},
      {R"(a' 'b" "c\ d)", "a b c d|"},
      {"''", "|"},
      {"\"\" ''", "||"},
      {R"('a"b' "c'd")", "a\"b|c'd|"},
      {R"(\' \" \\)", R"('|"|\|)"},
      {R"('a\b' 'c\')", R"(a\b|c\|)"},
      {R"("a\"b\\c\$d\`e")", R"(a"b\c$d`e|)"},
      {R"("a\b\ c")", R"(a\b\ c|)"},
      {"\xc3\xbc '\xc3\xbc'", "\xc3\xbc|\xc3\xbc|"},
  }));
  CAPTURE(line);

  CHECK(split(line) == expected);
}

TEST_CASE("Nothing is expanded, and no shell is needed") {
  const std::string line =
      GENERATE(values<std::string>({"$HOME", "${HOME}", "`id`", "$(id)", "*", "?", "[a]", "~",
                                    "a;b", "a&&b", "a|b", ">a", "<a", "#a", "a=b", "!a", "{a,b}"}));
  CAPTURE(line);

  CHECK(split(line) == line + "|");
  CHECK(split("\"" + line + "\"") == line + "|");
}

TEST_CASE("A quote that is left open makes no words") {
  const std::string line = GENERATE(values<std::string>(
      {"'", "\"", "\\", "a 'b", "a \"b", "a 'b\"", "a \"b'", R"("a\")", "a \\"}));
  CAPTURE(line);

  CHECK(split(line) == "unclosed");
}
