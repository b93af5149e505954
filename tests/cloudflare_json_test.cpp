#include "io/cloudflare_json.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/catch.h"
#include "support/printers.h"

namespace {

using Kind = ApiFailure::Kind;

const std::string kZoneId = "023e105f4ecef8ad9ca31a8372d0c353";
const std::string kRecordId = "372e67954025e0ba6aaa6d586b9e0b59";

/// A recorded answer from tests/data, without its last line end. (The tests start where `make`
/// does.)
std::string recorded(const std::string& name) {
  const auto path = std::filesystem::path(__FILE__).parent_path() / "data" / name;
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  INFO("from " << path);
  REQUIRE_FALSE(text.empty());
  text.pop_back();
  return text;
}

/// `text` with one part, which must be there, replaced.
std::string with(std::string text, std::string_view part, std::string_view replacement) {
  const auto at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), replacement);
}

std::string repeated(std::size_t count, std::string_view part) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += part;
  }
  return text;
}

/// "good", or the failure in short.
template <typename T>
std::string verdict(const ApiResult<T>& answer) {
  if (answer) {
    return "good";
  }
  const bool broken = answer.error().kind == Kind::broken_answer;
  const std::string kind = broken                                 ? "broken: "
                           : answer.error().kind == Kind::refused ? "refused: "
                                                                  : "other: ";
  const std::string code =
      answer.error().code == 0 ? "" : std::to_string(answer.error().code) + " ";
  return kind + code + answer.error().message;
}

struct Mutilation {
  std::string part;
  std::string replacement;
  std::string expected;
};

/// What is wrong with the envelope, whatever it should hold.
const std::vector<Mutilation> kBrokenEnvelopes{
    {R"("success":true)", R"("success":false)", "refused: "},
    {R"("success":true)", R"("success":"true")", "broken: JSON that is not Cloudflare's envelope"},
    {R"("success":true)", R"("success":1)", "broken: JSON that is not Cloudflare's envelope"},
    {R"("success":true)", R"("success":null)", "broken: JSON that is not Cloudflare's envelope"},
    {R"("success":true)", R"("success":[true])", "broken: JSON that is not Cloudflare's envelope"},
    {R"("success":true)", R"("Success":true)", "broken: JSON that is not Cloudflare's envelope"},
    {R"("result":)", R"("resolt":)", "broken: an answer without a result"},
    {R"("success":true)", R"("success":true,)", "broken: an answer that is not JSON"},
    {R"("success":true)", R"('success':true)", "broken: an answer that is not JSON"},
    {R"("success":true)", R"("success":True)", "broken: an answer that is not JSON"},
    {R"("success":true)", R"("success":true /* yes */)", "broken: an answer that is not JSON"},
    {R"("messages":[])", R"("messages":[1e999])", "broken: an answer that is not JSON"},
    {R"("messages":[])", R"("messages":[NaN])", "broken: an answer that is not JSON"},
    {R"("messages":[])", "\"messages\":[\"\xff\"]", "broken: an answer that is not JSON"},
    {R"("messages":[])", "\"messages\":[\"\xc0\xaf\"]", "broken: an answer that is not JSON"},
    {R"("messages":[])", "\"messages\":[\"\xed\xa0\x80\"]", "broken: an answer that is not JSON"},
    {R"("messages":[])", R"("messages":["\ud800"])", "broken: an answer that is not JSON"},
    {R"("messages":[])", "\"messages\":[\"a\nb\"]", "broken: an answer that is not JSON"},
};

template <typename T>
void check_mutilated(const std::string& good, ApiResult<T> (*parse)(std::string_view),
                     const std::vector<Mutilation>& mutilations) {
  REQUIRE(verdict(parse(good)) == "good");
  for (const Mutilation& mutilation : mutilations) {
    CAPTURE(mutilation.part, mutilation.replacement);
    CHECK(verdict(parse(with(good, mutilation.part, mutilation.replacement))) ==
          mutilation.expected);
  }
}

