// That the loopback Cloudflare answers as Cloudflare does.

#include "support/loopback_cloudflare.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

#include "support/api_client.h"
#include "support/catch.h"
#include "support/process.h"

namespace {

using Texts = std::vector<std::string>;

const std::string kToken = "cfut_0123456789abcdefghijklmnopqrstuvwxyzABCD01234567";
const std::string kKey = "0123456789abcdef0123456789abcdef01234";
const std::string kZoneId = "023e105f4ecef8ad9ca31a8372d0c353";
const std::string kWwwId = "372e67954025e0ba6aaa6d586b9e0b59";
const std::string kRecords = "/zones/" + kZoneId + "/dns_records";
const std::string kWww = kRecords + "/" + kWwwId;
const simulated::Time kLongAgo{std::chrono::seconds{1'700'000'000}};

HeaderFields bearer(const std::string& token) {
  return {{"Authorization", "Bearer " + token}};
}

HeaderFields key_pair(const std::string& key) {
  return {{"X-Auth-Email", "me@example.com"}, {"X-Auth-Key", key}};
}

// One zone with one record, and one token that may do everything.
struct Fixture {
  explicit Fixture(const std::string& plan = "free", const CloudflareSetup& setup = {})
      : cloudflare{setup} {
    cloudflare.add_token({.value = kToken});
    cloudflare.add_zone({.id = kZoneId, .name = "example.com", .plan = plan});
    add({.id = kWwwId, .name = "www.example.com", .content = "192.0.2.10", .ttl = 60});
  }

  void add(simulated::Record record) {
    record.created_on = kLongAgo;
    cloudflare.add_record(record);
  }

  ApiClient client(const HeaderFields& headers = bearer(kToken)) const {
    return ApiClient{cloudflare, headers};
  }

  LoopbackCloudflare cloudflare;
};

// The status and the first error's code.
using Refusal = std::pair<int, int>;
Refusal refusal(const ApiReply& reply) {
  return {reply.status, reply.number("/errors/0/code")};
}

// The program, on a free port, with one zone and whatever else is said.
ProcessSpec program(const Texts& arguments) {
  const char* const build = std::getenv("BUILD");
  Texts argv = {std::string{build == nullptr ? "build" : build} + "/loopback-cloudflare",
                "--listen", "127.0.1.1:0", "--zone", "example.com"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return {.argv = argv, .environment = {{"CLOUDFLARE_API_TOKEN", kToken}}};
}

std::string base_url_of(RunningProcess& running) {
  const std::string line = running.await_line("listening on ").value_or("");
  return line.substr(line.find("http"));
}

}  // namespace

TEST_CASE("an answer carries the fields that Cloudflare's answers carry") {
  const Fixture fixture;

  const ApiReply reply = fixture.client().get("/zones");

  CHECK(reply.status == 200);
  CHECK(reply.header("content-type") == "application/json");
  CHECK_THAT(reply.header("cf-ray"), Catch::Matchers::Matches("[0-9a-f]{16}-[A-Z]{3}"));
  CHECK_THAT(reply.header("Date"),
             Catch::Matchers::Matches("[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} .* GMT"));
  CHECK_THAT(reply.header("Ratelimit"), Catch::Matchers::Matches(R"("default";r=1199;t=\d+)"));
  CHECK(reply.header("Ratelimit-Policy") == R"("default";q=1200;w=300)");
}

TEST_CASE("credentials are checked before anything else, in the words of the place") {
  const Fixture fixture;
  fixture.client();
  const auto [what, headers, path, status, code, chained] =
      GENERATE(table<std::string, HeaderFields, std::string, int, int, int>(
          {{"none", {}, "/zones", 400, 9106, -1},
           {"none, no such place", {}, "/nowhere", 400, 9106, -1},
           {"a key without mail", {{"X-Auth-Key", kKey}}, "/zones", 400, 9106, -1},
           {"another scheme", {{"Authorization", "Basic eDp5"}}, "/zones", 400, 6003, 6111},
           {"a blank in it", bearer("to ken"), "/zones", 400, 6003, 6111},
           {"a token as key", key_pair(kToken), "/zones", 400, 6003, 6103},
           {"unknown key", key_pair(kKey), "/zones", 403, 9103, -1},
           {"unknown", bearer("unknown"), "/zones", 403, 9109, -1},
           {"unknown", bearer("unknown"), kRecords, 401, 10000, -1},
           {"unknown", bearer("unknown"), "/user/tokens/verify", 401, 1000, -1}}));
  CAPTURE(what, path);

  const ApiReply reply = fixture.client(headers).get(path);

  CHECK(reply.status == status);
  CHECK(reply.number("/errors/0/code") == code);
  CHECK(reply.number("/errors/0/error_chain/0/code") == chained);
  CHECK_FALSE(reply.is_true("/success"));
}

TEST_CASE("a token may do what its permissions say, for the zones that it sees") {
  using simulated::Token;
  const auto [what, token, method, path, status, code] =
      GENERATE(table<std::string, Token, std::string, std::string, int, int>(
          {{"all", Token{}, "GET", "/zones", 200, -1},
           {"no zones", Token{.zone_read = false}, "GET", "/zones", 403, 9109},
           {"no zones", Token{.zone_read = false}, "GET", "/zones/" + kZoneId, 200, -1},
           {"edit only", Token{.zone_read = false, .dns_read = false}, "GET", kRecords, 200, -1},
           {"read only", Token{.dns_edit = false}, "GET", kWww, 200, -1},
           {"read only", Token{.dns_edit = false}, "PATCH", kWww, 403, 10000},
           {"read only", Token{.dns_edit = false}, "DELETE", kWww, 403, 10000},
           {"read only", Token{.dns_edit = false}, "POST", kRecords + "/batch", 403, 10000},
           {"no DNS", Token{.dns_read = false, .dns_edit = false}, "GET", kRecords, 403, 10000},
           {"other zone", Token{.zones = {"example.net"}}, "GET", kRecords, 403, 10000},
           {"other zone", Token{.zones = {"example.net"}}, "GET", "/zones/" + kZoneId, 403, 9109},
           {"elsewhere", Token{.at_allowed_location = false}, "GET", kRecords, 403, 9109},
           {"expired", Token{.status = simulated::TokenStatus::expired}, "GET", kRecords, 401,
            10000}}));
  CAPTURE(what, method, path);
  Fixture fixture;
  Token own = token;
  own.value = "own-token";
  fixture.cloudflare.add_token(own);

  const ApiReply reply = fixture.client(bearer("own-token")).send(method, path, "{}");

  CHECK(refusal(reply) == Refusal{status, code});
  CHECK(fixture.cloudflare.record("www.example.com")->content == "192.0.2.10");
}

TEST_CASE("a missing DNS permission comes with a link to the documentation") {
  Fixture fixture;
  fixture.cloudflare.add_token({.value = "reader", .dns_edit = false});

  const ApiReply reply = fixture.client(bearer("reader")).send("PATCH", kWww, "{}");

  CHECK(reply.text("/errors/0/message") == "Authentication error");
  CHECK(reply.has("/errors/0/documentation_url"));
}

TEST_CASE("the legacy pair of key and mail may do everything but verify a token") {
  Fixture fixture;
  fixture.cloudflare.add_key({.email = "me@example.com", .key = kKey});
  ApiClient client = fixture.client(key_pair(kKey));

  CHECK(client.get(kRecords).status == 200);
  CHECK(client.send("PATCH", kWww, R"({"ttl":120})").status == 200);
  CHECK(refusal(client.get("/user/tokens/verify")) == Refusal{405, 10405});
}

TEST_CASE("a token is verified where its kind is known") {
  using simulated::Token;
  using simulated::TokenKind;
  using simulated::TokenStatus;
  const std::string account = "/accounts/01a7362d577a6c3019a474fd6f485823/tokens/verify";
  const auto [kind, status, path, expected, shown] =
      GENERATE_COPY(table<TokenKind, TokenStatus, std::string, int, std::string>(
          {{TokenKind::user, TokenStatus::active, "/user/tokens/verify", 200, "active"},
           {TokenKind::user, TokenStatus::expired, "/user/tokens/verify", 200, "expired"},
           {TokenKind::user, TokenStatus::disabled, "/user/tokens/verify", 200, "disabled"},
           {TokenKind::account, TokenStatus::active, "/user/tokens/verify", 401, ""},
           {TokenKind::account, TokenStatus::active, account, 200, "active"}}));
  CAPTURE(path, shown);
  Fixture fixture;
  fixture.cloudflare.add_token({.value = "own-token", .kind = kind, .status = status});

  const ApiReply reply = fixture.client(bearer("own-token")).get(path);

  CHECK(reply.status == expected);
  CHECK(reply.text("/result/status") == shown);
}

TEST_CASE("a good verification has code 10000 among its messages") {
  const Fixture fixture;

  const ApiReply reply = fixture.client().get("/user/tokens/verify");

  CHECK(reply.is_true("/success"));
  CHECK(reply.number("/messages/0/code") == 10000);
  CHECK(reply.size("/errors") == 0);
}

TEST_CASE("what leads nowhere is answered with the failure envelope") {
  const Fixture fixture;
  const auto [method, path, expected] = GENERATE(table<std::string, std::string, Refusal>(
      {{"GET", "/nowhere", {404, 7000}},
       {"GET", "/zones/" + kZoneId + "/settings", {404, 7000}},
       {"GET", "/zones/not-an-id", {404, 7003}},
       {"GET", "/zones/00000000000000000000000000000000/dns_records", {404, 7003}},
       {"GET", kRecords + "/00000000000000000000000000000000", {404, 81044}},
       {"POST", kWww, {405, 10405}},
       {"PUT", kRecords, {405, 10405}},
       {"DELETE", "/zones", {405, 10405}},
       {"GET", kRecords + "/batch", {405, 10405}}}));
  CAPTURE(method, path);

  const ApiReply reply = fixture.client().send(method, path);

  CHECK(refusal(reply) == expected);
  CHECK_FALSE(reply.is_true("/success"));
  CHECK(reply.is_null("/result"));
}

TEST_CASE("the DNS service writes the result first and the gateway the success") {
  const Fixture fixture;

  CHECK(fixture.client().get(kRecords).body.starts_with("{\"result\":"));
  CHECK(fixture.client().get(kRecords + "/x").body.starts_with("{\"result\":null"));
  CHECK(fixture.client({}).get(kRecords).body.starts_with("{\"success\":false"));
}

TEST_CASE("zones are found by name, status and type") {
  Fixture fixture;
  fixture.cloudflare.add_zone({.name = "sub.example.com"});
  fixture.cloudflare.add_zone({.name = "example.net", .status = "pending"});
  fixture.cloudflare.add_zone({.name = "example.org", .type = "internal"});
  const auto [query, expected] = GENERATE(table<std::string, Texts>(
      {{"", {"example.com", "example.net", "sub.example.com"}},
       {"direction=desc", {"sub.example.com", "example.net", "example.com"}},
       {"name=example.com", {"example.com"}},
       {"name=EXAMPLE.com", {"example.com"}},
       {"name=com", {}},
       {"name=ends_with:example.com", {"example.com", "sub.example.com"}},
       {"name=starts_with:sub.", {"sub.example.com"}},
       {"name=contains:ple.n", {"example.net"}},
       {"name=contains_case_sensitive:PLE", {}},
       {"name=not_equal:example.com", {"example.net", "sub.example.com"}},
       {"status=pending", {"example.net"}},
       {"status=pending&name=example.com", {}},
       {"status=pending&name=example.com&match=any", {"example.com", "example.net"}},
       {"type=internal", {"example.org"}},
       {"type=internal,full&name=contains:example.o", {"example.org"}},
       {"nonsense=1&name=example.net", {"example.net"}},
       {"account.name=Example&name=example.net", {"example.net"}},
       {"account.id=00", {}}}));
  CAPTURE(query);

  CHECK(fixture.client().get("/zones?" + query).column("name") == expected);
}

TEST_CASE("a token's list of zones lacks those it may not see") {
  Fixture fixture;
  fixture.cloudflare.add_zone({.name = "example.net"});
  fixture.cloudflare.add_token({.value = "own-token", .zones = {"example.net"}});

  const ApiReply reply = fixture.client(bearer("own-token")).get("/zones");

  CHECK(reply.column("name") == Texts{"example.net"});
}

TEST_CASE("a zone has every member of the published type") {
  const Fixture fixture;
  const std::string member =
      GENERATE(as<std::string>{}, "id", "name", "status", "paused", "type", "development_mode",
               "name_servers", "original_name_servers", "original_registrar", "original_dnshost",
               "created_on", "modified_on", "activated_on", "meta", "owner", "account/id",
               "account/name", "plan/legacy_id");
  CAPTURE(member);

  CHECK(fixture.client().get("/zones/" + kZoneId).has("/result/" + member));
}

TEST_CASE("records are filtered without regard to case") {
  Fixture fixture{"pro"};
  fixture.add({.name = "example.com", .type = "MX", .content = "mail.example.com", .priority = 10});
  fixture.add({.name = "v6.example.com",
               .type = "AAAA",
               .content = "2001:db8::1",
               .comment = "Old site",
               .tags = {"team:web", "old"}});
  fixture.add({.name = "px.example.com", .content = "192.0.2.20", .proxied = true});
  const Texts all = {"www.example.com", "px.example.com", "v6.example.com", "example.com"};
  const auto [query, expected] = GENERATE_COPY(table<std::string, Texts>(
      {{"", all},
       {"order=name", {"example.com", "px.example.com", "v6.example.com", "www.example.com"}},
       {"order=content&type=A", {"www.example.com", "px.example.com"}},
       {"order=content&direction=desc&type=A", {"px.example.com", "www.example.com"}},
       {"order=proxied&type=A", {"www.example.com", "px.example.com"}},
       {"name=WWW.example.com", {"www.example.com"}},
       {"name.exact=www.example.com&type=A", {"www.example.com"}},
       {"name.exact=www.example.com&type=aaaa", {}},
       {"name.exact=www", {}},
       {"name.startswith=V6", {"v6.example.com"}},
       {"name.endswith=.example.com", {"www.example.com", "px.example.com", "v6.example.com"}},
       {"name.contains=X.ex", {"px.example.com"}},
       {"content=192.0.2.20", {"px.example.com"}},
       {"content.startswith=192.0.2.", {"www.example.com", "px.example.com"}},
       {"comment.contains=old", {"v6.example.com"}},
       {"comment.present", {"v6.example.com"}},
       {"comment.absent", {"www.example.com", "px.example.com", "example.com"}},
       {"proxied=true", {"px.example.com"}},
       {"tag=team:web", {"v6.example.com"}},
       {"tag.present=old&tag.absent=new", {"v6.example.com"}},
       {"tag.present=new&tag.present=new", {}},
       {"search=2001", {"v6.example.com"}},
       {"type=MX&name=www.example.com", {}},
       {"type=MX&name=www.example.com&match=any", {"www.example.com", "example.com"}},
       {"name=www.example.com,px.example.com", {}},
       {"name=contains:www", {}},
       {"nonsense=1", all}}));
  CAPTURE(query);

  CHECK(fixture.client().get(kRecords + "?" + query).column("name") == expected);
}

TEST_CASE("lists come in pages") {
  Fixture fixture;
  for (int i = 0; i < 6; ++i) {
    fixture.add({.name = "a.example.com", .content = "192.0.2." + std::to_string(i)});
    fixture.cloudflare.add_zone({.name = "example" + std::to_string(i) + ".com"});
  }
  const auto [path, count, page, per_page, total, pages] =
      GENERATE(table<std::string, int, int, int, int, int>({
          {kRecords, 7, 1, 100, 7, 1},
          {kRecords + "?per_page=3", 3, 1, 3, 7, 3},
          {kRecords + "?per_page=3&page=3", 1, 3, 3, 7, 3},
          {kRecords + "?per_page=3&page=4", 0, 4, 3, 7, 3},
          {kRecords + "?name=none.example.com", 0, 1, 100, 0, 1},
          {"/zones", 7, 1, 20, 7, 1},
          {"/zones?per_page=5&page=2", 2, 2, 5, 7, 2},
          {"/zones?name=none.example", 0, 1, 20, 0, 0},
      }));
  CAPTURE(path);

  const ApiReply reply = fixture.client().get(path);

  CHECK(reply.status == 200);
  CHECK(reply.size("/result") == static_cast<std::size_t>(count));
  CHECK(reply.number("/result_info/count") == count);
  CHECK(reply.number("/result_info/page") == page);
  CHECK(reply.number("/result_info/per_page") == per_page);
  CHECK(reply.number("/result_info/total_count") == total);
  CHECK(reply.number("/result_info/total_pages") == pages);
}

TEST_CASE("a page or an order that does not exist is refused") {
  const Fixture fixture;
  const std::string path =
      GENERATE(as<std::string>{}, "/zones?per_page=4", "/zones?per_page=51", "/zones?page=0",
               "/zones?page=x", "/zones?order=size", "/zones?status=dead", kRecords + "?per_page=0",
               kRecords + "?per_page=5000001", kRecords + "?page=-1", kRecords + "?order=age",
               kRecords + "?direction=up", kRecords + "?match=some", kRecords + "?proxied=maybe");
  CAPTURE(path);

  CHECK(refusal(fixture.client().get(path)) == Refusal{400, 9207});
}

TEST_CASE("a record has the members that the server adds, and none of those that are gone") {
  const Fixture fixture;

  const ApiReply reply = fixture.client().get(kWww);

  for (const char* member : {"id", "name", "type", "content", "proxiable", "proxied", "ttl",
                             "settings", "meta", "comment", "tags", "created_on", "modified_on"}) {
    CAPTURE(member);
    CHECK(reply.has(std::string{"/result/"} + member));
  }
  for (const char* member : {"zone_id", "zone_name", "locked", "data", "priority",
                             "comment_modified_on", "tags_modified_on"}) {
    CAPTURE(member);
    CHECK_FALSE(reply.has(std::string{"/result/"} + member));
  }
  CHECK(reply.is_null("/result/comment"));
  CHECK(reply.text("/result/created_on") == "2023-11-14T22:13:20Z");
}

TEST_CASE("a created record has defaults, a full name and a new id") {
  Fixture fixture;

  const ApiReply reply = fixture.client().send(
      "POST", kRecords, R"({"type":"A","name":"NEW","content":"192.0.2.30","unknown":[1]})");

  CHECK(reply.status == 200);
  CHECK(reply.text("/result/name") == "new.example.com");
  CHECK(reply.number("/result/ttl") == 1);
  CHECK(reply.has("/result/proxied"));
  CHECK_FALSE(reply.is_true("/result/proxied"));
  CHECK_THAT(reply.text("/result/id"), Catch::Matchers::Matches("[0-9a-f]{32}"));
  CHECK(fixture.cloudflare.records("example.com").size() == 2);
}

TEST_CASE("a name may be relative, full or the apex, and comes back full") {
  const auto [sent, stored] = GENERATE(table<std::string, std::string>({
      {"api", "api.example.com"},
      {"API.Example.COM.", "api.example.com"},
      {"a.b", "a.b.example.com"},
      {"@", "example.com"},
      {"example.com", "example.com"},
      {"*.dev", "*.dev.example.com"},
      {"example.com.other.test", "example.com.other.test.example.com"},
  }));
  CAPTURE(sent);
  const Fixture fixture;

  const ApiReply reply = fixture.client().send(
      "POST", kRecords, R"({"type":"A","content":"192.0.2.30","name":")" + sent + "\"}");

  CHECK(reply.text("/result/name") == stored);
}

TEST_CASE("PATCH keeps what was not sent, PUT resets it") {
  Fixture fixture{"pro"};
  fixture.cloudflare.edit("www.example.com", "A",
                          {.comment = "kept",
                           .tags = Texts{"team:web"},
                           .settings = std::map<std::string, bool>{{"ipv4_only", true}}});
  ApiClient client = fixture.client();

  const ApiReply patched = client.send("PATCH", kWww, R"({"content":"192.0.2.20"})");
  const ApiReply put =
      client.send("PUT", kWww, R"({"type":"A","name":"www.example.com","content":"192.0.2.20"})");

  CHECK(patched.text("/result/content") == "192.0.2.20");
  CHECK(patched.number("/result/ttl") == 60);
  CHECK(patched.text("/result/comment") == "kept");
  CHECK(patched.size("/result/tags") == 1);
  CHECK(patched.is_true("/result/settings/ipv4_only"));
  CHECK(put.number("/result/ttl") == 1);
  CHECK(put.is_null("/result/comment"));
  CHECK(put.size("/result/tags") == 0);
  CHECK_FALSE(put.has("/result/settings/ipv4_only"));
  for (const ApiReply& reply : {patched, put}) {
    CHECK(reply.text("/result/id") == kWwwId);
    CHECK(reply.text("/result/created_on") == "2023-11-14T22:13:20Z");
  }
}

TEST_CASE("modified_on moves when something changes, and only then") {
  const Fixture fixture;
  ApiClient client = fixture.client();
  const std::string before = client.get(kWww).text("/result/modified_on");

  const ApiReply same =
      client.send("PATCH", kWww, R"({"type":"A","name":"www.example.com","content":"192.0.2.10"})");
  const ApiReply other = client.send("PATCH", kWww, R"({"content":"192.0.2.20"})");

  CHECK(same.text("/result/modified_on") == before);
  CHECK(other.text("/result/modified_on") > before);
}

TEST_CASE("a comment has a time of its own, and an empty one clears it") {
  const Fixture fixture;
  ApiClient client = fixture.client();

  const ApiReply set = client.send("PATCH", kWww, R"({"comment":"hello"})");
  const ApiReply cleared = client.send("PATCH", kWww, R"({"comment":""})");

  CHECK(set.text("/result/comment") == "hello");
  CHECK(set.has("/result/comment_modified_on"));
  CHECK(cleared.is_null("/result/comment"));
  CHECK_FALSE(cleared.has("/result/comment_modified_on"));
}

TEST_CASE("a proxied record's TTL is automatic, whatever was sent") {
  const Fixture fixture;
  ApiClient client = fixture.client();

  const ApiReply on = client.send("PATCH", kWww, R"({"proxied":true,"ttl":300})");
  const ApiReply off = client.send("PATCH", kWww, R"({"proxied":false})");

  CHECK(on.number("/result/ttl") == 1);
  CHECK(on.is_true("/result/proxied"));
  CHECK(off.number("/result/ttl") == 1);
}

TEST_CASE("deleting gives the id once") {
  Fixture fixture;
  ApiClient client = fixture.client();

  const ApiReply first = client.send("DELETE", kWww);
  const ApiReply second = client.send("DELETE", kWww);

  CHECK(first.body ==
        R"({"result":{"id":")" + kWwwId + R"("},"success":true,"errors":[],"messages":[]})");
  CHECK(refusal(second) == Refusal{404, 81044});
  CHECK(fixture.cloudflare.records().empty());
}

TEST_CASE("a change that breaks a rule is refused with the rule's code") {
  Fixture fixture;
  fixture.add({.name = "alias.example.com", .type = "CNAME", .content = "www.example.com"});
  fixture.add({.name = "www.example.com", .content = "192.0.2.11"});
  const auto [method, body, code] = GENERATE(table<std::string, std::string, int>(
      {{"PATCH", "", 6007},
       {"PATCH", "{\"content\":", 6007},
       {"PATCH", "[]", 6007},
       {"PATCH", "{\"comment\":\"\xFF\"}", 6007},
       {"PATCH", std::string(100'000, '['), 6007},
       {"PATCH", R"({"content":"2001:db8::1"})", 9005},
       {"PATCH", R"({"content":"192.0.2.256"})", 9005},
       {"PATCH", R"({"content":7})", 9207},
       {"PATCH", R"({"ttl":30})", 9021},
       {"PATCH", R"({"ttl":86401})", 9021},
       {"PATCH", R"({"ttl":1.5})", 9021},
       {"PATCH", R"({"ttl":"60"})", 9022},
       {"PATCH", R"({"type":"AAAA"})", 9000},
       {"PATCH", R"({"content":"192.0.2.11"})", 81058},
       {"PATCH", R"({"name":"alias"})", 81054},
       {"PATCH", R"({"proxied":true,"content":"1.1.1.1"})", 9003},
       {"PATCH", R"({"proxied":true,"content":"10.0.0.1"})", 9003},
       {"PATCH", R"({"tags":["a:b"]})", 9300},
       {"PATCH", R"({"comment":")" + std::string(101, 'x') + "\"}", 9313},
       {"PATCH", R"({"comment":"two\nlines"})", 9207},
       {"PUT", R"({"type":"A","name":"www"})", 9207},
       {"PUT", R"({"name":"www","content":"192.0.2.1"})", 9207},
       {"POST", R"({"type":"A","name":"www","content":"192.0.2.10"})", 81058},
       {"POST", R"({"type":"CNAME","name":"www","content":"example.net"})", 81053},
       {"POST", R"({"type":"CNAME","name":"alias","content":"example.net"})", 81053},
       {"POST", R"({"type":"AAAA","name":"alias","content":"2001:db8::1"})", 81054},
       {"POST", R"({"type":"AAAA","name":"v6","content":"192.0.2.1"})", 9006},
       {"POST", R"({"type":"NS","name":"www","content":"ns.example.net"})", 81056},
       {"POST", R"({"type":"TXT","name":"t","content":"x","proxied":true})", 9004},
       {"POST", R"({"type":"X","name":"t","content":"x"})", 9207},
       {"POST", R"({"type":"A","name":"a b","content":"192.0.2.1"})", 9000}}));
  CAPTURE(method, body.substr(0, 200));

  const ApiReply reply = fixture.client().send(method, method == "POST" ? kRecords : kWww, body);

  CHECK(refusal(reply) == Refusal{400, code});
  CHECK(reply.body.starts_with("{\"result\":null,\"success\":false"));
  CHECK(fixture.cloudflare.record("www.example.com")->content == "192.0.2.10");
  CHECK(fixture.cloudflare.records().size() == 3);
}

TEST_CASE("quotas depend on the zone's plan") {
  const auto [plan, body, status] = GENERATE(table<std::string, std::string, int>({
      {"free", R"({"ttl":30})", 400},
      {"pro", R"({"ttl":30})", 400},
      {"enterprise", R"({"ttl":30})", 200},
      {"pro", R"({"tags":["team:web"]})", 200},
      {"pro", R"({"comment":")" + std::string(500, 'x') + "\"}", 200},
      {"pro", R"({"comment":")" + std::string(501, 'x') + "\"}", 400},
  }));
  CAPTURE(plan, body);
  const Fixture fixture{plan};

  CHECK(fixture.client().send("PATCH", kWww, body).status == status);
}

TEST_CASE("an IPv6 address comes back in one spelling") {
  const Fixture fixture;

  const ApiReply reply = fixture.client().send(
      "POST", kRecords, R"({"type":"AAAA","name":"v6","content":"2001:0DB8:0:0::0001"})");

  CHECK(reply.text("/result/content") == "2001:db8::1");
}

TEST_CASE("addresses that cannot be proxied say so") {
  Fixture fixture;
  const auto [content, proxiable] = GENERATE(table<std::string, bool>({
      {"192.0.2.10", true},
      {"127.0.2.1", true},
      {"10.1.2.3", false},
      {"172.31.0.1", false},
      {"192.168.1.1", false},
      {"169.254.1.1", false},
  }));
  CAPTURE(content);
  fixture.cloudflare.edit("www.example.com", "A", {.content = content});

  CHECK(fixture.client().get(kWww).is_true("/result/proxiable") == proxiable);
}

TEST_CASE("a batch deletes, patches, puts and posts, in that order") {
  Fixture fixture;
  fixture.add({.id = "1111", .name = "a.example.com", .content = "192.0.2.1"});
  fixture.add({.id = "2222", .name = "b.example.com", .content = "192.0.2.2"});

  const ApiReply reply = fixture.client().send("POST", kRecords + "/batch", R"({
      "posts": [{"type":"A","name":"www","content":"192.0.2.10"}],
      "puts": [{"id":"2222","type":"A","name":"b","content":"192.0.2.1"}],
      "patches": [{"id":"1111","content":"192.0.2.3"}],
      "deletes": [{"id":")" + kWwwId + R"(","ttl":"ignored"}]})");

  CHECK(reply.status == 200);
  CHECK(reply.text("/result/deletes/0/name") == "www.example.com");
  CHECK(reply.text("/result/patches/0/content") == "192.0.2.3");
  CHECK(reply.number("/result/puts/0/ttl") == 1);
  CHECK(reply.text("/result/posts/0/id") != kWwwId);
  CHECK(fixture.cloudflare.records().size() == 3);
}

TEST_CASE("a batch that fails changes nothing and tells its first error") {
  Fixture fixture;

  const ApiReply reply = fixture.client().send("POST", kRecords + "/batch", R"({
      "patches": [{"id":")" + kWwwId + R"(","content":"192.0.2.20"}],
      "posts": [{"type":"A","name":"a","content":"192.0.2.1"},
                {"type":"A","name":"a","content":"192.0.2.1"},
                {"type":"A","name":"a","content":"bad"}]})");

