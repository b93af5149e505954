// That the loopback Cloudflare misbehaves as it is told to.

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/api_client.h"
#include "support/catch.h"
#include "support/loopback_cloudflare.h"
#include "support/test_ca.h"

namespace {

using namespace std::chrono_literals;

const std::string kZoneId = "023e105f4ecef8ad9ca31a8372d0c353";
const std::string kWwwId = "372e67954025e0ba6aaa6d586b9e0b59";
const std::string kRecords = "/zones/" + kZoneId + "/dns_records";
const std::string kWww = kRecords + "/" + kWwwId;
const std::string kChange = R"({"content":"192.0.2.20"})";
const HeaderFields kCredentials = {{"Authorization", "Bearer a-token"}};

void fill(LoopbackCloudflare& cloudflare) {
  cloudflare.add_token({.value = "a-token"});
  cloudflare.add_zone({.id = kZoneId, .name = "example.com"});
  cloudflare.add_record(
      {.id = kWwwId, .name = "www.example.com", .content = "192.0.2.10", .ttl = 60});
}

struct Fixture {
  explicit Fixture(const CloudflareSetup& setup = {}) : cloudflare{setup} { fill(cloudflare); }

  std::string content() const { return cloudflare.record("www.example.com")->content; }

  LoopbackCloudflare cloudflare;
  ApiClient client{cloudflare, kCredentials};
};

// A request for raw_exchange(); the connection is kept unless the fault ends it.
std::string raw_request(const std::string& method, const std::string& body = "") {
  return method + " /client/v4" + kWww +
         " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-token\r\n" +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string closing_request() {
  std::string request = raw_request("GET");
  return request.insert(request.find("Host:"), "Connection: close\r\n");
}

// What follows the empty line.
std::string raw_body(const RawReply& reply) {
  return reply.bytes.substr(reply.bytes.find("\r\n\r\n") + 4);
}

std::chrono::milliseconds duration_of(const std::function<void()>& act) {
  const auto start = std::chrono::steady_clock::now();
  act();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

}  // namespace

TEST_CASE("a connection is kept from one request to the next") {
  Fixture fixture;

  fixture.client.get(kRecords);
  fixture.client.get(kWww);
  fixture.client.send("PATCH", kWww, kChange);

  CHECK(fixture.cloudflare.connections() == 1);
  CHECK(fixture.cloudflare.requests().back().connection == 1);
}

TEST_CASE("a fault befalls the requests that it is armed for") {
  const auto refusal = fault::refusal(418, 1, "teapot");
  const auto [armed, statuses] = GENERATE_COPY(table<Fault, std::vector<int>>({
      {Fault{.mischief = refusal}, {418, 200, 200, 200}},
      {Fault{.nth = 2, .mischief = refusal}, {200, 418, 200, 200}},
      {Fault{.nth = 2, .times = 2, .mischief = refusal}, {200, 418, 418, 200}},
      {Fault{.nth = 3, .times = fault::kAlways, .mischief = refusal}, {200, 200, 418, 418}},
      {Fault{.method = "GET", .mischief = refusal}, {418, 200, 200, 200}},
      {Fault{.method = "PATCH", .mischief = refusal}, {200, 200, 200, 200}},
      {Fault{.path = kZoneId, .mischief = refusal}, {200, 418, 200, 200}},
      {Fault{.path = "type=A", .mischief = refusal}, {200, 200, 418, 200}},
  }));
  Fixture fixture;
  fixture.cloudflare.arm(armed);

  std::vector<int> seen;
  for (const std::string& path : {std::string{"/zones"}, kRecords, kRecords + "?type=A", kWww}) {
    seen.push_back(fixture.client.get(path).status);
  }

  CHECK(seen == statuses);
}

TEST_CASE("faults can be disarmed") {
  Fixture fixture;
  fixture.cloudflare.arm({.times = fault::kAlways, .mischief = fault::Close{}});

  fixture.cloudflare.disarm_all();

  CHECK(fixture.client.get(kWww).status == 200);
}

TEST_CASE("a write whose answer is lost is counted, and applied only if so told") {
  using fault::Effect;
  const auto [mischief, is_reset, content] = GENERATE(table<fault::Mischief, bool, std::string>({
      {fault::Close{}, false, "192.0.2.10"},
      {fault::Close{Effect::applied}, false, "192.0.2.20"},
      {fault::Reset{}, true, "192.0.2.10"},
      {fault::Reset{Effect::applied}, true, "192.0.2.20"},
  }));
  Fixture fixture;
  fixture.cloudflare.arm({.method = "PATCH", .mischief = mischief});

  const RawReply reply = raw_exchange(fixture.cloudflare, raw_request("PATCH", kChange));

  CHECK(reply.bytes.empty());
  CHECK(reply.was_reset == is_reset);
  CHECK(fixture.content() == content);
  REQUIRE(fixture.cloudflare.writes().size() == 1);
  CHECK(fixture.cloudflare.writes()[0].status == 0);
  CHECK(fixture.cloudflare.writes()[0].body == kChange);
}

TEST_CASE("a kept connection can be closed in answer to its second request") {
  Fixture fixture;
  fixture.cloudflare.arm({.method = "PATCH", .mischief = fault::Close{}});

  const ApiReply read = fixture.client.get(kWww);
  const ApiReply write = fixture.client.send("PATCH", kWww, kChange);

  CHECK(read.status == 200);
  CHECK(write.status == 0);
  CHECK(fixture.cloudflare.connections() == 1);
  CHECK(fixture.cloudflare.writes().size() == 1);
}

TEST_CASE("a connection can go stale after an answer that promised to keep it") {
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = fault::CloseAfterAnswer{}});