template <typename T>
void check_truncated(const std::string& good, ApiResult<T> (*parse)(std::string_view)) {
  REQUIRE(parse(good));
  for (std::size_t length = 0; length < good.size(); ++length) {
    CAPTURE(length);
    REQUIRE(verdict(parse(std::string_view(good).substr(0, length))) ==
            "broken: an answer that is not JSON");
  }
}

}  // namespace

// --- Good answers
// ---------------------------------------------------------------------------------

TEST_CASE("Zones are read with what tells them apart") {
  const auto zones = parse_zones(recorded("zones.json"));

  REQUIRE(zones);
  REQUIRE(zones->size() == 1);
  CHECK(zones->front().id == kZoneId);
  CHECK(zones->front().name == "example.com");
  CHECK(zones->front().status == "active");
  CHECK(zones->front().type == "full");
}

TEST_CASE("Records are read with id, name, type and content as they came") {
  const auto records = parse_records(recorded("records.json"));

  REQUIRE(records);
  REQUIRE(records->size() == 1);
  CHECK(records->front().id == kRecordId);
  CHECK(records->front().name == "www.example.com");
  CHECK(records->front().type == "A");
  CHECK(records->front().content == "192.0.2.10");
}

TEST_CASE("All records of a list are read, in their order") {
  const auto records = parse_records(recorded("records_two.json"));

  REQUIRE(records);
  REQUIRE(records->size() == 2);
  CHECK(records->at(0).content == "2001:db8::10");
  CHECK(records->at(1).content == "2001:0DB8:0:0::20");
  CHECK(records->at(1).id == "0a1b2c3d4e5f60718293a4b5c6d7e8f9");
}

TEST_CASE("An empty list is a good answer") {
  const auto zones = parse_zones(recorded("zones_none.json"));
  const auto records = parse_records(recorded("records_none.json"));

  REQUIRE(zones);
  CHECK(zones->empty());
  REQUIRE(records);
  CHECK(records->empty());
}

TEST_CASE("The answer to a change holds the record as it is now") {
  const auto record = parse_record(recorded("record_patched.json"));

  REQUIRE(record);
  CHECK(record->id == kRecordId);
  CHECK(record->name == "www.example.com");
  CHECK(record->content == "192.0.2.20");
}

TEST_CASE("Unknown members, blanks and a byte order mark change nothing") {
  const std::string good = recorded("records.json");

  CHECK(parse_records(with(good, R"({"id")", R"({"new":[{"a":null}],"id")")));
  CHECK(parse_records(with(good, R"({"result")", R"({"new":{},"result")")));
  CHECK(parse_records("\r\n\t " + good + " \r\n"));
  CHECK(parse_records("\xef\xbb\xbf" + good));
}

TEST_CASE("Escapes in an answer are resolved") {
  const auto records =
      parse_records(with(recorded("records.json"), "www.example.com", R"(\u0077ww.example.com)"));

  REQUIRE(records);
  CHECK(records->front().name == "www.example.com");
}

// --- Mutilated answers
// ----------------------------------------------------------------------------

TEST_CASE("An answer that was cut short is never taken for a good one") {
  check_truncated(recorded("zones.json"), &parse_zones);
  check_truncated(recorded("zones_none.json"), &parse_zones);
  check_truncated(recorded("records.json"), &parse_records);
  check_truncated(recorded("records_none.json"), &parse_records);
  check_truncated(recorded("record_patched.json"), &parse_record);
}

TEST_CASE("An answer whose envelope is broken is not believed") {
  check_mutilated(recorded("zones.json"), &parse_zones, kBrokenEnvelopes);
  check_mutilated(recorded("zones_none.json"), &parse_zones, kBrokenEnvelopes);
  check_mutilated(recorded("records.json"), &parse_records, kBrokenEnvelopes);
  check_mutilated(recorded("record_patched.json"), &parse_record, kBrokenEnvelopes);
}