  CHECK(refusal(reply) == Refusal{400, 81058});
  CHECK(reply.size("/errors") == 1);
  CHECK(fixture.cloudflare.records().size() == 1);
  CHECK(fixture.cloudflare.record("www.example.com")->content == "192.0.2.10");
}

TEST_CASE("a batch guards a replacement: a record that is gone fails it") {
  Fixture fixture;
  fixture.cloudflare.recreate("www.example.com", "A", "192.0.2.10");

  const ApiReply reply = fixture.client().send("POST", kRecords + "/batch", R"({
      "deletes": [{"id":")" + kWwwId + R"("}],
      "posts": [{"type":"A","name":"www","content":"192.0.2.20"}]})");

  CHECK(reply.number("/errors/0/code") == 81044);
  CHECK(fixture.cloudflare.record("www.example.com")->content == "192.0.2.10");
}

TEST_CASE("a batch has a limit that depends on the plan") {
  const auto [plan, size, status] = GENERATE(table<std::string, int, int>({
      {"free", 200, 200},
      {"free", 201, 400},
      {"pro", 201, 200},
  }));
  CAPTURE(plan, size);
  const Fixture fixture{plan};
  std::string posts;
  for (int i = 0; i < size; ++i) {
    posts += std::string{posts.empty() ? "" : ","} + R"({"type":"TXT","name":"t","content":"x)" +
             std::to_string(i) + "\"}";
  }

  const ApiReply reply =
      fixture.client().send("POST", kRecords + "/batch", "{\"posts\":[" + posts + "]}");

  CHECK(reply.status == status);
}

