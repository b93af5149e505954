// What the built program makes of each way in which an origin can answer or fail to, and what it
// asks of it. Addresses that behave differently are the backups of one run, which probes them all
// at the same time.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/lab.h"
#include "support/report_line_json.h"

namespace {

using namespace std::chrono_literals;
using behaviour::Answer;
using behaviour::Close;
using behaviour::CutHandshake;
using behaviour::Drip;
using behaviour::Endless;
using behaviour::Hang;
using behaviour::NeverConnect;
using behaviour::Part;
using behaviour::Raw;
using behaviour::Refuse;
using behaviour::Reset;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using Options = std::vector<std::string>;

constexpr const char* kHost = "www.example.com";
constexpr const char* kAccessible = "";

// Linux will not route TCP to a broadcast address: ENETUNREACH, with nothing sent anywhere.
constexpr const char* kNoRoute = "127.255.255.255";

/// An origin that behaves in some way, and the reason that the program is to give for it.
struct Exhibit {
  std::string what;
  Behaviour behaviour;
  std::string reason;  ///< or kAccessible
  std::optional<Certificate> certificate = {};
};

Options operator+(Options left, const Options& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// A run over a lab and, as further backups, any number of origins on the same port. MAIN is
/// accessible and holds the record, so that the run changes nothing.
class Gallery {
 public:
  explicit Gallery(Lab::Origins kind = Lab::Origins::plain) : kind_(kind), lab(kind) {}

  /// The new origin's address.
  std::string hang_up(const Behaviour& behaviour, std::optional<Certificate> certificate = {}) {
    if (kind_ == Lab::Origins::tls && !certificate) {
      certificate = test_ca().valid(kHost);
    }
    const std::string address = "127.0.5." + std::to_string(origins_.size() + 1);
    origins_.push_back(std::make_unique<LoopbackOrigin>(
        Listen{.address = address, .port = lab.main.port(), .certificate = certificate},
        behaviour));
    return address;
  }

  ProcessSpec command(const Options& more) const {
    Options options{"--json"};
    for (const auto& origin : origins_) {
      options = options + Options{"--backup", origin->address()};
    }
    return lab.command(options + more);
  }

  ReportLine visit(const Options& more) const { return parse_report_line(run(command(more)).out); }

  LoopbackOrigin& at(std::size_t index) const { return *origins_.at(index); }

 private:
  Lab::Origins kind_;
  std::vector<std::unique_ptr<LoopbackOrigin>> origins_;

 public:
  Lab lab;
};

const Options kOnce{"--attempts", "1"};
/// For those that keep silent; the others need but a moment.
const Options kShort{"--attempts", "1", "--timeout", "900ms", "--connect-timeout", "600ms"};

void check_exhibits(Lab::Origins kind, const std::vector<Exhibit>& exhibits, const Options& more) {
  Gallery gallery(kind);
  std::vector<std::string> addresses;
  for (const Exhibit& exhibit : exhibits) {
    addresses.push_back(gallery.hang_up(exhibit.behaviour, exhibit.certificate));
  }

  const ReportLine report = gallery.visit(more);

  CHECK(report.exit == 0);
  CHECK(report.steps == std::vector{1, 2, 3});
  for (std::size_t i = 0; i < exhibits.size(); ++i) {
    CAPTURE(exhibits[i].what);
    const ProbeLine& probe = report.probe(addresses[i]);
    CHECK(probe.reason.value_or(kAccessible) == exhibits[i].reason);
    CHECK(probe.result == (exhibits[i].reason == kAccessible ? "accessible" : "inaccessible"));
    CHECK(probe.attempts == 1);
  }
}

Raw raw(std::string bytes, Ending then = Ending::close) {
  return Raw{std::move(bytes), then};
}

/// What follows the option on the command line.
std::string& value_of(ProcessSpec& command, const std::string& option) {
  return *(std::find(command.argv.begin(), command.argv.end(), option) + 1);
}

}  // namespace

// --- Answers
// --------------------------------------------------------------------------------------

TEST_CASE("An answer with a good status is all it takes", "[cli]") {
  check_exhibits(
      Lab::Origins::plain,
      {
          {"200", Answer{}, kAccessible},
          {"204", behaviour::status(204), kAccessible},
          {"301", behaviour::redirect("http://127.0.9.9:9/"), kAccessible},
          {"304", behaviour::status(304), kAccessible},
          {"399", behaviour::status(399), kAccessible},
          {"400", behaviour::status(400), "status 400"},
          {"404", behaviour::status(404, "not found"), "status 404"},
          {"503", behaviour::status(503), "status 503"},
          {"599", behaviour::status(599), "status 599"},
          {"HTTP/1.0", raw("HTTP/1.0 200 OK\r\n\r\nok"), kAccessible},
          {"no reason phrase", raw("HTTP/1.1 200\r\n\r\nok"), kAccessible},
          {"chunks", behaviour::chunked({"o", "k"}), kAccessible},
          {"early hints", Answer{.interim = {103, 103}}, kAccessible},
          {"early hints, then 503", Answer{.status = 503, .interim = {103}}, "status 503"},
          {"a kept connection", Answer{.keep_alive = true}, kAccessible},
      },
      kOnce);
}

TEST_CASE("A redirect is an answer and is not followed", "[cli]") {
  LoopbackOrigin elsewhere({.address = "127.0.9.9"});
  Lab lab;
  lab.main.behave(behaviour::redirect(elsewhere.url()));

  CHECK(lab.run(kOnce).status == 0);
  CHECK(parse_report_line(lab.run(kOnce + Options{"--expect-status", "200", "--json", "-n"}).out)
            .probe(Lab::kMain)
            .reason == "status 301");
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("Which statuses are good can be told", "[cli]") {
  check_exhibits(Lab::Origins::plain,
                 {
                     {"200", Answer{}, kAccessible},
                     {"204", behaviour::status(204), "status 204"},
                     {"301", behaviour::redirect("/"), "status 301"},
                     {"401", behaviour::status(401), kAccessible},
                     {"502", behaviour::status(502), kAccessible},
                     {"504", behaviour::status(504), "status 504"},
                 },
                 kOnce + Options{"--expect-status", "200, 401,500-503"});
}

TEST_CASE("Without an expected body the probe is over with the head", "[cli]") {
  Gallery gallery;
  const std::vector<std::string> addresses{
      gallery.hang_up(Endless{Part::body}),
      gallery.hang_up(Endless{Part::chunks}),
      gallery.hang_up(Hang{Stage::head_sent}),
      gallery.hang_up(Hang{Stage::in_body}),
      gallery.hang_up(behaviour::invalid_chunks()),
      gallery.hang_up(behaviour::short_body()),
      gallery.hang_up(Drip{.interval = 1h, .from = Stage::head_sent}),
  };

  const ReportLine report = gallery.visit(kOnce + Options{"--timeout", "30s"});

  for (const std::string& address : addresses) {
    CAPTURE(address);
    CHECK(report.probe(address).result == "accessible");
  }
  CHECK(report.elapsed_ms < 15000);
}

TEST_CASE("An expected body is looked for in the first mebibyte", "[cli]") {
  constexpr std::size_t kMebibyte = 1024 * 1024;
  const std::string filler(kMebibyte - 2, 'x');
  check_exhibits(
      Lab::Origins::plain,
      {
          {"it", Answer{}, kAccessible},
          {"it and more", Answer{.body = "this is ok, really"}, kAccessible},
          {"not it", Answer{.body = "OK"}, "body lacks \"ok\""},
          {"nothing", Answer{.body = ""}, "body lacks \"ok\""},
          {"204", behaviour::status(204), "body lacks \"ok\""},
          {"no length", raw("HTTP/1.1 200 OK\r\n\r\nok"), kAccessible},
          {"chunks", behaviour::chunked({"o", "k"}), kAccessible},
          {"drops", Drip{.interval = 1ms, .from = Stage::head_sent, .answer = {.body = "xoxok"}},
           kAccessible},
          {"at the very end", Answer{.body = filler + "ok"}, kAccessible},
          {"astride the end", Answer{.body = filler + "xok"}, "body lacks \"ok\""},
          {"beyond the end", Answer{.body = filler + "xxok"}, "body lacks \"ok\""},
          {"an endless body", Endless{Part::body}, "body lacks \"ok\""},
          {"endless chunks", Endless{Part::chunks}, "body lacks \"ok\""},
          {"it, and then nothing", raw("HTTP/1.1 200 OK\r\n\r\nok", Ending::hang), kAccessible},
          {"it in an error", behaviour::status(500, "ok"), "status 500"},
          {"an error without end", raw("HTTP/1.1 500 No\r\n\r\n", Ending::hang), "status 500"},
      },
      kOnce + Options{"--expect-body", "ok", "--timeout", "30s"});
}

TEST_CASE("A body larger than allowed is too large", "[cli]") {
  check_exhibits(Lab::Origins::plain,
                 {
                     {"smaller", Answer{.body = "ok"}, kAccessible},
                     {"just as large", Answer{.body = "ok..."}, kAccessible},
                     {"a byte larger", Answer{.body = "ok...."}, "too large"},
                     {"endless", Endless{Part::body}, "too large"},
                     {"endless chunks", Endless{Part::chunks}, "too large"},
                     {"a large error", behaviour::status(500, "a large error"), "status 500"},
                 },
                 kOnce + Options{"--max-body", "5"});
}

TEST_CASE("With both, the body must contain the text and be no larger", "[cli]") {
  check_exhibits(
      Lab::Origins::plain,
      {
          {"both", Answer{.body = ".ok"}, kAccessible},
          {"too large although it is there", Answer{.body = "ok, and more"}, "too large"},
          {"small without it", Answer{.body = "no"}, "body lacks \"ok\""},
      },
      kOnce + Options{"--max-body", "5", "--expect-body", "ok"});
}

TEST_CASE("An answer that breaks off inside its body is no answer", "[cli]") {
  check_exhibits(
      Lab::Origins::plain,
      {
          {"closed", Close{Stage::in_body}, "reset"},
          {"reset", Reset{Stage::in_body}, "reset"},
          {"closed before it", Close{Stage::head_sent}, "reset"},
          {"reset before it", Reset{Stage::head_sent}, "reset"},
          {"short", raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nno"), "reset"},
          {"short and reset", raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nno", Ending::reset),
           "reset"},
          {"no last chunk", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n"),
           "reset"},
          {"a chunk whose size is none", behaviour::invalid_chunks(), "not http"},
      },
      kOnce + Options{"--expect-body", "ok"});
}

// --- No answer
// ------------------------------------------------------------------------------------

TEST_CASE("A connection that ends before the head is complete is reset", "[cli]") {
  check_exhibits(Lab::Origins::plain,
                 {
                     {"refused", Refuse{}, "refused"},
                     {"closed at once", Close{Stage::accepted}, "reset"},
                     {"reset at once", Reset{Stage::accepted}, "reset"},
                     {"closed when asked", Close{Stage::request_read}, "reset"},
                     {"reset when asked", Reset{Stage::request_read}, "reset"},
                     {"closed in the head", Close{Stage::in_head}, "reset"},
                     {"reset in the head", Reset{Stage::in_head}, "reset"},
                     {"closed after hints", raw("HTTP/1.1 103 Early Hints\r\n\r\n"), "reset"},
                     {"closed in the first line", raw("HTTP/1."), "reset"},
                 },
                 kOnce);
}

TEST_CASE("What is not HTTP is called so", "[cli]") {
  check_exhibits(Lab::Origins::plain,
                 {
                     {"HTTP/0.9", behaviour::http09(), "not http"},
                     {"another protocol", behaviour::not_http(), "not http"},
                     {"a status that is none", raw("HTTP/1.1 abc OK\r\n\r\n"), "not http"},
                     {"another name", raw("ICY 200 OK\r\n\r\n"), "not http"},
                     {"binary", raw(std::string(3000, '\0')), "not http"},
                     {"hints without end", Endless{Part::interim_heads}, "not http"},
                     {"a flood of headers", Endless{Part::headers}, "not http"},
                     {"a header without end", Endless{Part::header_line}, "not http"},
                 },
                 kOnce + Options{"--timeout", "30s"});
}

TEST_CASE("Silence is a time-out, of the connection or of the answer", "[cli]") {
  check_exhibits(Lab::Origins::plain,
                 {
                     {"no connection", NeverConnect{}, "timeout connecting"},
                     {"nothing after it", Hang{Stage::accepted}, "timeout reading"},
                     {"nothing when asked", Hang{Stage::request_read}, "timeout reading"},
                     {"half a head", Hang{Stage::in_head}, "timeout reading"},
                     {"no body", Hang{Stage::head_sent}, "timeout reading"},
                     {"half a body", Hang{Stage::in_body}, "timeout reading"},
                     {"a head in drops", Drip{.interval = 100ms}, "timeout reading"},
                     {"a late answer", Answer{.delay = 1h}, "timeout reading"},
                 },
                 kShort + Options{"--expect-body", "ok"});
}

TEST_CASE("A connection may take half of the time unless told otherwise", "[cli]") {
  Lab lab;
  lab.main.behave(NeverConnect{});
  lab.backup.behave(Hang{});

  const ReportLine report =
      parse_report_line(lab.run({"--json", "--attempts", "1", "--timeout", "1s"}).out);

  CHECK(report.probe(Lab::kMain).reason == "timeout connecting");
  CHECK(report.probe(Lab::kMain).ms >= 490);
  CHECK(report.probe(Lab::kMain).ms < report.probe(Lab::kBackup).ms);
  CHECK(report.probe(Lab::kBackup).reason == "timeout reading");
  CHECK(report.probe(Lab::kBackup).ms >= 990);
}

TEST_CASE("A sentence tells how long it waited", "[cli]") {
  Lab lab;
  lab.main.behave(NeverConnect{});

  const ProcessResult result =
      lab.run({"--attempts", "1", "--timeout", "5s", "--connect-timeout", "1100ms"});

  CHECK(result.status == 0);
  CHECK(result.out ==
        "www.example.com A: failover 127.0.2.1 -> 127.0.3.1 (127.0.2.1: timeout connecting after "
        "1.1 s)\n");
}

TEST_CASE("tcp wants a connection and nothing more", "[cli]") {
  Gallery gallery;
  const std::vector<std::pair<Behaviour, std::string>> doors{
      {Answer{}, kAccessible},
      {Hang{Stage::accepted}, kAccessible},
      {Close{Stage::accepted}, kAccessible},
      {Refuse{}, "refused"},
      {NeverConnect{}, "timeout connecting"},
  };
  std::vector<std::string> addresses;
  for (const auto& [behaviour, reason] : doors) {
    addresses.push_back(gallery.hang_up(behaviour));
  }
  ProcessSpec command = gallery.command(kShort);
  value_of(command, "--probe") = "tcp:" + std::to_string(gallery.lab.main.port());

  const ReportLine report = parse_report_line(run(command).out);

  for (std::size_t i = 0; i < doors.size(); ++i) {
    CAPTURE(i);
    CHECK(report.probe(addresses[i]).reason.value_or(kAccessible) == doors[i].second);
  }
  CHECK(gallery.lab.main.requests().empty());
}

// --- TLS
// ------------------------------------------------------------------------------------------

TEST_CASE("A bad certificate is told in the verifier's words", "[cli]") {
  TestCa& ca = test_ca();
  check_exhibits(
      Lab::Origins::tls,
      {
          {"good", Answer{}, kAccessible},
          {"of any name", Answer{}, kAccessible, ca.valid("*.example.com")},
          {"another name", Answer{},
           "certificate: no alternative certificate subject name matches target host name "
           "'www.example.com'",
           ca.valid("www.example.org")},
          {"the address's name", Answer{},
           "certificate: no alternative certificate subject name matches target host name "
           "'www.example.com'",
           ca.valid("127.0.5.4")},
          {"expired", Answer{}, "certificate: certificate has expired", ca.expired(kHost)},
          {"of the future", Answer{}, "certificate: certificate is not yet valid",
           ca.not_yet_valid(kHost)},
          {"self-signed", Answer{}, "certificate: self-signed certificate", ca.self_signed(kHost)},
          {"of an authority that nobody knows", Answer{},
           "certificate: unable to get local issuer certificate", ca.by_unknown_ca(kHost)},
      },
      kOnce);
}

TEST_CASE("Any certificate will do if told so, but TLS it must be", "[cli]") {
  TestCa& ca = test_ca();
  Gallery gallery(Lab::Origins::tls);
  const std::vector<std::string> addresses{
      gallery.hang_up(Answer{}, ca.valid("www.example.org")),
      gallery.hang_up(Answer{}, ca.expired(kHost)),
      gallery.hang_up(Answer{}, ca.self_signed(kHost)),
      gallery.hang_up(Answer{}, ca.by_unknown_ca(kHost)),
  };
  LoopbackOrigin plain({.address = Lab::kOther, .port = gallery.lab.main.port()});

  const ReportLine report =
      gallery.visit(kOnce + Options{"--insecure", "--backup", plain.address()});

  for (const std::string& address : addresses) {
    CAPTURE(address);
    CHECK(report.probe(address).result == "accessible");
  }
  CHECK_THAT(report.probe(plain.address()).reason.value_or(""), StartsWith("tls: "));
}

TEST_CASE("A TLS handshake that fails is told from a certificate that is bad", "[cli]") {
  check_exhibits(Lab::Origins::tls,
                 {
                     {"no hello", CutHandshake{0, Ending::hang}, "timeout connecting"},
                     {"half a hello", CutHandshake{60, Ending::hang}, "timeout connecting"},
                     {"half a flight", CutHandshake{400, Ending::hang}, "timeout connecting"},
                     {"reset", CutHandshake{0, Ending::reset}, "reset"},
                     {"reset in the hello", CutHandshake{60, Ending::reset}, "reset"},
                     {"reset in the flight", CutHandshake{400, Ending::reset}, "reset"},
                     {"closed", CutHandshake{0, Ending::close}, "reset"},
                     {"closed in the hello", CutHandshake{60, Ending::close}, "reset"},
                     {"closed in the flight", CutHandshake{400, Ending::close}, "reset"},
                     {"never accepted", Hang{Stage::accepted}, "timeout connecting"},
                     {"closed at once", Close{Stage::accepted}, "reset"},
                     {"reset at once", Reset{Stage::accepted}, "reset"},
                 },
                 kShort);
}

TEST_CASE("Inside TLS the reasons are those of plain HTTP", "[cli]") {
  check_exhibits(Lab::Origins::tls,
                 {
                     {"refused", Refuse{}, "refused"},
                     {"no connection", NeverConnect{}, "timeout connecting"},
                     {"503", behaviour::status(503), "status 503"},
                     {"nothing when asked", Hang{Stage::request_read}, "timeout reading"},
                     {"half a body", Hang{Stage::in_body}, "timeout reading"},
                     {"closed when asked", Close{Stage::request_read}, "reset"},
                     {"reset when asked", Reset{Stage::request_read}, "reset"},
                     {"closed in the head", Close{Stage::in_head}, "reset"},
                     {"reset in the head", Reset{Stage::in_head}, "reset"},
                     {"closed before the body", Close{Stage::head_sent}, "reset"},
                     {"closed in the body", Close{Stage::in_body}, "reset"},
                     {"reset in the body", Reset{Stage::in_body}, "reset"},
                     {"HTTP/0.9", behaviour::http09(), "not http"},
                     {"another protocol", behaviour::not_http(), "not http"},
                     {"bad chunks", behaviour::invalid_chunks(), "not http"},
                 },
                 kShort + Options{"--expect-body", "ok"});
}

TEST_CASE("A certificate is verified against the file given and nothing else", "[cli]") {
  Lab lab(Lab::Origins::tls);
  const TestCa other;
  ProcessSpec command = lab.command(kOnce);
  command.environment["SSL_CERT_FILE"] = test_ca().ca_file();
  value_of(command, "--ca-file") = other.ca_file();

  const ProcessResult result = run(command);

  CHECK(result.status == 1);
  CHECK(result.err ==
        "cf-failover: error: www.example.com A: cannot fail over: 127.0.2.1 certificate: "
        "unable to get local issuer certificate, 127.0.3.1 certificate: "
        "unable to get local issuer certificate\n");
}

TEST_CASE("A missing file of authorities is refused before anything is contacted", "[cli]") {
  Lab lab(Lab::Origins::tls);
  ProcessSpec command = lab.command();
  value_of(command, "--ca-file") = "/nonexistent/ca.pem";

  const ProcessResult result = run(command);

  CHECK(result.status == 2);
  CHECK(
      result.err ==
      "cf-failover: error: cannot use the CA file /nonexistent/ca.pem: No such file or directory\n"
      "cf-failover: hint: it holds certificates in PEM form, as openssl writes them\n");
  CHECK(lab.cloudflare.connections() == 0);
  CHECK(lab.main.connections() == 0);
}

// --- What the origin sees
// --------------------------------------------------------------------------

TEST_CASE("An origin is dialled by address and asked by name", "[cli]") {
  Lab lab(Lab::Origins::tls);

  CHECK(lab.run().status == 0);

  const std::string port = std::to_string(lab.main.port());
  for (const LoopbackOrigin* origin : {&lab.main, &lab.backup}) {
    const auto requests = origin->requests();
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].method == "GET");
    CHECK(requests[0].path == "/");
    CHECK(requests[0].host() == "www.example.com:" + port);
    CHECK(requests[0].sni == kHost);
    CHECK_THAT(requests[0].header("User-Agent").value_or(""), StartsWith("cf-failover/"));
    CHECK(requests[0].header("Accept") == "*/*");
    CHECK(requests[0].body.empty());
  }
}

TEST_CASE("No secret reaches an origin", "[cli]") {
  Lab lab;

  CHECK(lab.run().status == 0);

  REQUIRE(lab.main.requests().size() == 1);
  CHECK_THAT(lab.main.requests()[0].head, !ContainsSubstring(Lab::kToken));
  CHECK_FALSE(lab.main.requests()[0].header("Authorization"));
}

TEST_CASE("Path, method and headers of the request are the user's", "[cli]") {
  Lab lab;
  ProcessSpec command =
      lab.command({"--method", "POST", "--header", "X-Probe: a, b", "--header",
                   "x-empty:", "--header", "User-Agent: mine", "--header", "Accept: text/plain"});
  value_of(command, "--probe") += "healthz/../a%20b?x=1&y";

  CHECK(run(command).status == 0);

  REQUIRE(lab.main.requests().size() == 1);
  const SeenRequest request = lab.main.requests()[0];
  CHECK(request.method == "POST");
  CHECK(request.path == "/healthz/../a%20b?x=1&y");
  CHECK(request.header("X-Probe") == "a, b");
  CHECK(request.header("X-Empty") == "");
  CHECK(request.header("User-Agent") == "mine");
  CHECK(request.header("Accept") == "text/plain");
}

TEST_CASE("HEAD is a request without a body in its answer", "[cli]") {
  Lab lab;
  lab.main.behave(Answer{.body = "larger than allowed", .keep_alive = true});

  const ProcessResult result = lab.run({"--method", "HEAD", "--max-body", "3"});

  CHECK(result.status == 0);
  REQUIRE(lab.main.requests().size() == 1);
  CHECK(lab.main.requests()[0].method == "HEAD");
}

TEST_CASE("Probes ignore whatever proxy the environment names", "[cli]") {
  LoopbackOrigin proxy({.address = "127.0.6.1"});
  Lab lab(GENERATE(Lab::Origins::plain, Lab::Origins::tls));
  ProcessSpec command = lab.command();
  for (const std::string name :
       {"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}) {
    command.environment[name] = proxy.url();
  }
  command.environment["NO_PROXY"] = lab.cloudflare.address();

  CHECK(run(command).status == 0);

  CHECK(proxy.connections() == 0);
  CHECK(lab.main.requests().size() == 1);
  CHECK(lab.backup.requests().size() == 1);
}

TEST_CASE("No connection and no TLS session is used twice", "[cli]") {
  Lab lab(Lab::Origins::tls);
  lab.main.behave(Answer{.status = 503, .keep_alive = true});
  lab.backup.behave(Answer{.keep_alive = true});

  CHECK(lab.run({"--attempts", "3", "--retry-delay", "0s"}).status == 0);

  CHECK(lab.main.connections() == 3);
  CHECK(lab.backup.connections() == 1);
  for (const SeenHello& hello : lab.main.hellos()) {
    CHECK(hello.sni == kHost);
    CHECK_FALSE(hello.offers_session);
  }
}

TEST_CASE("An IPv6 origin is probed like any other", "[cli]") {
  LoopbackOrigin origin({.address = "::1", .certificate = test_ca().valid(kHost)});
  Lab lab;
  lab.cloudflare.add_record({.name = kHost, .type = "AAAA", .content = "::1"});
  const std::string port = std::to_string(origin.port());

  const ProcessResult result = run(
      {.argv = {built("cf-failover"), "--json", "-n", "--record", kHost, "--main", "::1",
                "--backup", "::ffff:127.0.3.1", "--probe", "https://www.example.com:" + port + "/",
                "--ca-file", test_ca().ca_file(), "--attempts", "1"},
       .environment = lab.environment()});

  CHECK(result.status == 0);
  const ReportLine report = parse_report_line(result.out);
  CHECK(report.type == "AAAA");
  CHECK(report.probe("::1").result == "accessible");
  CHECK(report.probe("::ffff:127.0.3.1").reason == "refused");
  REQUIRE(origin.requests().size() == 1);
  CHECK(origin.requests()[0].host() == "www.example.com:" + port);
  CHECK(origin.requests()[0].sni == kHost);
}

// --- Attempts
// -------------------------------------------------------------------------------------

TEST_CASE("One success makes an address accessible", "[cli]") {
  Lab lab;
  lab.main.behave_in_turn({Reset{}, behaviour::status(503), Answer{}});

  const ReportLine report =
      parse_report_line(lab.run({"--json", "--attempts", "5", "--retry-delay", "10ms"}).out);

  CHECK(report.exit == 0);
  CHECK(report.probe(Lab::kMain).result == "accessible");
  CHECK_FALSE(report.probe(Lab::kMain).reason);
  CHECK(report.probe(Lab::kMain).attempts == 3);
  CHECK(lab.main.connections() == 3);
  CHECK(lab.backup.connections() == 1);
}

TEST_CASE("After the last attempt its reason counts", "[cli]") {
  Lab lab;
  lab.main.behave_in_turn({Reset{}, behaviour::status(503), behaviour::status(500), Answer{}});

  const ReportLine report =
      parse_report_line(lab.run({"--json", "--attempts", "3", "--retry-delay", "10ms"}).out);

  CHECK(report.action == "failover");
  CHECK(report.probe(Lab::kMain).reason == "status 500");
  CHECK(report.probe(Lab::kMain).attempts == 3);
  CHECK(lab.main.connections() == 3);
}

TEST_CASE("There are two attempts, a second apart, unless told otherwise", "[cli]") {
  Lab lab;
  lab.main.behave(behaviour::status(503));

  const ReportLine report = parse_report_line(lab.run({"--json", "-n"}).out);

  CHECK(report.probe(Lab::kMain).attempts == 2);
  CHECK(report.probe(Lab::kMain).ms >= 1000);
  CHECK(lab.main.requests().size() == 2);
}

TEST_CASE("Attempts are as far apart as told", "[cli]") {
  Lab lab;
  lab.main.behave(behaviour::status(503));

  const ReportLine report =
      parse_report_line(lab.run({"--json", "--attempts", "3", "--retry-delay", "100ms"}).out);

  CHECK(report.probe(Lab::kMain).ms >= 200);
  CHECK(report.elapsed_ms >= 200);
}

// --- Ignorance
// ------------------------------------------------------------------------------------

TEST_CASE("Without a route nothing is known and nothing is written", "[cli]") {
  Lab lab;
  lab.main.behave(Refuse{});
  lab.backup.behave(Refuse{});
  ProcessSpec command = lab.command({"--attempts", "1", "--backup", kNoRoute});

  SECTION("of the origin") {
    lab.point_to(kNoRoute);
  }
  SECTION("of a candidate that is needed") {}

  const ProcessResult result = run(command);

  CHECK(result.status == 4);
  CHECK(result.out.empty());
  CHECK(result.err ==
        "cf-failover: error: www.example.com A: cannot judge 127.255.255.255: this host: Network "
        "is unreachable\n"
        "cf-failover: hint: the fault is on this host, not at 127.255.255.255\n");
  CHECK(lab.cloudflare.writes().empty());
}

TEST_CASE("What is not needed may be unknown", "[cli]") {
  Lab lab;
  lab.main.behave(Refuse{});

  const ReportLine report =
      parse_report_line(lab.run({"--json", "--attempts", "1", "--backup", kNoRoute}).out);

  CHECK(report.exit == 0);
  CHECK(report.to == Lab::kBackup);
  CHECK(report.probe(kNoRoute).result == "unknown");
  CHECK(report.probe(kNoRoute).reason == "this host: Network is unreachable");
}

TEST_CASE("An unknown candidate ends the search though a later one is accessible", "[cli]") {
  Lab lab;
  lab.main.behave(Refuse{});
  ProcessSpec command = lab.command({"--json", "--attempts", "1"});
  // The list of backups begins with the one of which nothing is known.
  const auto first = std::find(command.argv.begin(), command.argv.end(), "--backup");
  command.argv.insert(first, {"--backup", kNoRoute});

  const ProcessResult result = run(command);

  CHECK(result.status == 4);
  CHECK(parse_report_line(result.out).steps == std::vector{1, 2, 6, 7});
  CHECK(lab.content() == Lab::kMain);
}

TEST_CASE("Where MAIN is unknown a run on BACKUP changes nothing", "[cli]") {
  Lab lab;
  lab.point_to(Lab::kBackup);
  ProcessSpec command = lab.command({"--json", "--attempts", "1"});
  value_of(command, "--main") = kNoRoute;

  const ProcessResult result = run(command);

  CHECK(result.status == 4);
  const ReportLine report = parse_report_line(result.out);
  CHECK(report.steps == std::vector{1, 2, 3, 4});
  CHECK(report.role == "backup");
  CHECK(lab.content() == Lab::kBackup);
}

#ifndef __SANITIZE_ADDRESS__  // UBSan looks at memory through a pipe, which takes two descriptors.
TEST_CASE("A run that is short of descriptors blames itself and changes nothing", "[cli]") {
  bool was_ever_short = false;
  for (int limit = 6; limit <= 10; ++limit) {
    CAPTURE(limit);
    Lab lab;
    ProcessSpec command = lab.command(kOnce + Options{"--json", "--deadline", "700ms"});
    const std::string script = "ulimit -n " + std::to_string(limit) + "; exec \"$@\"";
    command.argv = Options{"/bin/sh", "-c", script, "sh"} + command.argv;

    const ProcessResult result = run(command);

    const ReportLine report = parse_report_line(result.out);
    CHECK((result.status == 0 || result.status == 3 || result.status == 4));
    CHECK(lab.cloudflare.writes().empty());
    for (const ProbeLine& probe : report.probes) {
      CHECK(probe.result != "inaccessible");
      const bool is_short = probe.reason == "this host: Too many open files";
      CHECK(probe.result == (is_short ? "unknown" : "accessible"));
      was_ever_short = was_ever_short || is_short;
    }
  }
  CHECK(was_ever_short);
}
#endif