TEST_CASE("A record needs an id, a name and a content, each of them a text") {
  const std::string id = R"("id":"372e67954025e0ba6aaa6d586b9e0b59")";
  const std::string name = R"("name":"www.example.com")";
  const std::string content = R"("content":"192.0.2.10")";
  const std::string expected = "broken: a record without id, name or content";

  check_mutilated(recorded("records.json"), &parse_records,
                  {{id, R"("no":"1")", expected},
                   {id, R"("id":null)", expected},
                   {id, R"("id":372)", expected},
                   {id, R"("id":"")", expected},
                   {id, R"("id":["372e67954025e0ba6aaa6d586b9e0b59"])", expected},
                   {id, R"("id":"../../zones")", expected},
                   {id, R"("id":"372e?x=1")", expected},
                   {id, R"("id":"372e 6795")", expected},
                   {id, R"("id":"372e\u0000")", expected},
                   {id, R"("id":"372e67954025e0ba6aaa6d586b9e0b590")", expected},
                   {name, R"("no":"1")", expected},
                   {name, R"("name":null)", expected},
                   {name, R"("name":7)", expected},
                   {name, R"("name":"")", expected},
                   {content, R"("no":"1")", expected},
                   {content, R"("content":null)", expected},
                   {content, R"("content":192.02)", expected},
                   {content, R"("content":"")", expected},
                   {content, R"("content":{"a":"192.0.2.10"})", expected}});
}

TEST_CASE("A zone needs an id and a name, each of them a text") {
  const std::string id = R"("id":"023e105f4ecef8ad9ca31a8372d0c353")";
  const std::string name = R"("name":"example.com")";
  const std::string expected = "broken: a zone without id or name";

  check_mutilated(recorded("zones.json"), &parse_zones,
                  {{id, R"("no":"1")", expected},
                   {id, R"("id":23)", expected},
                   {id, R"("id":"")", expected},
                   {id, R"("id":"../user")", expected},
                   {name, R"("no":"1")", expected},
                   {name, R"("name":false)", expected},
                   {name, R"("name":"")", expected}});
}

TEST_CASE("A result of another kind than was asked for is not believed") {
  const auto answer = [](const std::string& result) {
    return R"({"success":true,"errors":[],"messages":[],"result":)" + result + "}";
  };

  for (const char* const result : {"null", "true", "7", R"("text")", "{}"}) {
    CAPTURE(result);
    CHECK(verdict(parse_zones(answer(result))) == "broken: a result that is not a list");
    CHECK(verdict(parse_records(answer(result))) == "broken: a result that is not a list");
  }
  for (const char* const result : {"null", "true", "7", R"("text")", "[]", "[{}]"}) {
    CAPTURE(result);
    CHECK(verdict(parse_record(answer(result))) == "broken: a record that is not an object");
  }
  for (const char* const result : {"[null]", "[true]", "[7]", R"(["text"])", "[[]]"}) {
    CAPTURE(result);
    CHECK(verdict(parse_zones(answer(result))) == "broken: a zone that is not an object");
    CHECK(verdict(parse_records(answer(result))) == "broken: a record that is not an object");
  }
}

TEST_CASE("One bad element spoils the whole list, wherever it stands") {
  const std::string good = recorded("records_two.json");

  CHECK(verdict(parse_records(with(good, R"("0a1b2c3d4e5f60718293a4b5c6d7e8f9")", "7"))) ==
        "broken: a record without id, name or content");
  CHECK(verdict(parse_records(with(good, R"("result":[)", R"("result":[null,)"))) ==
        "broken: a record that is not an object");
}

TEST_CASE("What is no JSON object is no answer") {
  const std::string body = GENERATE(values<std::string>({
      "",
      " ",
      "null",
      "true",
      "[]",
      "\"text\"",
      "7",
      "{",
      "}",
      "error code: 1020",
      "<html>",
      "\xff\xfe{\"success\":true,\"result\":[]}",
      "{\"success\":true,\"result\":[]}}",
      "{\"success\":true,\"result\":[]} {}",
      "{\"success\":true,\"result\":[]},",
      "{\"success\":true \"result\":[]}",
      "{success:true,result:[]}",
  }));
  CAPTURE(body);

  CHECK(verdict(parse_zones(body)) == "broken: an answer that is not JSON");
  CHECK(verdict(parse_records(body)) == "broken: an answer that is not JSON");
  CHECK(verdict(parse_record(body)) == "broken: an answer that is not JSON");
}