TEST_CASE("more requests than the limit allows are throttled until the window ends") {
  Fixture fixture{"free", {.rate_limit = 2}};
  ApiClient client = fixture.client();
  client.get("/zones");
  client.get("/zones");

  const ApiReply third = client.get("/zones");
  fixture.cloudflare.shift_clock(std::chrono::minutes{6});
  const ApiReply later = client.get("/zones");

  CHECK(refusal(third) == Refusal{429, 971});
  CHECK(std::stoi(third.header("Retry-After")) > 290);
  CHECK(later.status == 200);
}

TEST_CASE("somebody else's changes are seen by the next request") {
  Fixture fixture;
  LoopbackCloudflare& cloudflare = fixture.cloudflare;
  ApiClient client = fixture.client();

  cloudflare.edit("www.example.com", "A", {.content = "192.0.2.99"});
  CHECK(client.get(kWww).text("/result/content") == "192.0.2.99");
  CHECK(client.get(kWww).text("/result/modified_on") > "2024");

  cloudflare.recreate("www.example.com", "A", "192.0.2.98");
  CHECK(client.get(kWww).status == 404);
  CHECK(client.get(kRecords).column("content") == Texts{"192.0.2.98"});

  cloudflare.remove("www.example.com", "A");
  CHECK(client.get(kRecords).size("/result") == 0);
}

