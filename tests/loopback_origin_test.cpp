// That the loopback origins misbehave as they are told. Of clients there are three: a raw socket
// where the bytes matter, OpenSSL for the handshake, and cpp-httplib for what any client would make
// of it.

#include "support/loopback_origin.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <string>
#include <tuple>
#include <utility>

#include "support/catch.h"
#include "support/descriptor.h"
#include "support/process.h"
#include "support/scratch_dir.h"
#include "support/test_ca.h"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using Milliseconds = std::chrono::milliseconds;

constexpr const char* kHost = "www.example.com";
constexpr std::string_view kGet = "GET /healthz?x=1 HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
constexpr std::string_view kHead = "HEAD / HTTP/1.1\r\nHost: www.example.com\r\n\r\n";

// How a connection came to its end.
enum class End { closed, reset, silent };

std::ostream& operator<<(std::ostream& out, End end) {
  constexpr std::array kNames{"closed", "reset", "silent"};
  return out << kNames.at(static_cast<std::size_t>(end));
}

// All that an origin said, and what came after it.
struct Heard {
  std::string bytes = {};
  End end = End::closed;
};

// A client that sees every byte.
class RawClient {
 public:
  explicit RawClient(const LoopbackOrigin& origin, Milliseconds limit = 10s)
      : socket_{socket(family(origin), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)},
        connected_{begin(origin) == 0 || await(POLLOUT, limit)} {}

  // Whether the connection was opened; if not, 0 means that time was up.
  bool connected() const { return connected_ && error() == 0; }
  int error() const { return error_; }
  int fd() const { return socket_.get(); }

  void say(std::string_view bytes) {
    CHECK(send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
  }

  // Listens to the end, or until nothing has come for `patience` or there are `enough` bytes.
  Heard hear(Milliseconds patience = 10s, std::size_t enough = std::string::npos) {
    Heard heard{.end = End::silent};
    std::array<char, 65536> buffer;
    while (heard.bytes.size() < enough && await(POLLIN, patience)) {
      const ssize_t count = recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) {
        // An RST that comes while the connection opens is told there, once.
        const bool reset = count < 0 || error_ == ECONNRESET;
        heard.end = reset ? End::reset : End::closed;
        break;
      }
      heard.bytes.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return heard;
  }

  void hang_up() { socket_.reset(); }

 private:
  static int family(const LoopbackOrigin& origin) {
    return origin.address() == "::1" ? AF_INET6 : AF_INET;
  }

  int begin(const LoopbackOrigin& origin) const {
    if (family(origin) == AF_INET6) {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_addr = in6addr_loopback;
      to.sin6_port = htons(origin.port());
      return connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    inet_pton(AF_INET, origin.address().c_str(), &to.sin_addr);
    to.sin_port = htons(origin.port());
    return connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to);
  }

  // Whether it came about; then error_ is what the socket has to say about it.
  bool await(short events, Milliseconds limit) {
    pollfd polled{socket_.get(), events, 0};
    const bool came = poll(&polled, 1, static_cast<int>(limit.count())) > 0;
    if (events == POLLOUT) {
      socklen_t size = sizeof error_;
      getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error_, &size);
    }
    return came;
  }

  Descriptor socket_;
  int error_ = 0;
  bool connected_ = false;
};

Heard ask(const LoopbackOrigin& origin, std::string_view request = kGet) {
  RawClient client{origin};
  client.say(request);
  return client.hear();
}

// What it takes to see that nothing comes. On loopback an answer would be there in far less.
constexpr Milliseconds kSilence = 60ms;

// Whether the origin says these words and then nothing, the connection staying open.
bool falls_silent_after(const LoopbackOrigin& origin, const std::string& words) {
  RawClient client{origin};
  client.say(kGet);
  const Heard first = client.hear(10s, words.size());
  const Heard more = client.hear(kSilence);
  return first.bytes == words && more.bytes.empty() && more.end == End::silent;
}

httplib::Result get(const LoopbackOrigin& origin, const std::string& path = "/") {
  httplib::Client client{origin.address(), origin.port()};
  return client.Get(path);
}

template <class Type, void (*release)(Type*)>
struct Releaser {
  void operator()(Type* object) const { release(object); }
};
using ClientContext = std::unique_ptr<SSL_CTX, Releaser<SSL_CTX, SSL_CTX_free>>;
using ClientSsl = std::unique_ptr<SSL, Releaser<SSL, SSL_free>>;