  const RawReply reply = raw_exchange(fixture.cloudflare, raw_request("GET"));

  CHECK(reply.bytes.starts_with("HTTP/1.1 200"));
  CHECK(reply.bytes.find("Connection: close") == std::string::npos);
  CHECK_FALSE(reply.was_reset);
}

TEST_CASE("an answer can be late, with its effect before or after the wait") {
  Fixture fixture;
  const fault::Moment carried_out = GENERATE(fault::Moment::before, fault::Moment::after);
  fixture.cloudflare.arm({.method = "PATCH", .mischief = fault::Delay{60ms, carried_out}});

  std::string meanwhile;
  std::thread observer{[&] {
    fixture.cloudflare.await_writes(1);
    meanwhile = fixture.content();
  }};
  const auto time = duration_of([&] { fixture.client.send("PATCH", kWww, kChange); });
  observer.join();

  CHECK(time >= 60ms);
  CHECK(fixture.content() == "192.0.2.20");
  if (carried_out == fault::Moment::after) {
    CHECK(meanwhile == "192.0.2.10");
  }
}

TEST_CASE("a silent server stops at once") {
  const fault::Mischief silence =
      GENERATE(fault::Mischief{fault::Hang{}}, fault::Mischief{fault::Delay{1h}},
               fault::Mischief{fault::Pause{3, 1h}}, fault::Mischief{fault::Drip{1, 1h}});
  RawReply reply;
  std::thread client;

  const auto time = duration_of([&] {
    Fixture fixture;
    fixture.cloudflare.arm({.mischief = silence});
    client = std::thread{
        [&reply, &fixture] { reply = raw_exchange(fixture.cloudflare, raw_request("GET")); }};
    REQUIRE(fixture.cloudflare.await_requests(1));
  });
  client.join();

  CHECK(time < 5s);
}

TEST_CASE("an answer can be another than Cloudflare's") {
  const auto [answer, status, type, extra, value] =
      GENERATE(table<fault::Answer, int, std::string, std::string, std::string>({
          {fault::too_many_requests(), 429, "application/json", "Retry-After", ""},
          {fault::too_many_requests("7"), 429, "application/json", "Retry-After", "7"},
          {fault::too_many_requests("Wed, 21 Oct 2026 07:28:00 GMT"), 429, "application/json",
           "Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"},
          {fault::edge_page(502), 502, "text/html; charset=UTF-8", "Retry-After", ""},
          {fault::edge_problem(522), 522, "application/problem+json", "Retry-After", "120"},
          {fault::challenge(), 403, "text/html; charset=UTF-8", "cf-mitigated", "challenge"},
          {fault::redirect("http://127.0.0.9/"), 307, "application/json", "Location",
           "http://127.0.0.9/"},
          {fault::html(), 200, "text/html; charset=UTF-8", "Location", ""},
          {fault::empty_body(), 200, "application/json", "Location", ""},
      }));
  CAPTURE(status, type);
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = answer});

  const ApiReply reply = fixture.client.send("PATCH", kWww, kChange);

  CHECK(reply.status == status);
  CHECK(reply.body == answer.body);
  CHECK(reply.header("Content-Type") == type);
  CHECK(reply.header(extra) == value);
  CHECK(reply.header("cf-ray").size() == 20);
  CHECK(fixture.content() == "192.0.2.10");
  CHECK(fixture.cloudflare.writes()[0].status == status);
}

TEST_CASE("an answer that hides a success can be told to be one") {
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = fault::applied(fault::edge_page(504))});

  CHECK(fixture.client.send("PATCH", kWww, kChange).status == 504);

  CHECK(fixture.content() == "192.0.2.20");
}

