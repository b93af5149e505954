#include "app/config_json.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "support/catch.h"
#include "support/printers.h"

namespace {

using Kind = JsonNode::Kind;

const char* to_text(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "boolean";
    case Kind::number:
      return "number";
    case Kind::string:
      return "string";
    case Kind::list:
      return "list";
    case Kind::object:
      return "object";
  }
  return "?";
}

/// The whole tree on one line: each value with its kind, its text and its place.
std::string shown(const JsonNode& node) {
  std::string text = std::string(to_text(node.kind)) + "@" + node.place;
  if (node.kind == Kind::list || node.kind == Kind::object) {
    text += "(";
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      text += i == 0 ? "" : " ";
      text += node.keys.empty() ? "" : node.keys[i].name + "@" + node.keys[i].place + "=";
      text += shown(node.items[i]);
    }
    return text + ")";
  }
  return text + "<" + node.text + ">";
}

std::string tree(const std::string& text) {
  const auto root = parse_config_json(text);
  return root ? shown(*root) : "error: " + root.error().message;
}

Error error_of(const std::string& text) {
  const auto root = parse_config_json(text);
  CAPTURE(text);
  REQUIRE_FALSE(root);
  return root.error();
}

/// Whether a sentence begins with "LINE:COLUMN: ".
bool has_place(const std::string& message) {
  const auto digits_from = [&](std::size_t at) {
    return std::min(message.find_first_not_of("0123456789", at), message.size()) - at;
  };
  const std::size_t line = digits_from(0);
  if (line == 0 || message.substr(line, 1) != ":") {
    return false;
  }
  const std::size_t column = digits_from(line + 1);
  return column > 0 && message.substr(line + 1 + column, 2) == ": ";
}

/// What must hold whatever the text is.
void check_survival(const std::string& text) {
  const auto root = parse_config_json(text);
  if (!root && !has_place(root.error().message)) {
    FAIL_CHECK("no place in \"" << root.error().message << "\" about\n" << text);
  }
}

std::string example() {
  std::ifstream file("scripts/examples/config.json");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  REQUIRE_FALSE(text.empty());
  return text;
}

std::string brackets(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

// --- The tree ---

TEST_CASE("A value of the file is known by kind, text and place") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"null", "null@1:1<null>"},
      {"true", "boolean@1:1<true>"},
      {" false ", "boolean@1:2<false>"},
      {"-12.50e3", "number@1:1<-12.50e3>"},
      {"18446744073709551617000", "number@1:1<18446744073709551617000>"},
      {R"("")", "string@1:1<>"},
      {R"("a\u00e4\n")", "string@1:1<a\xc3\xa4\n>"},
      {"[]", "list@1:1()"},
      {"{}", "object@1:1()"},
      {"[1,2]", "list@1:1(number@1:2<1> number@1:4<2>)"},
      {R"({"a":1})", "object@1:1(a@1:2=number@1:6<1>)"},
  }));
  CAPTURE(text);

  CHECK(tree(text) == expected);
}

TEST_CASE("Places count lines and columns from one, in bytes") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"\n\n  1", "number@3:3<1>"},
      {"\r\n1", "number@2:1<1>"},
      {"\t1", "number@1:2<1>"},
      {"{\n  \"a\" :\n\n    \"b\"\n}", "object@1:1(a@2:3=string@4:5<b>)"},
      {"[[1],\n [2, [3]]]",
       "list@1:1(list@1:2(number@1:3<1>) list@2:2(number@2:3<2> list@2:6(number@2:7<3>)))"},
      {"[{},\n{},[],\n[]]", "list@1:1(object@1:2() object@2:1() list@2:4() list@3:1())"},
      {R"({"a":{"b":{}},"c":[{}]})",
       "object@1:1(a@1:2=object@1:6(b@1:7=object@1:11()) c@1:15=list@1:19(object@1:20()))"},
      {"[\"\xc3\xa4\", 1]", "list@1:1(string@1:2<\xc3\xa4> number@1:8<1>)"},
      {"[\"\\\"],{\", 1]", "list@1:1(string@1:2<\"],{> number@1:11<1>)"},
      {"[true, null, false, 7, \"\"]",
       "list@1:1(boolean@1:2<true> null@1:8<null> boolean@1:14<false> number@1:21<7> "
       "string@1:24<>)"},
  }));
  CAPTURE(text);

  CHECK(tree(text) == expected);
}

TEST_CASE("Comments and trailing commas may stand wherever a blank may") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"// first\n1", "number@2:1<1>"},
      {"/* a\n b */ 1 // c", "number@2:7<1>"},
      {"1/**/", "number@1:1<1>"},
      {"/* // */ /***/ 1", "number@1:16<1>"},
      {"// /*\n1", "number@2:1<1>"},
      {"[1,]", "list@1:1(number@1:2<1>)"},
      {"{\"a\":1,}", "object@1:1(a@1:2=number@1:6<1>)"},
      {"[ // [1]\n1, // 2\n /* 3 */ 4, // 5\n]", "list@1:1(number@2:1<1> number@3:10<4>)"},
      {"{ /* \"x\":1, */ \"a\" /*:*/ : /*\n*/ 1 /*,*/ , // }\n}",
       "object@1:1(a@1:16=number@2:4<1>)"},
      {"[{\"a\":[],},\n[1,],\n]", "list@1:1(object@1:2(a@1:3=list@1:7()) list@2:1(number@2:2<1>))"},
      {R"(["// no comment", "/* nor", "this */"])",
       "list@1:1(string@1:2<// no comment> string@1:19</* nor> string@1:29<this */>)"},
  }));
  CAPTURE(text);

  CHECK(tree(text) == expected);
}

// --- What is refused ---