// A TLS client that trusts the test authority and nobody else.
class TlsClient {
 public:
  explicit TlsClient(const LoopbackOrigin& origin, Milliseconds patience = 10s)
      : raw_{origin}, patience_{patience}, context_{SSL_CTX_new(TLS_client_method())} {
    std::string host = kHost;
    SSL_CTX_load_verify_locations(context_.get(), test_ca().ca_file().c_str(), nullptr);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    ssl_.reset(SSL_new(context_.get()));
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
    SSL_set1_host(ssl_.get(), host.c_str());
    SSL_set_fd(ssl_.get(), raw_.fd());
  }

  // Whether the handshake was completed, with no silence longer than its patience.
  bool handshake() {
    return until_silent([this] { return SSL_connect(ssl_.get()); });
  }

  std::string certificate_problem() const {
    return X509_verify_cert_error_string(SSL_get_verify_result(ssl_.get()));
  }

  std::string ask(std::string_view request) {
    SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size()));
    std::string answer;
    std::array<char, 4096> buffer;
    int count = 0;
    while (until_silent([&] {
      count = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
      return count;
    })) {
      answer.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return answer;
  }

  bool was_said_goodbye() const {
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }

 private:
  template <class Step>
  bool until_silent(Step step) {
    int result = 0;
    while ((result = step()) <= 0) {
      pollfd polled{raw_.fd(), POLLIN, 0};
      if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ ||
          poll(&polled, 1, static_cast<int>(patience_.count())) != 1) {
        return false;
      }
    }
    return true;
  }

  RawClient raw_;
  Milliseconds patience_;
  ClientContext context_;
  ClientSsl ssl_ = {};
};

std::string certificate_problem(const Certificate& certificate) {
  LoopbackOrigin origin{{.certificate = certificate}};
  TlsClient client{origin};
  const bool complete = client.handshake();
  return complete ? "none" : client.certificate_problem();
}

LoopbackOrigin tls_origin(Behaviour behaviour) {
  return LoopbackOrigin{{.certificate = test_ca().valid(kHost)}, std::move(behaviour)};
}

std::string program() {
  const char* build = std::getenv("BUILD");
  return std::string{build == nullptr ? "build" : build} + "/loopback-origin";
}

}  // namespace

TEST_CASE("an origin answers 200 and ok unless told otherwise", "[origin]") {
  LoopbackOrigin origin;

  const auto answer = get(origin);

  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "ok");
}

TEST_CASE("an origin answers the status, headers and body that it was given", "[origin]") {
  LoopbackOrigin origin{
      {}, behaviour::Answer{.status = 503, .headers = {{"Retry-After", "7"}}, .body = "later"}};

  const auto answer = get(origin);

  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(answer->get_header_value("Retry-After") == "7");
  CHECK(answer->body == "later");
}

TEST_CASE("an origin redirects", "[origin]") {
  LoopbackOrigin origin{{}, behaviour::redirect("https://www.example.org/")};

  const auto answer = get(origin);

  REQUIRE(answer);
  CHECK(answer->status == 301);
  CHECK(answer->get_header_value("Location") == "https://www.example.org/");
}

TEST_CASE("an origin answers HEAD with the head of GET and no body", "[origin]") {
  LoopbackOrigin origin;

  const Heard heard = ask(origin, kHead);

  CHECK_THAT(heard.bytes, ContainsSubstring("Content-Length: 2\r\n"));
  CHECK_THAT(heard.bytes, Catch::Matchers::EndsWith("\r\n\r\n"));
  CHECK(heard.end == End::closed);
}