TEST_CASE("the log has every request with its connection, and no credential") {
  Fixture fixture;
  ApiClient client = fixture.client();
  client.get(kRecords + "?name=www.example.com&type=A&note=" + kToken);
  client.send("PATCH", kWww, R"({"content":"192.0.2.20","comment":")" + kToken + "\"}");
  fixture.client({{"Authorization", "Bearer planted"}}).get("/zones?t=planted");

  const auto log = fixture.cloudflare.requests();

  REQUIRE(log.size() == 3);
  CHECK(log[0].method == "GET");
  CHECK(log[0].path == "/client/v4" + kRecords);
  CHECK(log[0].parameters.at("name") == "www.example.com");
  CHECK(log[0].query == "name=www.example.com&type=A&note=****");
  CHECK(log[0].status == 200);
  CHECK(log[1].body == R"({"content":"192.0.2.20","comment":"****"})");
  CHECK(log[1].credential == "Bearer ****");
  CHECK(log[1].connection == log[0].connection);
  CHECK(log[2].query == "t=****");
  CHECK(log[2].connection == 2);
  CHECK(fixture.cloudflare.connections() == 2);
  CHECK(fixture.cloudflare.writes().size() == 1);
}

TEST_CASE("it listens on loopback addresses only") {
  const std::string address =
      GENERATE(as<std::string>{}, "0.0.0.0", "192.0.2.1", "::", "localhost");

  CHECK_THROWS(LoopbackCloudflare{{.address = address}});
}