TEST_CASE("A page for a browser is no answer, and none of it is shown") {
  const std::string page = recorded("challenge.html");

  CHECK(verdict(parse_records(page)) == "broken: an answer that is not JSON");
  CHECK(parse_error(page) == ApiFailure{.kind = Kind::refused});
}

TEST_CASE("A problem document is no good answer although it is JSON") {
  const std::string problem = recorded("problem.json");

  CHECK(verdict(parse_records(problem)) == "broken: JSON that is not Cloudflare's envelope");
}

TEST_CASE("An answer with any one byte changed is refused, or still makes sense") {
  const std::string good = recorded("records.json");
  const std::string_view substitutes("\0\x1b\xff\"{}[],:0a\\ ", 14);

  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char substitute : substitutes) {
      std::string changed = good;
      changed[at] = substitute;
      for (const RawRecord& record : parse_records(changed).value_or(std::vector<RawRecord>())) {
        CAPTURE(at, substitute);
        REQUIRE(is_cloudflare_id(record.id));
        REQUIRE_FALSE(record.name.empty());
        REQUIRE_FALSE(record.content.empty());
      }
    }
  }
}

TEST_CASE("A million brackets are no answer, and do not overflow the stack") {
  constexpr std::size_t kMany = 1'000'000;
  const std::string open = repeated(kMany, "[");
  const std::string nested = open + repeated(kMany, "]");
  const std::string objects = repeated(kMany, R"({"a":)") + "1" + repeated(kMany, "}");

  CHECK_FALSE(parse_records(open));
  CHECK_FALSE(parse_records(nested));
  CHECK_FALSE(parse_records(objects));
  CHECK_FALSE(parse_records(R"({"success":true,"result":)" + nested + "}"));
  CHECK_FALSE(parse_record(R"({"success":true,"result":)" + objects + "}"));
  CHECK_FALSE(parse_records(R"({"success":false,"errors":)" + nested + "}"));
  CHECK(parse_error(R"({"errors":)" + nested + "}").message.empty());
  CHECK(parse_error(open).message.empty());
}

// --- Refusals
// -------------------------------------------------------------------------------------

TEST_CASE("A refusal is told with Cloudflare's own code and message") {
  const auto [name, code, message] = GENERATE(table<std::string, int, std::string>({
      {"error_flat.json", 9021, "TTL must be between 60 and 86400 seconds, or 1 for Automatic."},
      {"error_wrapped.json", 9021, "TTL must be between 60 and 86400 seconds, or 1 for Automatic."},
      {"error_headers.json", 6111, "Invalid format for Authorization header"},
      {"error_two.json", 7003,
       "Could not route to /client/v4/zones/1, perhaps your object identifier is invalid?"},
      {"error_authentication.json", 10000, "Authentication error"},
      {"error_throttled.json", 971, "Please wait and consider throttling your request speed"},
  }));
  CAPTURE(name);
  const std::string body = recorded(name);
  const ApiFailure expected{.kind = Kind::refused, .code = code, .message = message};

  CHECK(parse_error(body) == expected);
  CHECK(parse_zones(body).error() == expected);
  CHECK(parse_records(body).error() == expected);
  CHECK(parse_record(body).error() == expected);
}

TEST_CASE("Of a chain of errors the last one counts") {
  const ApiFailure failure = parse_error(
      R"({"errors":[{"code":1,"message":"outer",)"
      R"("error_chain":[{"code":2,"message":"middle"},{"code":3,"message":"inner"}]}]})");

  CHECK(failure.code == 3);
  CHECK(failure.message == "inner");
}

TEST_CASE("A problem document is told by its title") {
  CHECK(parse_error(recorded("problem.json")) ==
        ApiFailure{.kind = Kind::refused, .message = "Error 522: Connection timed out"});
}