TEST_CASE("bodies that a parser must survive") {
  Fixture fixture;

  fixture.cloudflare.arm({.mischief = fault::refusal(200, 971, "no")});
  const ApiReply failed = fixture.client.get(kWww);
  CHECK(failed.has("/success"));
  CHECK_FALSE(failed.is_true("/success"));

  fixture.cloudflare.arm({.mischief = fault::deeply_nested(100'000)});
  CHECK(fixture.client.get(kWww).body.size() > 200'000);

  fixture.cloudflare.arm({.mischief = fault::not_utf8()});
  CHECK(fixture.client.get(kWww).body.find("\xC3\x28") != std::string::npos);

  fixture.cloudflare.arm({.mischief = fault::pad(3 << 20)});
  const ApiReply gigantic = fixture.client.get(kWww);
  CHECK(gigantic.body.size() > 3 << 20);
  CHECK(gigantic.text("/result/id") == kWwwId);
}

TEST_CASE("a refusal's message may be anything and is told as it is") {
  const std::string message = "quoted \"x\", a \\ and \x1b[31m\n";
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = fault::refusal(400, 9005, message)});

  CHECK(fixture.client.get(kWww).text("/errors/0/message") == message);
}

TEST_CASE("an edge's problem document has its status, and no success") {
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = fault::edge_problem(522)});

  const ApiReply reply = fixture.client.get(kWww);

  CHECK(reply.number("/status") == 522);
  CHECK(reply.number("/retry_after") == 120);
  CHECK_FALSE(reply.has("/success"));
}

TEST_CASE("a PATCH can echo another content than was sent") {
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = fault::replace("192.0.2.20", "192.0.2.66")});

  CHECK(fixture.client.send("PATCH", kWww, kChange).text("/result/content") == "192.0.2.66");

  CHECK(fixture.content() == "192.0.2.20");
}

TEST_CASE("an answer can be cut short of what its head promises") {
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = fault::Cut{.after = 25}});

  const RawReply reply = raw_exchange(fixture.cloudflare, raw_request("GET"));

  CHECK(raw_body(reply).size() == 25);
  CHECK(raw_body(reply).starts_with("{\"result\":"));
  CHECK_FALSE(reply.was_reset);
}

TEST_CASE("an answer can be cut within its head") {
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = fault::Cut{.after = 5, .of = fault::Part::answer}});

  CHECK(raw_exchange(fixture.cloudflare, raw_request("GET")).bytes == "HTTP/");
}

TEST_CASE("an answer can be cut by a reset") {
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = fault::Cut{.after = 25, .ending = fault::Ending::reset}});

  CHECK(raw_exchange(fixture.cloudflare, raw_request("GET")).was_reset);
}

TEST_CASE("a body can come in chunks") {
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = fault::Chunked{.piece = 7}});

  const ApiReply reply = fixture.client.get(kWww);

  CHECK(reply.header("Transfer-Encoding") == "chunked");
  CHECK(reply.header("Content-Length").empty());
  CHECK(reply.text("/result/content") == "192.0.2.10");
  CHECK(fixture.client.get(kWww).status == 200);
  CHECK(fixture.cloudflare.connections() == 1);
}

TEST_CASE("chunks can be bad") {
  const auto [flaw, ending] = GENERATE(table<fault::Flaw, std::string>({
      {fault::Flaw::bad_size, "not-a-size\r\n"},
      {fault::Flaw::no_end, "}\r\n"},
  }));
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = fault::Chunked{.piece = 50, .flaw = flaw}});

  const RawReply reply = raw_exchange(fixture.cloudflare, raw_request("GET"));

  CHECK(reply.bytes.ends_with(ending));
  CHECK(raw_body(reply).starts_with("32\r\n{\"result\":"));
}

TEST_CASE("a body can pause and can drip, and is whole in the end") {
  const auto [mischief, least] = GENERATE(table<fault::Mischief, std::chrono::milliseconds>({
      {fault::Pause{20, 40ms}, 40ms},
      {fault::Drip{100, 5ms}, 15ms},
  }));
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = mischief});
  ApiReply reply;

  const auto time = duration_of([&] { reply = fixture.client.get(kWww); });

  CHECK(time >= least);
  CHECK(reply.text("/result/content") == "192.0.2.10");
}

TEST_CASE("a body can be endless, until the client has enough") {
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = fault::Endless{}});
  std::thread reader{[&] { raw_exchange(fixture.cloudflare, closing_request(), 4 << 20); }};

  REQUIRE(fixture.cloudflare.await_requests(1));
  reader.join();

  CHECK(fixture.client.get(kWww).status == 200);
}