TEST_CASE("the control face shows and changes the state, and is in no log") {
  Fixture fixture;
  ApiClient script = fixture.client({});

  CHECK(script
            .send_outside("PUT", "/control/record",
                          R"({"name":"www.example.com","content":"192.0.2.7"})")
            .status == 200);
  CHECK(fixture.cloudflare.record("www.example.com")->content == "192.0.2.7");

  script.send_outside("PUT", "/control/record",
                      R"({"do":"add","name":"www.example.com","content":"192.0.2.8"})");
  CHECK(script.send_outside("GET", "/control/records").size("") == 2);

  script.send_outside("POST", "/control/fault", R"({"fault":"refusal","status":418,"times":1})");
  CHECK(fixture.client().get(kRecords).status == 418);
  CHECK(fixture.client().get(kRecords).status == 200);

  const ApiReply log = script.send_outside("GET", "/control/log");
  CHECK(log.size("") == 2);
  CHECK(log.text("/0/credential") == "Bearer ****");
  CHECK(fixture.cloudflare.requests().size() == 2);
}

TEST_CASE("a script's mistake is told to it") {
  const Fixture fixture;
  const auto [method, path, body, status] =
      GENERATE(table<std::string, std::string, std::string, int>({
          {"GET", "/control/nothing", "", 404},
          {"POST", "/control/fault", "", 400},
          {"POST", "/control/fault", R"({"fault":"flood"})", 400},
          {"PUT", "/control/record", R"({"do":"add","name":"www.example.net"})", 400},
          {"PUT", "/control/record", R"({"do":"paint","name":"www.example.com"})", 400},
      }));
  CAPTURE(path, body);

  const ApiReply reply = fixture.client({}).send_outside(method, path, body);

  CHECK(reply.status == status);
  CHECK(reply.has("/error"));
}