TEST_CASE("an origin answers 204 without a body", "[origin]") {
  LoopbackOrigin origin{{}, behaviour::status(204, "unseen")};

  const Heard heard = ask(origin);

  CHECK(heard.bytes == "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST_CASE("an origin sends a body of megabytes whole", "[origin]") {
  const std::string body(5'000'000, 'x');
  LoopbackOrigin origin{{}, behaviour::Answer{.body = body}};

  const auto answer = get(origin);

  REQUIRE(answer);
  CHECK(answer->body == body);
}

TEST_CASE("an origin sends early hints before the final head", "[origin]") {
  LoopbackOrigin origin{{}, behaviour::Answer{.interim = {103, 103}}};

  const Heard heard = ask(origin);

  CHECK_THAT(heard.bytes, StartsWith("HTTP/1.1 103 Early Hints\r\n\r\n"
                                     "HTTP/1.1 103 Early Hints\r\n\r\n"
                                     "HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("an origin waits before it answers if asked to", "[origin]") {
  LoopbackOrigin origin{{}, behaviour::Answer{.delay = kSilence}};
  const auto start = std::chrono::steady_clock::now();

  const Heard heard = ask(origin);

  CHECK(std::chrono::steady_clock::now() - start >= kSilence);
  CHECK_THAT(heard.bytes, StartsWith("HTTP/1.1 200"));
}

TEST_CASE("an origin lets a connection be used again only if told to", "[origin]") {
  LoopbackOrigin origin{{}, behaviour::Answer{.keep_alive = true}};
  httplib::Client client{origin.address(), origin.port()};
  client.set_keep_alive(true);

  REQUIRE(client.Get("/first"));
  REQUIRE(client.Get("/second"));

  CHECK(origin.connections() == 1);
  CHECK(origin.requests().size() == 2);
}

TEST_CASE("an origin remembers what it was asked", "[origin]") {
  LoopbackOrigin origin;

  ask(origin);
  ask(origin, "POST /hook HTTP/1.1\r\nhost:\twww.example.org \r\nContent-Length: 5\r\n\r\nhello");

  const auto requests = origin.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].method == "GET");
  CHECK(requests[0].path == "/healthz?x=1");
  CHECK(requests[0].head == kGet);
  CHECK(requests[0].host() == "www.example.com");
  CHECK_FALSE(requests[0].header("User-Agent"));
  CHECK(requests[1].method == "POST");
  CHECK(requests[1].host() == "www.example.org");
  CHECK(requests[1].body == "hello");
  CHECK(origin.connections() == 2);
  CHECK(origin.hellos().empty());
}

TEST_CASE("an origin notices that a client has hung up", "[origin]") {
  LoopbackOrigin origin{{}, behaviour::Hang{}};
  RawClient client{origin};
  client.say(kGet);
  REQUIRE(origin.await_requests(1));
  CHECK(origin.closed() == 0);

  client.hang_up();

  CHECK(origin.await_closed(1));
}

TEST_CASE("waiting for what does not come has an end", "[origin]") {
  LoopbackOrigin origin;

  CHECK_FALSE(origin.await_connections(1, 1ms));
  CHECK_FALSE(origin.await_requests(1, 1ms));
  CHECK_FALSE(origin.await_closed(1, 1ms));
}

TEST_CASE("a test may act between request and answer", "[origin]") {
  LoopbackOrigin origin;
  std::string seen;
  origin.on_request([&](const SeenRequest& request) { seen = request.path; });

  ask(origin);

  CHECK(seen == "/healthz?x=1");
}

TEST_CASE("an origin listens on ::1 as well", "[origin]") {
  LoopbackOrigin origin{{.address = "::1"}};

  CHECK(origin.url() == "http://[::1]:" + std::to_string(origin.port()) + "/");
  CHECK_THAT(ask(origin).bytes, StartsWith("HTTP/1.1 200"));
}

TEST_CASE("two origins share a port at different addresses", "[origin]") {
  LoopbackOrigin main{{.address = "127.0.2.1"}};
  LoopbackOrigin backup{{.address = "127.0.2.2", .port = main.port()}, behaviour::status(503)};

  CHECK(get(main)->status == 200);
  CHECK(get(backup)->status == 503);
}

TEST_CASE("an origin listens nowhere but on loopback", "[origin]") {
  const auto* const address = GENERATE("0.0.0.0", "192.0.2.1", "::", "2001:db8::1", "localhost");
  CAPTURE(address);

  CHECK_THROWS_AS(LoopbackOrigin({.address = address}), std::invalid_argument);
}

TEST_CASE("an origin's port belongs to it, even while it refuses", "[origin]") {
  LoopbackOrigin origin{
      {}, GENERATE(Behaviour{behaviour::Answer{}}, behaviour::Refuse{}, behaviour::NeverConnect{})};

  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(origin.port());
  inet_pton(AF_INET, origin.address().c_str(), &address.sin_addr);
  const Descriptor intruder{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};

  CHECK(bind(intruder.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == -1);
  CHECK(errno == EADDRINUSE);
}

TEST_CASE("an origin refuses connections, and can come back on the same port",
          "[origin][connect]") {
  LoopbackOrigin origin{{}, behaviour::Refuse{}};
  CHECK(RawClient{origin}.error() == ECONNREFUSED);

  origin.behave(behaviour::Answer{});
  CHECK(get(origin));

  origin.behave(behaviour::Refuse{});
  CHECK(RawClient{origin}.error() == ECONNREFUSED);
  CHECK(origin.connections() == 1);
}

TEST_CASE("an origin refuses from the moment it is told to", "[origin][connect]") {
  LoopbackOrigin origin;

  for (int round = 0; round < 50; ++round) {
    origin.behave(behaviour::Refuse{});
    CHECK(RawClient{origin}.error() == ECONNREFUSED);
    origin.behave(behaviour::Answer{});
    CHECK(RawClient{origin}.connected());
  }
}

TEST_CASE("an origin leaves clients in the middle of connecting", "[origin][connect]") {
  LoopbackOrigin origin{{.address = GENERATE("127.0.2.1", "::1")}, behaviour::NeverConnect{}};

  const RawClient first{origin, kSilence};
  const RawClient second{origin, kSilence};

  CHECK_FALSE(first.connected());
  CHECK(first.error() == 0);
  CHECK_FALSE(second.connected());
  CHECK(origin.connections() == 0);

  origin.behave(behaviour::Answer{});
  CHECK_THAT(ask(origin).bytes, StartsWith("HTTP/1.1 200"));
}

TEST_CASE("an origin behaves in turn and then keeps to the last", "[origin]") {
  LoopbackOrigin origin;

  origin.behave_in_turn({behaviour::status(500), behaviour::Reset{}, behaviour::status(204)});

  CHECK_THAT(ask(origin).bytes, StartsWith("HTTP/1.1 500"));
  CHECK(ask(origin).end == End::reset);
  CHECK_THAT(ask(origin).bytes, StartsWith("HTTP/1.1 204"));
  CHECK_THAT(ask(origin).bytes, StartsWith("HTTP/1.1 204"));
}

TEST_CASE("an origin is gone right after the last answer of its turn", "[origin][connect]") {
  LoopbackOrigin origin;

  origin.behave_in_turn({behaviour::Answer{}, behaviour::Answer{}, behaviour::Refuse{}});

  CHECK(ask(origin).end == End::closed);
  CHECK(ask(origin).end == End::closed);
  CHECK(RawClient{origin}.error() == ECONNREFUSED);
}

TEST_CASE("a turn that could never go on is refused", "[origin]") {
  LoopbackOrigin origin;

  CHECK_THROWS_AS(origin.behave_in_turn({behaviour::Refuse{}, behaviour::Answer{}}),
                  std::invalid_argument);
  CHECK_THROWS_AS(origin.behave_in_turn({}), std::invalid_argument);
  CHECK(get(origin));
}

namespace {

// What has been heard of the default answer at each stage.
std::string heard_before(Stage stage) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n";
  switch (stage) {
    case Stage::accepted:
    case Stage::request_read:
      return "";
    case Stage::in_head:
      return head.substr(0, head.size() / 2);
    case Stage::head_sent:
      return head;
    case Stage::in_body:
      return head + "o";
  }
  std::abort();
}

Stage any_stage() {
  return GENERATE(Stage::accepted, Stage::request_read, Stage::in_head, Stage::head_sent,
                  Stage::in_body);
}

}  // namespace

TEST_CASE("an origin hangs at any stage", "[origin][stages]") {
  const Stage stage = any_stage();
  CAPTURE(static_cast<int>(stage));
  LoopbackOrigin origin{{}, behaviour::Hang{stage}};

  CHECK(falls_silent_after(origin, heard_before(stage)));
  CHECK(origin.requests().size() == (stage == Stage::accepted ? 0 : 1));
}

TEST_CASE("an origin resets at any stage", "[origin][stages]") {
  const Stage stage = any_stage();
  CAPTURE(static_cast<int>(stage));
  LoopbackOrigin origin{{}, behaviour::Reset{stage}};
  RawClient client{origin};
  if (stage != Stage::accepted) {
    client.say(kGet);
  }

  const Heard heard = client.hear();

  CHECK(heard.end == End::reset);
  CHECK(heard.bytes == heard_before(stage));
}

TEST_CASE("an origin closes at any stage", "[origin][stages]") {
  const Stage stage = any_stage();
  CAPTURE(static_cast<int>(stage));
  LoopbackOrigin origin{{}, behaviour::Close{stage}};

  const Heard heard = ask(origin);

  CHECK(heard.end == End::closed);
  CHECK(heard.bytes == heard_before(stage));
}

TEST_CASE("an origin drips its answer byte by byte", "[origin]") {
  LoopbackOrigin origin{{}, behaviour::Drip{.interval = 1ms}};
  RawClient client{origin};
  client.say(kGet);

  const Heard first = client.hear(10s, 1);
  const Heard rest = client.hear();

  const std::string answer = heard_before(Stage::in_body) + "k";
  CHECK(first.bytes.size() < answer.size() / 2);
  CHECK(first.bytes + rest.bytes == answer);
  CHECK(rest.end == End::closed);
}

TEST_CASE("an origin sends the head at once and drips the body", "[origin]") {
  LoopbackOrigin origin{{}, behaviour::Drip{.interval = 10s, .from = Stage::head_sent}};

  CHECK(falls_silent_after(origin, heard_before(Stage::head_sent)));
}

TEST_CASE("an answer with an endless part does not end", "[origin]") {
  using behaviour::Part;
  const auto [part, beginning, repeated] = GENERATE(table<Part, std::string, std::string>({
      {Part::interim_heads, "HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n"},
      {Part::headers, "HTTP/1.1 200 OK\r\nX-More: ", "\r\nX-More: "},
      {Part::header_line, "HTTP/1.1 200 OK\r\nX-Long: x", "xxxxxxxx"},
      {Part::body, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nx", "xxxxxxxx"},
      {Part::chunks, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\nx",
       "x\r\n3e8\r\nx"},
  }));
  CAPTURE(static_cast<int>(part));
  LoopbackOrigin origin{{}, behaviour::Endless{part}};
  RawClient client{origin};
  client.say(kGet);

  const Heard heard = client.hear(10s, 1'000'000);

  CHECK(heard.end == End::silent);
  CHECK(heard.bytes.compare(0, beginning.size(), beginning) == 0);
  CHECK(heard.bytes.rfind(repeated) > 900'000);
  client.hang_up();
  CHECK(origin.await_closed(1));
}

TEST_CASE("an origin sends less than it promised", "[origin]") {
  LoopbackOrigin closing{{}, behaviour::short_body()};
  LoopbackOrigin hanging{{.address = "127.0.2.2"}, behaviour::short_body(Ending::hang)};

  CHECK(ask(closing).end == End::closed);
  CHECK(get(closing).error() == httplib::Error::Read);
  CHECK(falls_silent_after(hanging, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok"));
}

TEST_CASE("an origin sends chunks, good ones and bad ones", "[origin]") {
  LoopbackOrigin origin{{}, behaviour::chunked({"first, ", "second"})};
  CHECK(get(origin)->body == "first, second");

  origin.behave(behaviour::invalid_chunks());
  CHECK(get(origin).error() == httplib::Error::Read);
}

TEST_CASE("an origin says what is no HTTP", "[origin]") {
  const auto bytes = GENERATE(behaviour::http09().bytes, behaviour::not_http().bytes);
  CAPTURE(bytes);
  LoopbackOrigin origin{{}, behaviour::Raw{bytes}};

  CHECK(ask(origin).bytes == bytes);
  CHECK_FALSE(get(origin));
}

TEST_CASE("raw bytes can be followed by a reset or by nothing", "[origin]") {
  LoopbackOrigin origin{{}, behaviour::Raw{.bytes = "bytes", .then = Ending::reset}};
  CHECK(ask(origin).end == End::reset);

  origin.behave(behaviour::Raw{.bytes = "bytes", .then = Ending::hang});
  CHECK(falls_silent_after(origin, "bytes"));
}

TEST_CASE("an origin stops at once, whatever its clients do", "[origin]") {
  const Behaviour behaviour =
      GENERATE(Behaviour{behaviour::Hang{Stage::accepted}}, behaviour::Hang{Stage::in_body},
               behaviour::Close{}, behaviour::Drip{10s, Stage::request_read, {}},
               behaviour::Endless{behaviour::Part::body}, behaviour::Answer{.delay = 10s});
  auto origin = std::make_unique<LoopbackOrigin>(Listen{}, behaviour);
  RawClient client{*origin};
  client.say(kGet);
  REQUIRE(origin->await_connections(1));
  const auto start = std::chrono::steady_clock::now();

  origin.reset();

  CHECK(std::chrono::steady_clock::now() - start < 1s);
}

TEST_CASE("an origin with a certificate speaks TLS and sees the name it was asked for",
          "[origin][tls]") {
  LoopbackOrigin origin = tls_origin(behaviour::Answer{});
  TlsClient client{origin};

  REQUIRE(client.handshake());
  const std::string answer = client.ask(kGet);

  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK(client.was_said_goodbye());
  CHECK_THAT(origin.url(), StartsWith("https://127.0.2.1:"));
  REQUIRE(origin.hellos().size() == 1);
  CHECK(origin.hellos()[0].sni == kHost);
  CHECK_FALSE(origin.hellos()[0].offers_session);
  REQUIRE(origin.requests().size() == 1);
  CHECK(origin.requests()[0].sni == kHost);
}

TEST_CASE("a certificate is as good or as bad as it was ordered", "[origin][tls]") {
  CHECK(certificate_problem(test_ca().valid(kHost)) == "none");
  CHECK(certificate_problem(test_ca().valid("*.example.com")) == "none");
  CHECK_THAT(certificate_problem(test_ca().valid("www.example.org")),
             ContainsSubstring("ostname mismatch"));
  CHECK(certificate_problem(test_ca().expired(kHost)) == "certificate has expired");
  CHECK(certificate_problem(test_ca().not_yet_valid(kHost)) == "certificate is not yet valid");
  CHECK_THAT(certificate_problem(test_ca().self_signed(kHost)), ContainsSubstring("self-signed"));
  CHECK_THAT(certificate_problem(test_ca().by_unknown_ca(kHost)),
             ContainsSubstring("unable to get local issuer"));
}

TEST_CASE("a certificate is made once, quickly, and another host gets another", "[tls]") {
  TestCa authority;
  const auto start = std::chrono::steady_clock::now();

  const Certificate first = authority.valid("fast.example.com");

  CHECK(std::chrono::steady_clock::now() - start < 1s);
  CHECK(authority.valid("fast.example.com").cert == first.cert);
  CHECK(authority.valid("192.0.2.10").cert != first.cert);
  CHECK(authority.expired("fast.example.com").cert != first.cert);
}

TEST_CASE("an authority takes its files with it", "[tls]") {
  std::filesystem::path directory;
  {
    const TestCa authority;
    directory = authority.ca_file().parent_path();
    CHECK(std::filesystem::exists(authority.ca_file()));
  }

  CHECK_FALSE(std::filesystem::exists(directory));
}

TEST_CASE("an origin changes its certificate while it runs", "[origin][tls]") {
  LoopbackOrigin origin = tls_origin(behaviour::Answer{});
  CHECK(TlsClient{origin}.handshake());

  origin.use_certificate(test_ca().expired(kHost));

  CHECK_FALSE(TlsClient{origin}.handshake());
}

TEST_CASE("a certificate without its key is refused", "[origin][tls]") {
  const Certificate mixed{.cert = test_ca().valid(kHost).cert,
                          .key = test_ca().valid("www.example.org").key};

  CHECK_THROWS_AS(LoopbackOrigin({.certificate = mixed}), std::runtime_error);
}

TEST_CASE("an origin's handshake stops after any number of bytes", "[origin][tls]") {
  const auto bytes = GENERATE(std::size_t{0}, std::size_t{3}, std::size_t{140}, std::size_t{500});
  CAPTURE(bytes);
  LoopbackOrigin origin = tls_origin(behaviour::CutHandshake{bytes});
  TlsClient client{origin, kSilence};

  CHECK_FALSE(client.handshake());

  CHECK(origin.hellos().size() == 1);
  CHECK(origin.requests().empty());
  CHECK(origin.closed() == 0);
}

TEST_CASE("a ServerHello ends within the first 140 bytes of a handshake, a flight does not in 500",
          "[origin][tls]") {
  const auto bytes = GENERATE(std::size_t{140}, std::size_t{500});
  LoopbackOrigin origin = tls_origin(behaviour::CutHandshake{bytes, Ending::close});
  const ClientContext context{SSL_CTX_new(TLS_client_method())};
  const ClientSsl ssl{SSL_new(context.get())};
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_connect(ssl.get());
  std::array<char, 4096> hello;
  const int size = BIO_read(SSL_get_wbio(ssl.get()), hello.data(), hello.size());
  RawClient client{origin};
  client.say({hello.data(), static_cast<std::size_t>(size)});

  const std::string flight = client.hear().bytes;

  CHECK(flight.size() == bytes);
  REQUIRE(flight.size() > 5);
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(flight[i]); };
  CHECK(at(0) == SSL3_RT_HANDSHAKE);
  CHECK(at(5) == SSL3_MT_SERVER_HELLO);
  CHECK(5U + (at(3) * 256U + at(4)) <= 140);
}

TEST_CASE("a handshake can be cut by a reset or a close, too", "[origin][tls]") {
  LoopbackOrigin origin = tls_origin(behaviour::CutHandshake{100, Ending::reset});
  CHECK_FALSE(TlsClient{origin}.handshake());
  CHECK(origin.await_closed(1));

  origin.behave(behaviour::CutHandshake{100, Ending::close});
  CHECK_FALSE(TlsClient{origin}.handshake());
  CHECK(origin.await_closed(2));
}

TEST_CASE("a TLS origin hangs before it has read anything", "[origin][tls]") {
  LoopbackOrigin origin = tls_origin(behaviour::Hang{Stage::accepted});

  TlsClient client{origin, kSilence};

  CHECK_FALSE(client.handshake());

  CHECK(origin.connections() == 1);
  CHECK(origin.hellos().empty());
}

TEST_CASE("a TLS origin breaks off inside the encrypted answer", "[origin][tls]") {
  LoopbackOrigin origin = tls_origin(behaviour::Close{Stage::in_body});
  TlsClient client{origin};
  REQUIRE(client.handshake());

  CHECK(client.ask(kGet) == heard_before(Stage::in_body));
  CHECK_FALSE(client.was_said_goodbye());
}

TEST_CASE("an origin in plain text is no TLS server", "[origin][tls]") {
  LoopbackOrigin origin;

  CHECK_FALSE(TlsClient{origin}.handshake());

  CHECK(origin.await_closed(1));
  CHECK(origin.hellos().empty());
}

TEST_CASE("the program says where it listens, serves, and ends on a signal", "[origin][program]") {
  const int number = GENERATE(SIGTERM, SIGINT);
  RunningProcess process{{.argv = {program(), "--listen", "127.0.2.3:0", "--status", "503",
                                   "--behaviour", "answer", "--verbose"}}};
  const auto line = process.await_line("listening on http://127.0.2.3:");
  REQUIRE(line);
  const int port = std::stoi(line->substr(line->rfind(':') + 1));

  const auto answer = httplib::Client{"127.0.2.3", port}.Get("/healthz");
  process.signal(number);
  const ProcessResult result = process.wait();

  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(result.status == 0);
  CHECK_THAT(result.err, StartsWith("GET /healthz Host: 127.0.2.3"));
}

TEST_CASE("the program explains itself", "[origin][program]") {
  const ProcessResult result = run({.argv = {program(), "--help"}});

  CHECK(result.status == 0);
  CHECK_THAT(result.out, ContainsSubstring("--listen") && ContainsSubstring("never-connect") &&
                             ContainsSubstring("Stages"));
}

TEST_CASE("the program knows each behaviour that it explains", "[origin][program]") {
  const auto* const name =
      GENERATE("answer", "redirect", "refuse", "never-connect", "hang", "reset", "close", "drip",
               "endless-body", "endless-chunks", "endless-headers", "endless-header-line",
               "endless-interim-heads", "short-body", "chunked", "invalid-chunks", "http09",
               "not-http", "cut-handshake");
  CAPTURE(name);
  RunningProcess process{{.argv = {program(), "--listen", "127.0.2.3:0", "--behaviour", name}}};

  CHECK(process.await_line("listening on"));
}

TEST_CASE("the program refuses what it does not understand", "[origin][program]") {
  const auto [option, value] = GENERATE(table<std::string, std::string>({
      {"--behaviour", "dance"},
      {"--stage", "late"},
      {"--status", "0x10"},
      {"--listen", "127.0.2.1"},
      {"--listen", "192.0.2.1:80"},
      {"--header", "X"},
      {"--cert", "/nonexistent"},
      {"--colour", "red"},
  }));
  CAPTURE(option, value);

  const ProcessResult result =
      run({.argv = {program(), "--listen", "127.0.2.3:0", option, value}, .limit = 10s});

  CHECK(result.status == 2);
  CHECK_THAT(result.err, StartsWith("loopback-origin: "));
  CHECK(result.out.empty());
}
