#include "value/text.h"

#include <cstdint>

#include "support/catch.h"

namespace {

using Parts = std::vector<std::string_view>;

std::string nearest_option(std::string_view word) {
  return nearest(word, {"--record", "--main", "--backup", "--retry-delay", "--version"})
      .value_or("none");
}

}  // namespace

TEST_CASE("Text is split at each separator, empty parts included") {
  CHECK(split("a,b,c", ',') == Parts{"a", "b", "c"});
  CHECK(split("", ',') == Parts{""});
  CHECK(split(",", ',') == Parts{"", ""});
  CHECK(split(",a,,b,", ',') == Parts{"", "a", "", "b", ""});
  CHECK(split("a b", ',') == Parts{"a b"});
}

TEST_CASE("Blanks at both sides are trimmed, and none within") {
  CHECK(trim("  a b\t\r\n") == "a b");
  CHECK(trim("a") == "a");
  CHECK(trim("").empty());
  CHECK(trim(" \t\r\n").empty());
  CHECK(trim("\va\f") == "\va\f");
}

TEST_CASE("Letters and digits are those of ASCII") {
  int digits = 0;
  int alphanumerics = 0;
  for (int c = -128; c < 128; ++c) {
    digits += is_digit(static_cast<char>(c)) ? 1 : 0;
    alphanumerics += is_alphanumeric(static_cast<char>(c)) ? 1 : 0;
  }

  CHECK(digits == 10);
  CHECK(alphanumerics == 62);
  CHECK(lower_case("AZaz09-\xc3\x9c[@") == "azaz09-\xc3\x9c[@");
}

TEST_CASE("Printable UTF-8 is shown as it is") {
  const std::string text = GENERATE(values<std::string>({
      "",
      "www.example.com: HTTP 403 ~!",
      R"(back\slash "quotes")",
      "f\xc3\xbcr",
      "\xc2\xa0",
      "\xe2\x82\xac",
      "\xf0\x9f\x98\x80",
  }));
  CAPTURE(text);

  CHECK(printable(text) == text);
}

TEST_CASE("What could fool a terminal or is no UTF-8 is spelled out byte by byte") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"a\nb", R"(a\x0ab)"},
      {"\r\t", R"(\x0d\x09)"},
      {"\x1b[31mred", R"(\x1b[31mred)"},
      {"\x1b]0;title\x07", R"(\x1b]0;title\x07)"},
      {std::string("a\0b", 3), R"(a\x00b)"},
      {"\x7f", R"(\x7f)"},
      {"\xc2\x9b", R"(\xc2\x9b)"},  // CSI, the eight-bit way.
      {"\xc2\x85", R"(\xc2\x85)"},  // A line end.
      {"\x80", R"(\x80)"},          // A continuation of nothing.
      {"\xc3", R"(\xc3)"},          // A beginning without an end.
      {"\xe2\x82", R"(\xe2\x82)"},
      {"\xf0\x9f\x98", R"(\xf0\x9f\x98)"},
      {"\xe0\x80\xaf", R"(\xe0\x80\xaf)"},          // '/', in three bytes.
      {"\xed\xa0\x80", R"(\xed\xa0\x80)"},          // Half of a UTF-16 pair.
      {"\xf0\x80\x80\xaf", R"(\xf0\x80\x80\xaf)"},  // '/', in four bytes.
      {"\xf4\x90\x80\x80", R"(\xf4\x90\x80\x80)"},  // Beyond U+10FFFF.
      {"\xe2\x80\xae", R"(\xe2\x80\xae)"},          // Writes from right to left from here on.
      {"\xe2\x80\xa8", R"(\xe2\x80\xa8)"},          // A line end.
      {"\xe2\x28\xa1", R"(\xe2(\xa1)"},
      {"\xc0\xaf", R"(\xc0\xaf)"},  // '/', in two bytes.
      {"\xf5\x80\x80\x80", R"(\xf5\x80\x80\x80)"},
      {"\xff\xfe", R"(\xff\xfe)"},
      {"\xc3\x28", R"(\xc3()"},
  }));
  CAPTURE(expected);

  CHECK(printable(text) == expected);
}

TEST_CASE("Every single byte is shown as ASCII") {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string shown = printable(std::string(1, static_cast<char>(byte)));
    CAPTURE(byte, shown);
    REQUIRE(shown.size() == (byte >= ' ' && byte <= '~' ? 1 : 4));
    REQUIRE(shown.find_first_not_of(" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~") == std::string::npos);
  }
}

TEST_CASE("A text that is too long is cut between characters, and says so") {
  CHECK(printable("abcdef", 6) == "abcdef");
  CHECK(printable("abcdefg", 6) == "abcdef...");
  CHECK(printable(std::string(200, 'a')) == std::string(200, 'a'));
  CHECK(printable(std::string(201, 'a')) == std::string(200, 'a') + "...");
  CHECK(printable("a\xe2\x82\xac"
                  "b",
                  2) == "a\xe2\x82\xac...");
  CHECK(printable("abc", 0) == "...");
}

TEST_CASE("A mistyped word is taken for the nearest known one, unless none comes close") {
  CHECK(nearest_option("--recrod") == "--record");
  CHECK(nearest_option("--records") == "--record");
  CHECK(nearest_option("--bakcup") == "--backup");
  CHECK(nearest_option("--main") == "--main");
  CHECK(nearest_option("--retry-dealy") == "--retry-delay");
  CHECK(nearest_option("--proxy-authorization-header") == "none");
  CHECK(nearest_option("x") == "none");
  CHECK(nearest_option("") == "none");
  CHECK_FALSE(nearest("word", {}));
  CHECK(nearest("ab", {"aa", "bb"}) == "aa");
}

TEST_CASE("A number is the whole text, in decimal, without a sign, and fits its type") {
  CHECK(parse_number<int>("0") == 0);
  CHECK(parse_number<int>("007") == 7);
  CHECK(parse_number<int>("2147483647") == 2147483647);
  CHECK_FALSE(parse_number<int>("2147483648"));
  CHECK(parse_number<std::uint16_t>("65535") == 65535);
  CHECK_FALSE(parse_number<std::uint16_t>("65536"));

  for (const char* const text :
       {"", " ", "-1", "+1", " 1", "1 ", "1\n", "0x10", "1e3", "1.0", "1,000", "one", "1a"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number<int>(text));
  }
  CHECK_FALSE(parse_number<int>(std::string_view("1\0", 2)));
}