TEST_CASE("the program serves what it was given and logs without credentials", "[program]") {
  RunningProcess running{
      program({"--verbose", "--record", "www.example.com A 127.0.2.1 ttl=60 comment=hello there",
               "--fault", R"({"fault":"refusal","status":418,"nth":2})"})};
  ApiClient client{base_url_of(running), bearer(kToken)};

  const std::string zone = client.get("/zones?name=example.com").text("/result/0/id");
  const ApiReply teapot = client.get("/zones?note=" + kToken);
  const ApiReply records = client.get("/zones/" + zone + "/dns_records");
  client.send_outside("POST", "/control/quit");
  const ProcessResult result = running.wait();

  CHECK(teapot.status == 418);
  CHECK(records.column("comment") == Texts{"hello there"});
  CHECK(result.status == 0);
  CHECK(result.err.find("/zones?note=**** (Bearer ****) -> 418\n") != std::string::npos);
  CHECK(result.err.find(kToken) == std::string::npos);
}

TEST_CASE("the program ends at a signal with status 0", "[program]") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  RunningProcess running{program({})};
  REQUIRE(running.await_line("listening on "));

  running.signal(signal);

  CHECK(running.wait().status == 0);
}

TEST_CASE("the program refuses what it cannot do with status 2", "[program]") {
  const auto arguments = GENERATE(Texts{"--listen", "192.0.2.1:0"}, Texts{"--listen", "127.0.0.1"},
                                  Texts{"--record", "www.example.net A 127.0.2.1"},
                                  Texts{"--record", "www.example.com A 127.0.2.1 size=3"},
                                  Texts{"--fault", R"({"fault":"flood"})"},
                                  Texts{"--token-file", "/dev/null"}, Texts{"--nonsense"});
  CAPTURE(arguments);

  const ProcessResult result = run(program(arguments));

  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK(result.err.starts_with("loopback-cloudflare: error: "));
}