TEST_CASE("An error that makes no sense has neither code nor message, and the rest stands") {
  const auto [body, code, message] = GENERATE(table<std::string, int, std::string>({
      {"", 0, ""},
      {"[]", 0, ""},
      {"{}", 0, ""},
      {R"({"errors":null})", 0, ""},
      {R"({"errors":{}})", 0, ""},
      {R"({"errors":[]})", 0, ""},
      {R"({"errors":[null]})", 0, ""},
      {R"({"errors":["text"]})", 0, ""},
      {R"({"errors":[{}]})", 0, ""},
      {R"({"errors":[{"code":"9021","message":"text"}]})", 0, "text"},
      {R"({"errors":[{"code":9021.5,"message":"text"}]})", 0, "text"},
      {R"({"errors":[{"code":99999999999999999999,"message":"text"}]})", 0, "text"},
      {R"({"errors":[{"code":9021,"message":null}]})", 9021, ""},
      {R"({"errors":[{"code":9021,"message":["text"]}]})", 9021, ""},
      {R"({"errors":[{"code":1,"message":"outer","error_chain":[]}]})", 1, "outer"},
      {R"({"errors":[{"code":1,"message":"outer","error_chain":null}]})", 1, "outer"},
      {R"({"errors":[{"code":1,"message":"outer","error_chain":[7]}]})", 1, "outer"},
      {R"({"title":7})", 0, ""},
      {R"({"errors":[],"title":"text"})", 0, "text"},
  }));
  CAPTURE(body);

  CHECK(parse_error(body) == ApiFailure{.kind = Kind::refused, .code = code, .message = message});
}

TEST_CASE("Nothing hides behind a NUL, and nothing is said twice") {
  const std::string good = recorded("records.json");

  CHECK_FALSE(parse_records(good + std::string("\0{", 2)));
  CHECK_FALSE(parse_records(with(good, R"("errors")", R"("success":false,"errors")")));
  CHECK_FALSE(parse_records(with(good, R"("content")", R"("content":"203.0.113.9","content")")));
}

TEST_CASE("What an error says is safe to show") {
  const auto told = [](const std::string& message) {
    return parse_error(R"({"errors":[{"code":1,"message":")" + message + R"("}]})").message;
  };

  CHECK(told(R"(\u001b[31mred\u0000\r\n)") == R"(\x1b[31mred\x00\x0d\x0a)");
  CHECK(told(std::string(10000, 'a')) == std::string(4096, 'a') + "...");
  CHECK(parse_error(R"({"title":"\u001b]0;x\u0007"})").message == R"(\x1b]0;x\x07)");
}

TEST_CASE("A refusal that was cut short is a broken answer, and never a good one") {
  const std::string refusal = recorded("error_wrapped.json");

  for (std::size_t length = 0; length < refusal.size(); ++length) {
    const std::string_view part = std::string_view(refusal).substr(0, length);
    CAPTURE(length);
    REQUIRE(verdict(parse_records(part)) == "broken: an answer that is not JSON");
    REQUIRE(parse_error(part) == ApiFailure{.kind = Kind::refused});
  }
}

// --- What we say
// ----------------------------------------------------------------------------------

TEST_CASE("An id is at most 32 letters and digits, since it becomes part of a path") {
  CHECK(is_cloudflare_id(kRecordId));
  CHECK(is_cloudflare_id("a"));
  CHECK(is_cloudflare_id("A1"));
  CHECK(is_cloudflare_id(std::string(32, 'f')));
  for (const std::string& text :
       {std::string(), std::string(33, 'f'), std::string("a/b"), std::string(".."),
        std::string("a?b"), std::string("a b"), std::string("a%2f"), std::string("a-b"),
        std::string("\xc3\xbc"), std::string("a\0", 2), std::string("a\n")}) {
    CAPTURE(text);
    CHECK_FALSE(is_cloudflare_id(text));
  }
}

TEST_CASE("A change names the content, and the TTL only where one is configured") {
  const auto v4 = IpAddress::parse("198.51.100.20").value();
  const auto v6 = IpAddress::parse("2001:DB8:0:0::20").value();

  CHECK(write_content(v4, 0) == R"({"content":"198.51.100.20"})");
  CHECK(write_content(v4, 1) == R"({"content":"198.51.100.20","ttl":1})");
  CHECK(write_content(v6, 60) == R"({"content":"2001:db8::20","ttl":60})");
}