TEST_CASE("A key that stands twice is refused, with both places") {
  const auto [text, message, hint] = GENERATE(table<std::string, std::string, std::string>({
      {"{\"a\":1,\n \"a\":1}", "2:2: the key \"a\" stands twice", "the first one is at 1:2"},
      {R"({"a":1,"b":2,"\u0061":3})", "1:14: the key \"a\" stands twice",
       "the first one is at 1:2"},
      {R"([{"":1,"":2}])", "1:8: the key \"\" stands twice", "the first one is at 1:3"},
      {R"({"a":{"b":{},"b":[]}})", "1:14: the key \"b\" stands twice", "the first one is at 1:7"},
      {R"({"\u001b[2J":1,"\u001b[2J":1})", R"(1:16: the key "\x1b[2J" stands twice)",
       "the first one is at 1:2"},
  }));
  CAPTURE(text);

  CHECK(error_of(text) == Error{message, hint});
}

TEST_CASE("The same key in two objects is no duplicate") {
  CHECK(parse_config_json(R"({"a":{"a":1},"b":{"a":1},"c":[{"a":1},{"a":1}],"A":1})"));
}

TEST_CASE("A syntax error is told with its place and what is welcome") {
  const auto [text, place] = GENERATE(table<std::string, std::string>({
      {"{", "1:2: "},
      {"{\n  \"a\" 1\n}", "2:7: "},
      {"{\n  \"a\": tru\n}", "2:"},
      {"{\n  a: 1\n}", "2:3: "},
      {"[1 2]", "1:4: "},
      {"[1}", "1:3: "},
      {"[,]", "1:2: "},
      {"[1,,]", "1:4: "},
      {"{,}", "1:2: "},
      {"{\"a\":}", "1:6: "},
      {"{\"a\"}", "1:5: "},
      {"1 2", "1:3: "},
      {"{}\n{}", "2:1: "},
      {"'a'", "1:1: "},
      {"01", "1:2: "},
      {"+1", "1:1: "},
      {"NaN", "1:1: "},
      {"1.", "1:"},
      {"\"a", "1:"},
      {"\"\\x\"", "1:"},
      {"\"\\ud800\"", "1:"},
      {"\"a\nb\"", "1:"},
      {"/* 1", "1:"},
      {"/ 1", "1:"},
      {"# 1", "1:1: "},
      {"\xef\xbb\xbf{}", "1:1: "},
  }));
  const Error error = error_of(text);
  CAPTURE(text, error);

  CHECK(error.message.starts_with(place));
  CHECK(has_place(error.message));
  CHECK_FALSE(error.message.ends_with('.'));
  CHECK(error.hint == "the file is JSON; comments and trailing commas are welcome");
}

TEST_CASE("A file without a value is refused") {
  for (const char* const text : {"", " ", "\n\n", "// nothing", "// nothing\n", "/* nothing */"}) {
    CAPTURE(text);
    CHECK(has_place(error_of(text).message));
  }
}

TEST_CASE("Text that is not UTF-8 is refused where it stands") {
  for (const char* const bad :
       {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    const std::string text = std::string("{\n\"a\": \"") + bad + "\"}";

    CHECK(error_of(text).message.starts_with("2:"));
  }
}

TEST_CASE("A NUL byte is an error and ends nothing in silence") {
  using namespace std::string_literals;
  for (const std::string& text : {"\0"s, "{\"a\":1\0}"s, "\"a\0b\""s, "{}\0"s, "{}\0{\"a\":1}"s,
                                  "{}\n\0\n"s, "[1,\0]"s, "// \0\n"s}) {
    check_survival(text);
    CHECK_FALSE(parse_config_json(text));
  }
}

TEST_CASE("Nesting has a limit, and a million brackets are no danger") {
  CHECK(parse_config_json(brackets(16)));
  CHECK(error_of(brackets(17)).message == "1:17: nested too deeply");
  CHECK(error_of(brackets(1000000)).message == "1:17: nested too deeply");
  CHECK(error_of(std::string(1000000, '[')).message == "1:17: nested too deeply");
  std::string objects;
  for (int i = 0; i < 17; ++i) {
    objects += "{\"a\":\n";
  }
  CHECK(error_of(objects).message == "17:1: nested too deeply");
}

// --- Whatever comes ---

TEST_CASE("The example file is a tree, and every beginning of it an error or a tree") {
  const std::string text = example();

  REQUIRE(parse_config_json(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    check_survival(text.substr(0, size));
  }
}

TEST_CASE("A mutilated file is an error or a tree") {
  const std::string text = example();
  std::mt19937 random(20260131);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time.
  const auto below = [&](std::size_t limit) { return random() % limit; };
  using namespace std::string_view_literals;
  constexpr std::string_view kSpecial = "{}[]\",:/*\\\n\0\xff\xc3tn-0.e\t u"sv;

  for (int round = 0; round < 4000; ++round) {
    std::string mutilated = text;
    for (std::size_t cut = 0; cut <= below(4); ++cut) {
      const std::size_t at = below(mutilated.size());
      switch (below(4)) {
        case 0:
          mutilated[at] = kSpecial[below(kSpecial.size())];
          break;
        case 1:
          mutilated.erase(at, 1 + below(40));
          break;
        case 2:
          mutilated.insert(at, 1 + below(20), kSpecial[below(kSpecial.size())]);
          break;
        default:
          mutilated.insert(at, mutilated.substr(below(mutilated.size()), below(60)));
      }
      if (mutilated.empty()) {
        break;
      }
    }
    check_survival(mutilated);
  }
}

TEST_CASE("A NUL is refused however it is spelled") {
  CHECK_FALSE(parse_config_json(R"({"state_dir": "/a\u0000b"})"));
  CHECK_FALSE(parse_config_json(R"({"a\u0000b": 1})"));
}