TEST_CASE("somebody else can act right before or after a request is carried out") {
  Fixture fixture;
  LoopbackCloudflare& cloudflare = fixture.cloudflare;
  const auto somebody = [&](fault::Moment moment) {
    cloudflare.arm(
        {.mischief = fault::Meanwhile{
             moment, [&] { cloudflare.edit("www.example.com", "A", {.content = "192.0.2.77"}); }}});
  };

  SECTION("before a read: it sees the change") {
    somebody(fault::Moment::before);
    CHECK(fixture.client.get(kWww).text("/result/content") == "192.0.2.77");
  }
  SECTION("after a read: it does not") {
    somebody(fault::Moment::after);
    CHECK(fixture.client.get(kWww).text("/result/content") == "192.0.2.10");
    CHECK(fixture.content() == "192.0.2.77");
  }
  SECTION("before a write: it is overwritten") {
    somebody(fault::Moment::before);
    fixture.client.send("PATCH", kWww, kChange);
    CHECK(fixture.content() == "192.0.2.20");
  }
  SECTION("after a write: it overwrites") {
    somebody(fault::Moment::after);
    CHECK(fixture.client.send("PATCH", kWww, kChange).text("/result/content") == "192.0.2.20");
    CHECK(fixture.content() == "192.0.2.77");
  }
}

TEST_CASE("several faults befall one request together") {
  Fixture fixture;
  fixture.cloudflare.arm({.mischief = fault::Delay{20ms}});
  fixture.cloudflare.arm({.mischief = fault::replace("192.0.2.10", "192.0.2.11")});
  fixture.cloudflare.arm({.mischief = fault::Chunked{}});
  ApiReply reply;

  const auto time = duration_of([&] { reply = fixture.client.get(kWww); });

  CHECK(time >= 20ms);
  CHECK(reply.text("/result/content") == "192.0.2.11");
  CHECK(reply.header("Transfer-Encoding") == "chunked");
}

TEST_CASE("it speaks TLS, and misbehaves there as well") {
  const Certificate certificate = test_ca().valid("127.0.1.1");
  Fixture fixture{{.cert = certificate.cert, .key = certificate.key}};

  CHECK(fixture.cloudflare.base_url().starts_with("https://127.0.1.1:"));
  CHECK(fixture.client.get(kWww).text("/result/content") == "192.0.2.10");

  fixture.cloudflare.arm({.mischief = fault::Reset{fault::Effect::applied}});
  CHECK(fixture.client.send("PATCH", kWww, kChange).status == 0);
  CHECK(fixture.content() == "192.0.2.20");
  CHECK(fixture.cloudflare.writes().size() == 1);
}

TEST_CASE("a bad certificate is told at the start") {
  CHECK_THROWS(LoopbackCloudflare{{.cert = "/dev/null", .key = "/dev/null"}});
}

TEST_CASE("a script can arm every fault by its name") {
  const std::string json = GENERATE(
      as<std::string>{}, R"({"fault":"delay","ms":1,"carried_out":"after"})", R"({"fault":"hang"})",
      R"({"fault":"close","effect":"applied"})", R"({"fault":"reset"})",
      R"({"fault":"close-after-answer"})", R"({"fault":"endless"})",
      R"({"fault":"answer","status":500,"headers":{"X-A":"b"},"body":"x"})",
      R"({"fault":"cut","after":5,"of":"answer","ending":"reset"})", R"({"fault":"pause","ms":1})",
      R"({"fault":"drip","ms":1})", R"({"fault":"chunked","flaw":"bad_size"})",
      R"({"fault":"replace","from":"a","to":"b"})", R"({"fault":"pad","bytes":5})",
      R"({"fault":"too-many-requests","retry_after":"3"})",
      R"({"fault":"refusal","status":400,"code":9005,"message":"m"})",
      R"({"fault":"edge-page","status":520})", R"({"fault":"edge-problem","status":520})",
      R"({"fault":"challenge"})", R"({"fault":"redirect","location":"http://127.0.0.9/"})",
      R"({"fault":"html"})", R"({"fault":"empty-body"})", R"({"fault":"deeply-nested"})",
      R"({"fault":"not-utf8"})");
  CAPTURE(json);
  Fixture fixture;

  CHECK(fixture.client.send_outside("POST", "/control/fault", json).status == 200);
}

TEST_CASE("a script can have somebody else act beside a request") {
  Fixture fixture;

  fixture.client.send_outside("POST", "/control/fault", R"({"fault":"meanwhile","method":"GET",
      "moment":"before","record":{"name":"www.example.com","content":"192.0.2.77"}})");

  CHECK(fixture.client.get(kWww).text("/result/content") == "192.0.2.77");
}

TEST_CASE("a request that does not say how long it is in one way is refused") {
  Fixture fixture;

  const RawReply reply = raw_exchange(fixture.cloudflare,
                                      "PATCH /client/v4/zones HTTP/1.1\r\nContent-Length: "
                                      "2\r\nTransfer-Encoding: chunked\r\n\r\n{}");

  CHECK(reply.bytes.starts_with("HTTP/1.1 400 "));
  CHECK(fixture.cloudflare.requests().empty());
}
