// Telling people: every channel of the built program from its configuration to the last byte, every
// event once, and an outbox that loses nothing. An email to a server without STARTTLS that is not
// on this host cannot be tried here: all servers of these tests are on this host.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <functional>
#include <random>
#include <regex>
#include <set>
#include <thread>

#include "app/system_clock.h"
#include "support/catch.h"
#include "support/config_lab.h"
#include "support/moving_lab.h"
#include "support/smtp_sink.h"
#include "value/text.h"
#include "value/unix_time.h"

namespace {

using namespace std::chrono_literals;
using behaviour::Answer;
using behaviour::Hang;
using behaviour::Refuse;
using behaviour::Reset;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
namespace fs = std::filesystem;

constexpr const char* kMoved =
    "www.example.com A: failover 127.0.2.1 -> 127.0.3.1 (127.0.2.1: refused)";
constexpr const char* kMovedBack = "www.example.com A: failback 127.0.3.1 -> 127.0.2.1";

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

std::string notify(const std::vector<std::string>& channels) {
  std::string text;
  for (const std::string& channel : channels) {
    text += "    " + channel + ",\n";
  }
  return "\"notify\": [\n" + text + "  ]";
}

/// A world with a server that is told: of everything by a webhook, unless configured otherwise.
struct Scene : ConfigLab {
  Scene() { tell({webhook()}); }

  LoopbackOrigin told{{.address = "127.0.7.1"}};

  std::string webhook(const std::string& more = {}) const { return webhook_to(told, more); }
  static std::string webhook_to(const LoopbackOrigin& server, const std::string& more = {}) {
    return R"({"channel": "webhook", "url": ")" + server.url() + "hook\"" +
           (more.empty() ? "" : ", " + more) + "}";
  }
  static std::string slack_to(const LoopbackOrigin& server) {
    return R"({"channel": "slack", "url": ")" + server.url() + "services/T0/B0\"}";
  }

  void tell(const std::vector<std::string>& channels, std::vector<std::string> top = {}) const {
    top.push_back(notify(channels));
    configure(top);
  }

  /// MAIN goes down, and the next run moves the record.
  void fail_main() { main.behave(Refuse{}); }
  ProcessResult fail_over() {
    fail_main();
    ProcessResult result = run();
    CAPTURE(result.err);
    CHECK(result.status == 0);
    CHECK(content() == kBackup);
    return result;
  }
  ProcessResult fail_back() {
    main.behave(Answer{});
    ProcessResult result = run();
    CAPTURE(result.err);
    CHECK(result.status == 0);
    CHECK(content() == kMain);
    return result;
  }

  /// What the webhook was told of, in order.
  std::vector<std::string> events() const { return of_each("event"); }
  std::vector<std::string> ids() const { return of_each("id"); }
  std::vector<std::string> sentences() const { return of_each("sentence"); }
  std::vector<std::string> of_each(const std::string& member) const {
    std::vector<std::string> all;
    for (const SeenRequest& request : told.requests()) {
      all.push_back(json_member(request.body, member));
    }
    return all;
  }
};

using Names = std::vector<std::string>;

/// The text under the sentence, of a notice of the change that fail_over() makes.
std::string text_of_failover(const std::string& since, const std::string& sentence = kMoved) {
  return sentence + "\n\nOld address: 127.0.2.1\nNew address: 127.0.3.1\n" +
         "Reason: 127.0.2.1: refused\nSince: " + since + "\nNoticed by: " + this_host() + "\n";
}

/// The time after "Since: ", to the second.
std::string since_in(const std::string& text) {
  const std::string before = "Since: ";
  const auto at = text.find(before);
  REQUIRE(at != std::string::npos);
  const auto begin = at + before.size();
  return text.substr(begin, text.find('Z', begin) + 1 - begin);
}

void check_is_now(const std::string& time) {
  CAPTURE(time);
  const auto parsed = parse_unix_time(time);
  REQUIRE(parsed);
  CHECK(unix_now() - *parsed < 20s);
  CHECK(unix_now() - *parsed > -1s);
}

/// What every request of a channel says of itself.
void check_is_a_notice(const SeenRequest& request) {
  CHECK(request.method == "POST");
  CHECK(request.header("Content-Type") == "application/json; charset=utf-8");
  CHECK(request.header("Idempotency-Key").value_or("").ends_with("-failover"));
}

}  // namespace

// --- Channels ---

TEST_CASE("A failover is told to Slack, with what it takes for markup escaped") {
  Scene scene;
  scene.tell({Scene::slack_to(scene.told)});

  const ProcessResult result = scene.fail_over();

  CHECK(result.out == success_line());
  CHECK(result.err.empty());
  REQUIRE(scene.told.requests().size() == 1);
  const SeenRequest request = scene.told.requests().front();
  check_is_a_notice(request);
  CHECK(request.path == "/services/T0/B0");
  CHECK(json_names(request.body) == Names{"text"});
  const std::string text = json_member(request.body, "text");
  check_is_now(since_in(text));
  CHECK(text ==
        text_of_failover(since_in(text),
                         "www.example.com A: failover 127.0.2.1 -&gt; 127.0.3.1 (127.0.2.1: "
                         "refused)"));
  CHECK(scene.letters().empty());
}

TEST_CASE("A failover is told to Telegram, as its bot to its chat") {
  Scene scene;
  scene.tell({R"({"channel": "telegram", "token_file": ")" +
              scene.secret_file("bot", "123456:ABC-def_Gh") + R"(", "chat": )" +
              GENERATE(as<std::string>(), "\"-1001234\"", "-1001234") + R"(, "url": ")" +
              scene.told.url() + "\"}"});

  scene.fail_over();

  REQUIRE(scene.told.requests().size() == 1);
  const SeenRequest request = scene.told.requests().front();
  check_is_a_notice(request);
  CHECK(request.path == "/bot123456:ABC-def_Gh/sendMessage");
  CHECK(json_names(request.body) == Names{"chat_id", "text", "link_preview_options"});
  CHECK(json_member(request.body, "chat_id") == "-1001234");
  const std::string text = json_member(request.body, "text");
  CHECK(text == text_of_failover(since_in(text)));
  CHECK(json_member(request.body, "link_preview_options") == R"({"is_disabled":true})");
}

TEST_CASE("A failover is pushed by Pushbullet, to everyone or to one device") {
  const auto [device, members] = GENERATE(table<std::string, Names>({
      {"", {"type", "title", "body", "guid"}},
      {"ujpah72o0sjAoRtnM0jc", {"type", "title", "body", "guid", "device_iden"}},
  }));
  Scene scene;
  scene.tell({R"({"channel": "pushbullet", "token_file": ")" +
              scene.secret_file("push", "o.planted") + "\"" +
              (device.empty() ? "" : ", \"device\": " + quoted(device)) + R"(, "url": ")" +
              scene.told.url() + "v2/pushes\"}"});

  scene.fail_over();

  REQUIRE(scene.told.requests().size() == 1);
  const SeenRequest request = scene.told.requests().front();
  check_is_a_notice(request);
  CHECK(request.path == "/v2/pushes");
  CHECK(request.header("Access-Token") == "o.planted");
  CHECK(json_names(request.body) == members);
  CHECK(json_member(request.body, "type") == "note");
  CHECK(json_member(request.body, "title") == kMoved);
  const std::string text = json_member(request.body, "body");
  CHECK(text == text_of_failover(since_in(text)));
  CHECK(json_member(request.body, "guid") == request.header("Idempotency-Key"));
  if (!device.empty()) {
    CHECK(json_member(request.body, "device_iden") == device);
  }
}

TEST_CASE("A webhook gets the JSON of the run, with the event before it") {
  Scene scene;
  scene.scratch.write("secrets/headers", "X-Team: dns\r\n\r\nAuthorization: Bearer planted \n",
                      0600);
  scene.tell({R"({"channel": "webhook", "url_file": ")" +
              scene.secret_file("url", scene.told.url() + "deep/path?key=k") +
              R"(", "headers_file": ")" + (scene.scratch.path() / "secrets/headers").string() +
              "\"}"});
  scene.fail_main();

  const ProcessResult result = scene.run({"run", "--json"});

  REQUIRE(scene.told.requests().size() == 1);
  const SeenRequest request = scene.told.requests().front();
  check_is_a_notice(request);
  CHECK(request.path == "/deep/path?key=k");
  CHECK(request.header("X-Team") == "dns");
  CHECK(request.header("Authorization") == "Bearer planted");
  Names names = json_names(result.out);
  const Names own{"event", "id", "sentence", "host"};
  names.insert(names.begin(), own.begin(), own.end());
  CHECK(json_names(request.body) == names);
  CHECK(json_member(request.body, "event") == "failover");
  CHECK(json_member(request.body, "id") == request.header("Idempotency-Key"));
  CHECK(json_member(request.body, "sentence") == kMoved);
  CHECK(json_member(request.body, "host") == this_host());
  for (const std::string member : {"record", "type", "zone", "origin", "role", "steps", "action",
                                   "from", "to", "written", "probes", "exit", "error", "time"}) {
    CAPTURE(member);
    CHECK(json_member(request.body, member) == json_member(result.out, member));
  }
}

TEST_CASE("A channel over HTTPS is told only if its certificate is good") {
  const bool good = GENERATE(true, false);
  Scene scene;
  LoopbackOrigin secure(
      {.address = "127.0.7.2",
       .certificate = good ? test_ca().valid("127.0.7.2") : test_ca().expired("127.0.7.2")});
  scene.tell({Scene::webhook_to(secure, "\"ca_file\": " + quoted(test_ca().ca_file().string()))});

  const ProcessResult result = scene.fail_over();

  CHECK(secure.requests().size() == (good ? 1 : 0));
  CHECK(scene.letters().size() == (good ? 0 : 1));
  CHECK_THAT(result.err,
             good ? StartsWith("") : StartsWith("cf-failover: warning: a notice waits"));
  CHECK(result.err.empty() == good);
}

TEST_CASE("A command is told by its environment, and sees nothing else of ours") {
  Scene scene;
  const fs::path seen = scene.scratch.path() / "environment";
  const fs::path tell = scene.scratch.write("tell",
                                            "#!/bin/sh\nprintf '%s\\n' \"$#:$1:$2\" >" +
                                                seen.string() + "\nenv >>" + seen.string() + "\n",
                                            0700);
  scene.tell({R"({"channel": "exec", "command": [")" + tell.string() +
                  R"(", "$HOME `id` > *", "two words"]})",
              R"({"channel": "telegram", "token_env": "BOT", "chat": "1", "url": ")" +
                  scene.told.url() + "\"}"});
  ProcessSpec spec = scene.spec();
  spec.environment["BOT"] = "123:planted-in-the-environment";
  spec.environment["PATH"] = "/usr/bin:/bin";
  spec.environment["HOME"] = "/nowhere";
  spec.environment["LANG"] = "C.UTF-8";
  spec.environment["SOMETHING"] = "else";
  scene.fail_main();

  const ProcessResult result = run(spec);

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  const std::string said = scene.scratch.read("environment");
  CHECK_THAT(said, StartsWith("2:$HOME `id` > *:two words\n"));
  std::map<std::string, std::string> environment;
  for (const std::string_view line : split(said, '\n')) {
    if (const auto equals = line.find('='); equals != line.npos) {
      environment.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  for (const char* const name : {"PWD", "_", "SHLVL", "OLDPWD"}) {  // The shell's own.
    environment.erase(name);
  }
  CHECK(environment["CF_FAILOVER_EVENT"] == "failover");
  CHECK(environment["CF_FAILOVER_RECORD"] == "www.example.com A");
  CHECK(environment["CF_FAILOVER_FROM"] == Lab::kMain);
  CHECK(environment["CF_FAILOVER_TO"] == Lab::kBackup);
  CHECK(environment["CF_FAILOVER_REASON"] == "127.0.2.1: refused");
  CHECK(environment["CF_FAILOVER_SENTENCE"] == kMoved);
  CHECK(environment["CF_FAILOVER_HOST"] == this_host());
  CHECK(environment["CF_FAILOVER_ID"].ends_with("-failover"));
  check_is_now(environment["CF_FAILOVER_TIME"]);
  std::set<std::string> names;
  for (const auto& [name, value] : environment) {
    names.insert(name);
  }
  CHECK(names == std::set<std::string>{"CF_FAILOVER_EVENT", "CF_FAILOVER_FROM", "CF_FAILOVER_HOST",
                                       "CF_FAILOVER_ID", "CF_FAILOVER_REASON", "CF_FAILOVER_RECORD",
                                       "CF_FAILOVER_SENTENCE", "CF_FAILOVER_TIME", "CF_FAILOVER_TO",
                                       "HOME", "LANG", "PATH"});
}

TEST_CASE("A command of one word is that word, even with a blank in it") {
  Scene scene;
  const fs::path seen = scene.scratch.path() / "seen";
  const fs::path tell =
      scene.scratch.write("my own tell", "#!/bin/sh\necho told >" + seen.string() + "\n", 0700);
  scene.tell({R"({"channel": "exec", "command": [")" + tell.string() + "\"]}"});

  const ProcessResult result = scene.fail_over();

  CHECK(result.err.empty());
  CHECK(fs::exists(seen));
}

TEST_CASE("A command that fails is tried again later, and changes no status") {
  const auto [script, says] = GENERATE(table<std::string, std::string>({
      {"#!/bin/sh\nexit 3\n", " ended with 3"},
      {"#!/bin/sh\nkill -9 $$\n", " was killed"},
      {"no program at all", ""},
      {"#!/nowhere/interpreter\n", "cannot run "},
  }));
  CAPTURE(script);
  Scene scene;
  const fs::path tell = scene.scratch.write("tell", script, 0700);
  scene.tell({R"({"channel": "exec", "command": [")" + tell.string() + "\"]}"});

  const ProcessResult result = scene.fail_over();

  CHECK(result.out == success_line());
  CHECK_THAT(result.err, StartsWith("cf-failover: warning: a notice waits, since exec did not "));
  CHECK_THAT(result.err, ContainsSubstring(says));
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK(scene.letters().size() == 1);
}

TEST_CASE("A command that hangs is killed with its children when the time is up") {
  Scene scene;
  const fs::path alive = scene.scratch.path() / "alive";
  const fs::path tell = scene.scratch.write(
      "tell", "#!/bin/sh\n(flock 9; sleep 1000) 9>" + alive.string() + " &\nsleep 1000\n", 0700);
  scene.tell({R"({"channel": "exec", "command": [")" + tell.string() + "\"]}"});
  scene.fail_main();
  ProcessSpec spec = scene.spec({"run", "--deadline", "1"});
  spec.environment["PATH"] = "/usr/bin:/bin";

  const ProcessResult result = run(spec);

  CHECK(result.status == 0);
  CHECK(result.elapsed < 4s);
  CHECK_THAT(result.err, ContainsSubstring("was killed after"));
  const Descriptor file(open(alive.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(file);
  CHECK(flock(file.get(), LOCK_EX | LOCK_NB) == 0);
}

// --- Email ---

namespace {

std::string email_to(const SmtpSink& sink, const std::string& more = {}) {
  return R"({"channel": "email", "server": ")" + sink.url() +
         R"(", "from": "dns@example.com", "to": ["ops@example.com", "boss@example.net"])" + more +
         "}";
}

std::string with_login(const ConfigLab& lab) {
  return R"(, "user": "me", "password_file": ")" + lab.secret_file("mail", "planted-password") +
         R"(", "ca_file": ")" + test_ca().ca_file().string() + "\"";
}

SmtpSetup secure(SmtpSetup::Tls tls) {
  return {.tls = tls,
          .certificate = test_ca().valid("127.0.6.1"),
          .user = "me",
          .password = "planted-password"};
}

/// The value of a header of the mail.
std::string header_of(const SeenMail& mail, const std::string& name) {
  const auto at = ("\r\n" + mail.text).find("\r\n" + name + ": ");
  REQUIRE(at != std::string::npos);
  const auto begin = at + name.size() + 2;
  return mail.text.substr(begin, mail.text.find("\r\n", begin) - begin);
}

}  // namespace

TEST_CASE("A failover is mailed over TLS to all recipients, as a proper message") {
  const auto tls = GENERATE(SmtpSetup::Tls::implicit, SmtpSetup::Tls::starttls);
  const auto mechanism = GENERATE(as<std::string>(), "PLAIN", "LOGIN");
  Scene scene;
  SmtpSetup setup = secure(tls);
  setup.mechanisms = {mechanism};
  SmtpSink sink(setup);
  scene.tell({email_to(sink, with_login(scene))});

  const ProcessResult result = scene.fail_over();

  CHECK(result.err.empty());
  CHECK(scene.letters().empty());
  REQUIRE(sink.mails().size() == 1);
  const SeenMail mail = sink.mails().front();
  CHECK(mail.encrypted);
  CHECK(mail.login == "me:planted-password");
  CHECK(mail.from == "dns@example.com");
  CHECK(mail.to == Names{"ops@example.com", "boss@example.net"});
  const std::string date = header_of(mail, "Date");
  const std::string id = header_of(mail, "Message-ID");
  const std::string since = since_in(mail.text);
  check_is_now(since);
  std::string text = text_of_failover(since);
  text = std::regex_replace(text, std::regex("\n"), "\r\n");
  std::string received = mail.text;
  while (received.ends_with("\r\n\r\n")) {  // How many empty lines there are is no matter.
    received.resize(received.size() - 2);
  }
  CHECK(received == "Date: " + date +
                        "\r\nFrom: cf-failover <dns@example.com>\r\n"
                        "To: ops@example.com, boss@example.net\r\n"
                        "Subject: " +
                        kMoved + "\r\nMessage-ID: " + id +
                        "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: 8bit\r\n\r\n" +
                        text);
  CHECK(std::regex_match(
      date, std::regex("(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|"
                       "Sep|Oct|Nov|Dec) 20[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} \\+0000")));
  CHECK(std::regex_match(id, std::regex("<[A-Za-z0-9._-]+-failover@example\\.com>")));
  CHECK(contains(date, since.substr(11, 8)));
}

TEST_CASE("A mail server on this host need speak neither TLS nor ask for a password") {
  Scene scene;
  SmtpSink sink;
  scene.tell({email_to(sink)});

  const ProcessResult result = scene.fail_over();

  CHECK(result.err.empty());
  REQUIRE(sink.mails().size() == 1);
  CHECK_FALSE(sink.mails().front().encrypted);
  CHECK(sink.mails().front().login.empty());
}

TEST_CASE("A password is told to no server whose certificate is bad") {
  const auto tls = GENERATE(SmtpSetup::Tls::implicit, SmtpSetup::Tls::starttls);
  const auto kind = GENERATE(0, 1, 2);
  Scene scene;
  SmtpSetup setup = secure(tls);
  setup.certificate = kind == 0   ? test_ca().expired("127.0.6.1")
                      : kind == 1 ? test_ca().valid("mail.example.com")
                                  : test_ca().by_unknown_ca("127.0.6.1");
  SmtpSink sink(setup);
  scene.tell({email_to(sink, with_login(scene))});

  const ProcessResult result = scene.fail_over();

  CHECK_THAT(result.err, StartsWith("cf-failover: warning: a notice waits, since email did not "));
  CHECK_THAT(result.err, ContainsSubstring("certificate"));
  CHECK(sink.mails().empty());
  for (const std::string& command : sink.commands()) {
    CHECK_FALSE(command.starts_with("AUTH"));
    CHECK_FALSE(command.starts_with("MAIL"));
  }
  CHECK(scene.letters().size() == 1);
}

TEST_CASE("A mail that is not taken waits, and the next run sends the same one") {
  using Kind = SmtpTrouble::Kind;
  const SmtpTrouble trouble = GENERATE(values<SmtpTrouble>({
      {"HELLO", Kind::refuse, 554},
      {"HELLO", Kind::drop},
      {"EHLO", Kind::drop},
      {"MAIL", Kind::refuse, 451},
      {"RCPT", Kind::refuse, 550},
      {"DATA", Kind::refuse, 452},
      {".", Kind::refuse, 554},
      {".", Kind::drop},
  }));
  CAPTURE(trouble.at, trouble.code);
  Scene scene;
  SmtpSink sink;
  scene.tell({email_to(sink)});
  sink.be_trouble(trouble);

  const ProcessResult first = scene.fail_over();
  CHECK(scene.letters().size() == 1);
  CHECK(sink.mails().empty());
  sink.be_trouble(std::nullopt);
  scene.let_pass(61s);
  const ProcessResult second = scene.run();

  CHECK(first.out == success_line());
  CHECK_THAT(first.err, StartsWith("cf-failover: warning: a notice waits, since email did not "));
  CHECK(second.err.empty());
  REQUIRE(sink.mails().size() == 1);
  CHECK(scene.letters().empty());
}

TEST_CASE("A mail server's own words are told") {
  const auto [trouble, says] = GENERATE(table<SmtpTrouble, std::string>({
      {{.at = "HELLO", .code = 554}, "554"},
      {{.at = "AUTH", .code = 535}, "did not take the message: Login denied (status 535)"},
      {{.at = "MAIL", .code = 451}, "did not take the message: MAIL failed: 451"},
      {{.at = "RCPT", .code = 550}, "did not take the message: RCPT failed: 550"},
      {{.at = "DATA", .code = 452}, "did not take the message: DATA failed: 452"},
      {{.at = ".", .code = 554}, "554"},
      {{.at = "EHLO", .kind = SmtpTrouble::Kind::drop}, "closed the connection"},
  }));
  Scene scene;
  SmtpSink sink(secure(SmtpSetup::Tls::implicit));
  scene.tell({email_to(sink, with_login(scene))});
  sink.be_trouble(trouble);

  const ProcessResult result = scene.run({"notify-test"});

  CAPTURE(trouble.at, result.err);
  CHECK(result.status == 1);
  CHECK_THAT(result.out, ContainsSubstring(says));
  CHECK_FALSE(contains(result.out + result.err, "planted-password"));
}

TEST_CASE("A mail whose taking was not heard of comes again with the same Message-ID") {
  Scene scene;
  SmtpSink sink;
  scene.tell({email_to(sink)});
  sink.be_trouble(SmtpTrouble{.at = ".", .kind = SmtpTrouble::Kind::drop, .takes_it = true});

  scene.fail_over();
  sink.be_trouble(std::nullopt);
  scene.let_pass(61s);
  scene.run();

  REQUIRE(sink.mails().size() == 2);
  CHECK(header_of(sink.mails()[0], "Message-ID") == header_of(sink.mails()[1], "Message-ID"));
}

TEST_CASE("A recipient who is refused keeps the mail from nobody else") {
  Scene scene;
  SmtpSink sink;
  scene.tell({email_to(sink)});
  sink.be_trouble(SmtpTrouble{.at = "RCPT", .only = "boss@"});

  scene.fail_over();

  REQUIRE(sink.mails().size() == 1);
  CHECK(sink.mails().front().to == Names{"ops@example.com"});
}

TEST_CASE("A mail server that hangs holds up the run no longer than its deadline, and no other") {
  const auto at = GENERATE(as<std::string>(), "HELLO", "EHLO", "RCPT", "DATA", ".", "QUIT");
  CAPTURE(at);
  Scene scene;
  SmtpSink sink;
  scene.tell({email_to(sink), scene.webhook()});
  sink.be_trouble(SmtpTrouble{.at = at, .kind = SmtpTrouble::Kind::hang});
  scene.fail_main();
  ProcessSpec spec = scene.spec({"run", "--deadline", "1"});
  spec.limit = 8s;

  const ProcessResult result = run(spec);

  CHECK(result.status == 0);
  CHECK_FALSE(result.killed_at_limit);
  CHECK(result.elapsed < 4s);
  CHECK(scene.letters().size() == (at == "QUIT" ? 0 : 1));
  CHECK(sink.mails().size() == (at == "QUIT" ? 1 : 0));
  CHECK(scene.content() == Lab::kBackup);
  CHECK(scene.events() == Names{"failover"});
}

// --- Events ---

namespace {

/// What befalls the record, and the one thing that is told of it.
struct Happening {
  std::string event;
  std::function<void(Scene&)> arrange;
  int status = 0;
  std::string sentence = {};  ///< a part of it
  std::string from = {};
  std::string to = {};
};

void on_backup(Scene& scene) {
  scene.point_to(Lab::kBackup);
}

const std::vector<Happening>& happenings() {
  static const std::vector<Happening> kAll{
      {"failover", [](Scene& scene) { scene.fail_main(); }, 0, kMoved, Lab::kMain, Lab::kBackup},
      {"failback", on_backup, 0, kMovedBack, Lab::kBackup, Lab::kMain},
      {"cannot-fail-over",
       [](Scene& scene) {
         scene.fail_main();
         scene.run();  // To BACKUP; and then that dies too.
         scene.backup.behave(Refuse{});
       },
       1, "cannot fail over"},
      {"refused",
       [](Scene& scene) {
         scene.fail_main();
         at(Exchange::patch, fault::refusal(403, 10000, "Authentication error"))(scene);
       },
       6, "Authentication error", Lab::kMain, Lab::kBackup},
      {"unconfirmed",
       [](Scene& scene) {
         scene.fail_main();
         at(Exchange::patch, fault::Close{}, 1)(scene);
         at(Exchange::verify, fault::Close{})(scene);
       },
       7, "could not confirm", Lab::kMain, Lab::kBackup},
      {"conflict",
       [](Scene& scene) {
         scene.fail_main();
         at(Exchange::reread,
            fault::Meanwhile{fault::Moment::before, [&] { scene.point_to(Lab::kOther); }},
            1)(scene);
       },
       5, "it holds 127.0.4.1 now", Lab::kMain, Lab::kBackup},
      {"standby-down", [](Scene& scene) { scene.backup.behave(Refuse{}); }, 0,
       "www.example.com A: the standby 127.0.3.1 is inaccessible: refused"},
      {"standby-up",
       [](Scene& scene) {
         scene.backup.behave(Refuse{});
         scene.run();
         scene.let_pass(5min);
         scene.backup.behave(Answer{});
       },
       0, "www.example.com A: the standby 127.0.3.1 is accessible again, after 5"},
      {"unknown",
       [](Scene& scene) {
         at(Exchange::list, fault::refusal(403, 10000, "Authentication error"))(scene);
       },
       3, "could not read the record"},
      {"recovered",
       [](Scene& scene) {
         at(Exchange::list, fault::refusal(403, 10000, "Authentication error"))(scene);
         scene.run();
         scene.let_pass(5min);
         scene.cloudflare.disarm_all();
       },
       0, "www.example.com A: recovered after 5"},
  };
  return kAll;
}

}  // namespace

TEST_CASE("Each event is told once, in one sentence, and not again by the next run") {
  const Happening& happening = happenings().at(GENERATE(range(std::size_t{0}, std::size_t{10})));
  CAPTURE(happening.event);
  Scene scene;
  happening.arrange(scene);
  const std::size_t before = scene.told.requests().size();

  const ProcessResult result = scene.run({"run", "--deadline", "2"});

  CAPTURE(result.out, result.err, scene.events());
  CHECK(result.status == happening.status);
  const Names told = scene.events();
  REQUIRE(told.size() == before + 1);
  CHECK(told.back() == happening.event);
  CHECK_THAT(scene.sentences().back(), StartsWith("www.example.com A: "));
  CHECK_THAT(scene.sentences().back(), ContainsSubstring(happening.sentence));
  const std::string body = scene.told.requests().back().body;
  CHECK(json_member(body, "exit") == std::to_string(happening.status));
  if (!happening.from.empty()) {
    CHECK(json_member(body, "from") == happening.from);
    CHECK(json_member(body, "to") == happening.to);
  }
  if (happening.event != "conflict" && happening.event != "unconfirmed") {
    scene.run({"run", "--deadline", "2"});
    CHECK(scene.told.requests().size() == before + 1);
  }
}

TEST_CASE("A dry run, status and check-config tell nobody, and leave what waits alone") {
  const Options words = GENERATE(values<Options>({{"run", "--dry-run"},
                                                  {"status"},
                                                  {"check-config"},
                                                  {"check-config", "--online"},
                                                  {"switch", "backup", "--dry-run"}}));
  CAPTURE(words);
  Scene scene;
  scene.told.behave(Refuse{});
  scene.fail_over();
  scene.let_pass(10min);
  REQUIRE(scene.letters().size() == 1);
  const std::string before = everything_below(scene.state());
  scene.told.behave(Answer{});
  scene.backup.behave(Refuse{});

  scene.run(words);

  CHECK(scene.told.connections() == 0);
  CHECK(everything_below(scene.state()) == before);
}

TEST_CASE("What a person and a hook do is told as well") {
  Scene scene;

  const ProcessResult switched = scene.run({"switch", "backup"});

  CHECK(switched.status == 0);
  CHECK(scene.events() == Names{"failover"});
  CHECK(json_member(scene.told.requests().front().body, "to") == Lab::kBackup);
}

TEST_CASE("A channel with a list of events is told of those alone") {
  Scene scene;
  LoopbackOrigin second({.address = "127.0.7.2"});
  scene.tell({scene.webhook(R"("events": ["failback", "standby-down"])"),
              Scene::webhook_to(second, R"("events": "failover")")});

  scene.fail_over();
  scene.fail_back();
  scene.backup.behave(Refuse{});
  scene.run();

  CHECK(scene.events() == Names{"failback", "standby-down"});
  REQUIRE(second.requests().size() == 1);
  CHECK(json_member(second.requests().front().body, "event") == "failover");
}

TEST_CASE("Two channels of a kind are told each") {
  Scene scene;
  LoopbackOrigin second({.address = "127.0.7.2"});
  scene.tell({scene.webhook(), Scene::webhook_to(second)});

  scene.fail_over();

  REQUIRE(scene.told.requests().size() == 1);
  REQUIRE(second.requests().size() == 1);
  CHECK(second.requests().front().body == scene.told.requests().front().body);
}

TEST_CASE("Each record's events are told, whatever the others do") {
  Scene scene;
  scene.cloudflare.add_record({.name = "api.example.com", .content = Lab::kMain, .ttl = 60});
  scene.configure({notify({scene.webhook()})}, {"www.example.com", "api.example.com"});
  scene.fail_main();

  const ProcessResult result = scene.run();

  CHECK(result.status == 0);
  CHECK(scene.events() == Names{"failover", "failover"});
  const Names sentences = scene.sentences();
  CHECK(std::set<std::string>(sentences.begin(), sentences.end()).size() == 2);
  CHECK(scene.ids().front() != scene.ids().back());
}

// --- Trouble that lasts ---

namespace {

/// BACKUP, and then everything, is down: no run can do anything about it.
void lose_everything(Scene& scene) {
  scene.fail_over();
  scene.backup.behave(Refuse{});
}

}  // namespace

TEST_CASE("Trouble that lasts is told once, and its end with how long it took") {
  Scene scene;
  lose_everything(scene);

  for (int minute = 0; minute < 10; ++minute) {
    CHECK(scene.run().status == 1);
    scene.let_pass(1min);
  }
  scene.backup.behave(Answer{});
  const ProcessResult result = scene.run();

  CHECK(result.status == 0);
  CHECK(scene.events() == Names{"failover", "cannot-fail-over", "recovered"});
  CHECK_THAT(scene.sentences().back(), StartsWith("www.example.com A: recovered after 10 min"));
}

TEST_CASE("Trouble is told again at the interval that `remind` asks for, and no sooner") {
  Scene scene;
  scene.tell({scene.webhook()}, {R"("remind": "30m")"});
  lose_everything(scene);

  scene.run();
  for (int i = 0; i < 6; ++i) {
    scene.let_pass(10min);
    scene.run();
  }

  CHECK(scene.events() ==
        Names{"failover", "cannot-fail-over", "cannot-fail-over", "cannot-fail-over"});
  const Names ids = scene.ids();
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
  CHECK_THAT(scene.sentences()[2], StartsWith("www.example.com A: still, after 30 min"));
  CHECK_THAT(scene.sentences()[3], StartsWith("www.example.com A: still, after 1 h"));
}

TEST_CASE("A reminder says since when there has been trouble") {
  Scene scene;
  scene.tell({Scene::slack_to(scene.told)}, {R"("remind": "30m")"});
  lose_everything(scene);

  scene.run();
  scene.let_pass(30min);
  scene.run();

  REQUIRE(scene.told.requests().size() == 3);
  const auto since = [&](std::size_t i) {
    return *parse_unix_time(since_in(json_member(scene.told.requests()[i].body, "text")));
  };
  CHECK(since(1) - since(2) > 29min);
  CHECK(since(1) - since(2) < 31min);
}

// --- The outbox ---

TEST_CASE("A notice is on the disk before the first byte of it is sent") {
  Scene scene;
  Names waiting;
  std::string letter;
  scene.told.on_request([&](const SeenRequest&) {
    waiting = scene.letters();
    letter = scene.letter();
  });

  scene.fail_over();

  REQUIRE(waiting.size() == 1);
  CHECK_THAT(waiting.front(), Catch::Matchers::EndsWith("-failover.webhook.json"));
  CHECK(json_member(letter, "sentence") == kMoved);
  CHECK(json_member(letter, "id") == scene.ids().front());
  CHECK(scene.letters().empty());
}

TEST_CASE("The letters that wait are for their owner's eyes alone") {
  Scene scene;
  scene.told.behave(Refuse{});

  scene.fail_over();

  struct stat status {};
  REQUIRE(stat((scene.outbox() / scene.letters().at(0)).c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  REQUIRE(stat(scene.outbox().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("The record has changed before a channel hears a byte") {
  Scene scene;
  SmtpSink sink;
  LoopbackOrigin second({.address = "127.0.7.2"});
  scene.tell({scene.webhook(), Scene::slack_to(second), email_to(sink)});
  std::size_t earlier = 0;
  std::string seen;
  scene.cloudflare.on_request([&](const LoggedRequest& request) {
    if (request.is_write()) {
      earlier = scene.told.connections() + second.connections() + sink.connections();
    }
  });
  scene.told.on_request([&](const SeenRequest&) {
    seen = scene.content() + ", writes: " + std::to_string(scene.cloudflare.writes().size());
  });
  at(Exchange::patch, fault::Delay{300ms, fault::Moment::after}, 1)(scene);

  scene.fail_over();

  CHECK(earlier == 0);
  CHECK(seen == "127.0.3.1, writes: 1");
  CHECK(scene.told.requests().size() == 1);
  CHECK(second.requests().size() == 1);
  REQUIRE(sink.mails().size() == 1);
  const auto writes = scene.cloudflare.writes();
  REQUIRE(writes.size() == 1);
  CHECK(writes.front().status == 200);
  CHECK(writes.front().time < sink.mails().front().time);
}

TEST_CASE("A notice that was not taken is sent by later runs, each pause twice the last") {
  Scene scene;
  scene.told.behave(behaviour::status(503));
  scene.fail_over();
  REQUIRE(scene.told.requests().size() == 1);

  std::vector<int> tries;
  for (int minute = 1; minute <= 70; ++minute) {
    scene.let_pass(1min);
    const std::size_t before = scene.told.requests().size();
    const ProcessResult result = scene.run();
    CHECK((result.out + result.err).empty());
    if (scene.told.requests().size() > before) {
      tries.push_back(minute);
    }
  }
  scene.told.behave(Answer{});
  scene.let_pass(1h);
  scene.run();

  CHECK(tries == std::vector<int>{1, 3, 7, 15, 31, 63});
  const Names ids = scene.ids();
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 1);
  CHECK(scene.letters().empty());
}

TEST_CASE("A server that asks for patience gets it") {
  const auto [asked, minutes] = GENERATE(table<std::string, int>({{"1800", 30}, {"10", 1}}));
  Scene scene;
  scene.told.behave(Answer{.status = 429, .headers = {{"Retry-After", asked}}});
  scene.fail_over();
  scene.told.behave(Answer{});

  scene.let_pass(std::chrono::minutes(minutes) - 10s);
  scene.run();
  CHECK(scene.told.requests().size() == 1);
  scene.let_pass(15s);
  scene.run();

  CHECK(scene.told.requests().size() == 2);
  CHECK(scene.letters().empty());
}

TEST_CASE("A channel's notices keep their order while one of them waits") {
  Scene scene;
  scene.told.behave(behaviour::status(500));
  scene.fail_over();
  scene.fail_back();
  scene.backup.behave(Refuse{});
  scene.run();
  CHECK(scene.letters().size() == 3);
  CHECK(scene.told.requests().size() == 1);
  scene.told.behave(Answer{});

  scene.let_pass(61s);
  scene.run();

  CHECK(scene.events() == Names{"failover", "failover", "failback", "standby-down"});
  CHECK(scene.letters().empty());
}

TEST_CASE("A broken channel holds up no other") {
  const Behaviour broken = GENERATE(values<Behaviour>(
      {Refuse{}, Hang{}, Hang{Stage::accepted}, Hang{Stage::head_sent}, behaviour::NeverConnect{},
       Reset{}, behaviour::not_http(), behaviour::status(500), behaviour::redirect("/elsewhere"),
       behaviour::Endless{behaviour::Part::headers}}));
  CAPTURE(broken.index());
  Scene scene;
  LoopbackOrigin second({.address = "127.0.7.2"}, broken);
  SmtpSink sink;
  scene.tell({Scene::webhook_to(second), scene.webhook(), email_to(sink)});
  scene.fail_main();

  const ProcessResult result = scene.run({"run", "--deadline", "1"});

  CHECK(result.status == 0);
  CHECK(result.elapsed < 7s);
  CHECK(scene.events() == Names{"failover"});
  CHECK(sink.mails().size() == 1);
  CHECK(second.requests().size() <= 1);
  const bool is_taken = broken.index() == Behaviour(Hang{}).index() &&
                        std::get<Hang>(broken).at == Stage::head_sent;  // A head says it all.
  CHECK(scene.letters().size() == (is_taken ? 0 : 1));
}

TEST_CASE("A channel that hangs makes no run miss its deadline, nor hold the record's lock") {
  Scene scene;
  scene.told.behave(Hang{});
  scene.fail_main();
  const auto begun = std::chrono::steady_clock::now();
  RunningProcess first(scene.spec({"run", "--deadline", "2"}));
  REQUIRE(scene.told.await_requests(1));

  const ProcessResult second = scene.run({"run", "--deadline", "2"});

  CHECK(second.status == 0);
  CHECK(second.elapsed < 2s);
  CHECK(first.running());
  CHECK(first.wait().status == 0);
  CHECK(std::chrono::steady_clock::now() - begun < 6s);
  CHECK(scene.told.requests().size() == 1);  // Not by both at once.
}

TEST_CASE("A run that is killed while it sends loses no notice") {
  Scene scene;
  scene.told.behave(Hang{});
  scene.fail_main();
  RunningProcess killed(scene.spec());
  REQUIRE(scene.told.await_requests(1));

  killed.signal(SIGKILL);
  CHECK(killed.wait().signal == SIGKILL);
  CHECK(scene.letters().size() == 1);
  scene.told.behave(Answer{});
  const ProcessResult result = scene.run();

  CHECK(result.status == 0);
  REQUIRE(scene.events() == Names{"failover", "failover"});
  CHECK(scene.ids()[0] == scene.ids()[1]);
  CHECK(scene.told.requests()[0].body == scene.told.requests()[1].body);
  CHECK(scene.letters().empty());
}

TEST_CASE("A run that is killed right after its write loses no notice and no line of history") {
  Scene scene;
  LoopbackOrigin second({.address = "127.0.3.9", .port = scene.main.port()}, Hang{});
  const Options words{"run", "--backup", Lab::kBackup, "--backup", "127.0.3.9"};
  std::atomic<bool> written = false;
  scene.cloudflare.on_request(
      [&](const LoggedRequest& request) { written = written || request.is_write(); });
  scene.fail_main();
  RunningProcess killed(scene.spec(words));
  REQUIRE(scene.cloudflare.await_writes(1));
  REQUIRE_FALSE(killed.await_line("never said", 200ms));  // It awaits the probe of the second.

  killed.signal(SIGKILL);
  CHECK(killed.wait().signal == SIGKILL);
  CHECK(written);
  CHECK(scene.content() == Lab::kBackup);
  second.behave(Answer{});
  scene.run(words);

  scene.run(words);

  const Names events = scene.events();
  REQUIRE(std::count(events.begin(), events.end(), "failover") == 1);
  CHECK(scene.sentences().front() ==
        std::string(kMoved) + ", as it seems: the run was killed, and the record holds it now");
  const std::string history = scene.run({"history", "--json"}).out;
  const auto first = history.find(R"("to":"127.0.3.1")");
  REQUIRE(first != history.npos);
  CHECK(history.find(R"("to":"127.0.3.1")", first + 1) == history.npos);
}

TEST_CASE("A change that was begun and not made is told by nobody") {
  Scene scene;
  scene.cloudflare.arm({.method = "PATCH", .times = 1, .mischief = fault::Hang{}});
  scene.fail_main();
  RunningProcess killed(scene.spec());
  REQUIRE(scene.cloudflare.await_writes(1));
  killed.signal(SIGKILL);
  CHECK(killed.wait().signal == SIGKILL);
  scene.main.behave(Answer{});

  CHECK(scene.run().status == 0);
  CHECK(scene.fail_over().status == 0);

  CHECK(scene.events() == Names{"failover"});
  CHECK(scene.sentences().front() == kMoved);
}

TEST_CASE("A change that a killed run began, and somebody else made, is not claimed") {
  Scene scene;
  scene.cloudflare.arm({.method = "PATCH", .times = 1, .mischief = fault::Hang{}});
  scene.fail_main();
  RunningProcess killed(scene.spec());
  REQUIRE(scene.cloudflare.await_writes(1));
  killed.signal(SIGKILL);
  CHECK(killed.wait().signal == SIGKILL);
  scene.point_to(Lab::kBackup);

  CHECK(scene.run().status == 0);

  REQUIRE(scene.events() == Names{"failover"});
  CHECK_THAT(scene.sentences().front(), ContainsSubstring("as it seems: the run was killed"));
  CHECK(contains(scene.told.requests().front().body, R"("written":null)"));
  CHECK(contains(scene.run({"history", "--json"}).out, R"("written":null)"));
  CHECK(contains(scene.run({"history"}).out, "(not confirmed)"));
}

TEST_CASE("A switch to MAIN that is killed is told as the failback that it is") {
  Scene scene;
  scene.point_to(Lab::kBackup);
  scene.cloudflare.arm(
      {.method = "PATCH", .times = 1, .mischief = fault::Hang{fault::Effect::applied}});
  RunningProcess killed(scene.spec({"switch", "main"}));
  REQUIRE(scene.cloudflare.await_writes(1));
  killed.signal(SIGKILL);
  CHECK(killed.wait().signal == SIGKILL);

  scene.run();

  CHECK(scene.events() == Names{"failback"});
}

TEST_CASE("People hear of an API that never answers in the run that it does not answer") {
  Scene scene;
  scene.cloudflare.arm({.method = "GET", .times = fault::kAlways, .mischief = fault::Hang{}});

  const ProcessResult result = scene.run({"run", "--deadline", "3s"});

  CHECK(result.status == 3);
  CHECK(result.elapsed < 10s);
  CHECK(scene.events() == Names{"unknown"});
  CHECK(scene.letters().empty());
}

TEST_CASE("A run that is terminated while it sends loses no notice") {
  Scene scene;
  scene.told.behave(Hang{});
  scene.fail_main();
  RunningProcess killed(scene.spec());
  REQUIRE(scene.told.await_requests(1));

  killed.signal(SIGTERM);
  const ProcessResult ended = killed.wait();
  scene.told.behave(Answer{});
  scene.run();

  CHECK(ended.elapsed < 5s);
  CHECK(scene.events() == Names{"failover", "failover"});
}

TEST_CASE("Runs that are killed at any moment after their notice was written lose none") {
  Scene scene;
  std::mt19937_64 random{20260131};
  std::set<std::string> written;
  const auto note = [&] {
    for (std::size_t i = 0; i < scene.letters().size(); ++i) {
      written.insert(json_member(scene.letter(i), "id"));
    }
  };

  for (int round = 0; round < 12; ++round) {
    const bool down = round % 2 == 0;
    scene.main.behave(down ? Behaviour(Refuse{}) : Behaviour(Answer{}));
    RunningProcess process(scene.spec());
    scene.cloudflare.await_writes(static_cast<std::size_t>(round) + 1, 2s);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 12000));
    process.signal(SIGKILL);
    process.wait();
    note();
  }
  scene.run();

  const Names ids = scene.ids();
  const std::set<std::string> told(ids.begin(), ids.end());
  for (const std::string& id : written) {
    CAPTURE(id);
    CHECK(told.contains(id));
  }
  CHECK(scene.letters().empty());
}

TEST_CASE("A late notice says how late it is, and one in time does not") {
  Scene scene;
  scene.tell({Scene::slack_to(scene.told)});
  scene.told.behave(behaviour::status(500));
  scene.fail_over();
  scene.told.behave(Answer{});

  scene.let_pass(3h);
  scene.run();

  REQUIRE(scene.told.requests().size() == 2);
  const std::string first = json_member(scene.told.requests()[0].body, "text");
  const std::string late = json_member(scene.told.requests()[1].body, "text");
  CHECK_THAT(first, !ContainsSubstring("late"));
  CHECK_THAT(late, Catch::Matchers::EndsWith("This notice is late by 3 h\n"));
}

TEST_CASE("A notice that is a day old is given up, and its sentence told here") {
  Scene scene;
  scene.told.behave(behaviour::status(500));
  scene.fail_over();
  scene.let_pass(23h);
  CHECK(scene.run().err.empty());
  CHECK(scene.letters().size() == 1);

  scene.let_pass(61min);
  const std::size_t before = scene.told.requests().size();
  const ProcessResult result = scene.run();

  CHECK(result.status == 0);
  CHECK(result.err ==
        std::string("cf-failover: warning: a notice was never delivered to webhook: ") + kMoved +
            "\n");
  CHECK(scene.told.requests().size() == before);
  CHECK(scene.letters().empty());
}

TEST_CASE("A notice to a channel that is configured no more does not wait for ever") {
  const bool another = GENERATE(true, false);
  Scene scene;
  scene.told.behave(behaviour::status(500));
  scene.fail_over();
  scene.tell(another ? Names{Scene::slack_to(scene.told)} : Names{});

  scene.let_pass(25h);
  const ProcessResult result = scene.run();

  CHECK_THAT(result.err, ContainsSubstring("a notice was never delivered to webhook: "));
  CHECK(scene.letters().empty());
}

TEST_CASE("What nobody can make sense of in the outbox is set aside, and harms nothing") {
  const auto text = GENERATE(
      as<std::string>(), "", "{", "rubbish", "[]", "{}", "{\"version\":1}", "{\"version\":2}",
      std::string("\0\0\0\0", 4), std::string(2'000'000, '['), "\xff\xfe",
      R"({"version":1,"channel":"webhook","id":"x","event":"no-event","time":"2026-01-31T10:15:00Z","sentence":"s","failures":0,"next_try":"2026-01-31T10:15:00Z"})",
      R"({"version":1,"channel":"webhook","id":"x","event":"failover","time":"yesterday","sentence":"s","failures":0,"next_try":"2026-01-31T10:15:00Z"})",
      R"({"version":1,"channel":"webhook","id":"x","event":"failover","time":"2026-01-31T10:15:00Z","sentence":"s","failures":-1,"next_try":"2026-01-31T10:15:00Z"})");
  Scene scene;
  scene.run();
  scene.scratch.write("state/outbox/2000-01-01.webhook.json", text);

  const ProcessResult result = scene.fail_over();

  CHECK(result.out == success_line());
  CHECK(scene.events() == Names{"failover"});
  CHECK(scene.letters().empty());
  CHECK(scene.others() == Names{"2000-01-01.webhook.json.bad"});
}

TEST_CASE("What is no file in the outbox harms nothing") {
  Scene scene;
  scene.run();
  fs::create_directories(scene.outbox() / "directory.json" / "inside");
  fs::create_symlink("/etc/passwd", scene.outbox() / "link.json");
  fs::create_symlink("/nowhere", scene.outbox() / "broken.json");
  REQUIRE(mkfifo((scene.outbox() / "fifo.json").c_str(), 0600) == 0);
  scene.scratch.write("state/outbox/killed.json.new", "half a le");

  const ProcessResult result = scene.fail_over();

  CHECK(result.elapsed < 5s);
  CHECK(scene.events() == Names{"failover"});
  CHECK(fs::exists("/etc/passwd"));
  const Names left = scene.letters();
  CHECK(std::none_of(left.begin(), left.end(),
                     [](const std::string& name) { return contains(name, "failover"); }));
}

namespace {

/// A letter as somebody evil would write it.
std::string poisoned(const std::string& id, const std::string& sentence,
                     const std::string& report = "{}", const std::string& failures = "0",
                     const std::string& channel = "webhook") {
  return R"({"version":1,"channel":")" + channel + R"(","id":")" + id +
         R"(","event":"failover","time":")" + to_text(unix_now()) +
         R"(","record":"www.example.com A","sentence":")" + sentence +
         R"(","from":"","to":"","reason":"","host":"h","report":")" + report + R"(","failures":)" +
         failures + R"(,"next_try":"1970-01-01T00:00:00Z"})";
}

}  // namespace

TEST_CASE("A letter that somebody has poisoned adds no header to a request") {
  Scene scene;
  scene.run();
  scene.scratch.write("state/outbox/2000.webhook.json",
                      poisoned(R"(x\r\nX-Evil: 1\r\n\r\nGET /evil HTTP/1.1)", "harmless"));

  scene.run();

  for (const SeenRequest& request : scene.told.requests()) {
    CHECK_FALSE(request.header("X-Evil"));
    CHECK_FALSE(contains(request.head, "\nX-Evil"));
  }
  CHECK(scene.told.requests().size() <= 1);
}

TEST_CASE("A letter that somebody has poisoned adds no header and no recipient to a mail") {
  Scene scene;
  SmtpSink sink;
  scene.tell({email_to(sink)});
  scene.run();
  scene.scratch.write(
      "state/outbox/2000.email.json",
      poisoned(R"(x>\r\nBcc: evil@example.org)",
               R"(s\r\nBcc: evil@example.org\r\n.\r\nRCPT TO:<evil@example.org>\r\n)", "{}", "0",
               "email"));

  const ProcessResult result = scene.run();

  CAPTURE(result.err);
  REQUIRE(sink.mails().size() == 1);
  const SeenMail mail = sink.mails().front();
  CHECK(mail.to == Names{"ops@example.com", "boss@example.net"});
  const std::string head = mail.text.substr(0, mail.text.find("\r\n\r\n"));
  CHECK_FALSE(contains(head, "\nBcc"));
  for (const std::string& command : sink.commands()) {
    CHECK_FALSE(contains(command, "evil"));
  }
}

TEST_CASE("A letter that has failed too often to count still waits") {
  Scene scene;
  scene.run();
  scene.told.behave(behaviour::status(500));
  scene.scratch.write("state/outbox/2000.webhook.json",
                      poisoned("x", "harmless", "{}", "2147483647"));

  scene.run();
  scene.told.behave(Answer{});
  scene.let_pass(2h);
  scene.run();

  CHECK(scene.others().empty());
  CHECK(scene.told.requests().size() == 2);
  CHECK(scene.letters().empty());
}

TEST_CASE("A webhook gets proper JSON, whatever somebody has put into the outbox") {
  const auto report = GENERATE(as<std::string>(), "[1,2,3]", "rubbish", "{\\\"a\\\":", "{}", "");
  Scene scene;
  scene.run();
  scene.scratch.write("state/outbox/2000.webhook.json", poisoned("x", "harmless", report));

  scene.run();

  for (const SeenRequest& request : scene.told.requests()) {
    CHECK_NOTHROW(json_member(request.body, "event"));
  }
}

TEST_CASE("A clock that was far ahead for a while holds back no notice for long") {
  Scene scene;
  scene.told.behave(behaviour::status(500));
  scene.fail_over();
  scene.let_pass(-24h * 365);  // It was next year when that happened.
  scene.told.behave(Answer{});

  scene.run();
  scene.let_pass(2h);
  scene.run();

  CHECK(scene.told.requests().size() == 2);
}

TEST_CASE("A full disk stops no failover, and the run says that nobody is told") {
  Scene scene;
  scene.run();
  scene.fail_main();

  const ProcessResult result = run(with_no_room(scene.spec()));

  CHECK(result.status == 0);
  CHECK(result.out == success_line());
  CHECK(scene.content() == Lab::kBackup);
  const bool is_told = scene.told.requests().size() == 1;
  CHECK((is_told || contains(result.err, "no notice to webhook: ")));
}

TEST_CASE("Without a state directory people are told, or the run says that they are not") {
  Scene scene;
  scene.scratch.write("state", "not a directory");
  scene.fail_main();

  const ProcessResult result = scene.run();

  CHECK(result.status == 0);
  CHECK(scene.content() == Lab::kBackup);
  const bool is_told = scene.told.requests().size() == 1;
  CHECK((is_told || contains(result.err, "no notice")));
}

TEST_CASE("A record with the longest name that there can be is told of too") {
  std::string label(49, 'a');
  const std::string name =
      label + "." + label + "." + label + "." + label + ".x.example.com";  // As state files allow.
  Scene scene;
  scene.cloudflare.add_record({.name = name, .content = Lab::kMain, .ttl = 60});
  scene.configure({notify({scene.webhook()})}, {name});
  scene.backup.behave(Refuse{});  // "standby-down" is not the shortest.

  const ProcessResult result = scene.run();

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK(scene.events() == Names{"standby-down"});
}

// --- notify-test ---

TEST_CASE("A test notice goes to every channel, and each one's answer is shown") {
  Scene scene;
  LoopbackOrigin second({.address = "127.0.7.2"}, behaviour::status(403));
  SmtpSink sink;
  scene.tell({scene.webhook(), Scene::slack_to(second), email_to(sink)});
  ProcessSpec spec = scene.spec({"notify-test"});
  spec.environment.clear();  // No token is needed.

  const ProcessResult result = run(spec);

  CHECK(result.status == 1);
  CHECK(result.err.empty());
  CHECK(std::regex_match(result.out,
                         std::regex("webhook +delivered *\nslack +not delivered +127\\.0\\.7\\.2 "
                                    "answered with status 403\nemail +delivered *\n")));
  CHECK(scene.told.requests().size() == 1);
  CHECK(second.requests().size() == 1);
  REQUIRE(sink.mails().size() == 1);
  CHECK_THAT(header_of(sink.mails().front(), "Subject"), ContainsSubstring("this is a test"));
  CHECK_FALSE(fs::exists(scene.state()));
  CHECK(scene.cloudflare.requests().empty());
}

TEST_CASE("A test notice can go to one channel alone") {
  const auto [name, first, second] = GENERATE(
      table<std::string, std::size_t, std::size_t>({{"webhook", 1, 0}, {"webhook-2", 0, 1}}));
  Scene scene;
  LoopbackOrigin other({.address = "127.0.7.2"});
  scene.tell({scene.webhook(R"("events": ["failback"])"), Scene::webhook_to(other)});

  const ProcessResult result = scene.run({"notify-test", name});

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK_THAT(result.out, StartsWith(name + " "));
  CHECK(scene.told.requests().size() == first);
  CHECK(other.requests().size() == second);
}

TEST_CASE("A test of a channel that is not there is wrong usage") {
  const auto [words, channels, says, hint] =
      GENERATE(table<Options, Names, std::string, std::string>({
          {{"notify-test", "slack"}, {"w"}, "there is no channel \"slack\"", "there are webhook"},
          {{"notify-test", "webhook-2"}, {"w"}, "there is no channel \"webhook-2\"", "webhook"},
          {{"notify-test"}, {}, "there is no channel to try", "\"notify\""},
          {{"notify-test", "--dry-run"}, {"w"}, "notify-test has no --dry-run", "it sends"},
          {{"notify-test", "--json"}, {"w"}, "notify-test has no --json", "it sends"},
          {{"notify-test", "webhook", "slack"}, {"w"}, "unexpected argument", ""},
      }));
  Scene scene;
  scene.tell(channels.empty() ? Names{} : Names{scene.webhook()});

  const ProcessResult result = scene.run(words);

  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("cf-failover: error: "));
  CHECK_THAT(result.err, ContainsSubstring(says));
  CHECK_THAT(result.err, ContainsSubstring("hint: "));
  CHECK_THAT(result.err, ContainsSubstring(hint));
  CHECK(scene.told.connections() == 0);
}

TEST_CASE("A test of a channel that hangs ends in time") {
  Scene scene;
  scene.told.behave(Hang{});

  const ProcessResult result = scene.run({"notify-test", "--deadline", "1"});

  CHECK(result.status == 1);
  CHECK(result.elapsed < 5s);
  CHECK_THAT(result.out, ContainsSubstring("not delivered"));
}

// --- Secrets ---

TEST_CASE("No secret of a channel is to be found anywhere but on its way") {
  const bool fails = GENERATE(true, false);
  const std::string secret = "planted-secret";
  Scene scene;
  SmtpSetup setup = secure(SmtpSetup::Tls::starttls);
  setup.password = secret + "-password";
  SmtpSink sink(setup);
  if (fails) {
    scene.told.behave(behaviour::status(500, secret));
    sink.be_trouble(SmtpTrouble{.at = "AUTH", .code = 535});
  }
  const fs::path seen = scene.scratch.path() / "environment";
  const fs::path tell =
      scene.scratch.write("tell", "#!/bin/sh\nenv >" + seen.string() + "\n", 0700);
  scene.scratch.write("secrets/headers", "Authorization: Bearer " + secret + "-header\n", 0600);
  const std::string url = scene.told.url();
  scene.tell(
      {R"({"channel": "slack", "url_file": ")" + scene.secret_file("s", url + secret + "-slack") +
           "\"}",
       R"({"channel": "slack", "url_env": "SLACK_URL"})",
       R"({"channel": "telegram", "token_file": ")" + scene.secret_file("t", secret + "-bot") +
           R"(", "chat": "1", "url": ")" + url + "\"}",
       R"({"channel": "pushbullet", "token_env": "PUSH", "url": ")" + url + "\"}",
       R"({"channel": "webhook", "url_file": ")" + scene.secret_file("w", url + secret + "-hook") +
           R"(", "headers_file": ")" + (scene.scratch.path() / "secrets/headers").string() + "\"}",
       R"({"channel": "exec", "command": [")" + tell.string() + "\"]}",
       R"({"channel": "email", "server": ")" + sink.url() +
           R"(", "from": "dns@example.com", "to": "ops@example.com", "user": "me", "ca_file": ")" +
           test_ca().ca_file().string() + R"(", "password_file": ")" +
           scene.secret_file("m", secret + "-password") + "\"}"},
      {"\"ping_file\": " + quoted(scene.secret_file("p", url + secret + "-ping")),
       "\"metrics_file\": " + quoted((scene.scratch.path() / "cf.prom").string())});
  scene.fail_main();
  std::string said;
  for (const Options& words : std::vector<Options>{{"run", "-v"},
                                                   {"run", "--json", "-v"},
                                                   {"notify-test"},
                                                   {"status"},
                                                   {"check-config", "--online"},
                                                   {"check-config", "--json"},
                                                   {"history"},
                                                   {"explain"}}) {
    ProcessSpec spec = scene.spec(words);
    spec.environment["SLACK_URL"] = url + secret + "-slack-2";
    spec.environment["PUSH"] = secret + "-push";
    const ProcessResult result = run(spec);
    said += result.out + result.err;
  }

  CHECK_FALSE(contains(said, secret));
  CHECK_FALSE(contains(everything_below(scene.state()), secret));
  CHECK_FALSE(contains(scene.scratch.read("environment"), secret));
  CHECK_FALSE(contains(scene.scratch.read("cf.prom"), secret));
  std::string sent;
  for (const SeenRequest& request : scene.told.requests()) {
    sent += request.head;
    CHECK_FALSE(contains(request.body, secret));
  }
  for (const char* const each :
       {"-slack", "-slack-2", "-bot", "-push", "-hook", "-header", "-ping"}) {
    CAPTURE(each);
    CHECK(contains(sent, secret + each));
  }
}

TEST_CASE("A secret that cannot be had stops no failover, and its notice waits") {
  const std::string kind =
      GENERATE(as<std::string>(), "missing", "open", "empty", "env", "rubbish");
  CAPTURE(kind);
  Scene scene;
  LoopbackOrigin second({.address = "127.0.7.2"});
  fs::path file = scene.scratch.path() / "secrets/bot";
  if (kind == "open") {
    scene.scratch.write("secrets/bot", "planted\n", 0644);
  } else if (kind == "empty" || kind == "rubbish") {
    scene.scratch.write("secrets/bot", kind == "empty" ? "" : "two words\n", 0600);
  }
  scene.tell({R"({"channel": "telegram", "chat": "1", "url": ")" + second.url() + "\", " +
                  (kind == "env" ? R"("token_env": "BOT"})"
                                 : R"("token_file": ")" + file.string() + "\"}"),
              scene.webhook()});

  const ProcessResult result = scene.fail_over();

  CHECK(result.out == success_line());
  CHECK_THAT(result.err,
             StartsWith("cf-failover: warning: a notice waits, since telegram did not "));
  CHECK_FALSE(contains(result.err, "planted"));
  CHECK(scene.events() == Names{"failover"});
  CHECK(second.connections() == 0);
  CHECK(scene.letters().size() == 1);
  if (kind != "env") {
    scene.secret_file("bot", "123:abc");
    scene.let_pass(61s);
    scene.run();
    CHECK(second.requests().size() == 1);
  }
}

TEST_CASE("A secret from the environment may end with a newline, and adds no header") {
  Scene scene;
  scene.tell(
      {R"({"channel": "pushbullet", "token_env": "PUSH", "url": ")" + scene.told.url() + "\"}"});
  ProcessSpec spec = scene.spec();
  spec.environment["PUSH"] = GENERATE(as<std::string>(), "o.planted\n", "o.planted\r\nX-Evil: 1");
  scene.fail_main();

  const ProcessResult result = run(spec);

  CHECK(result.status == 0);
  for (const SeenRequest& request : scene.told.requests()) {
    CHECK(request.header("Access-Token") == "o.planted");
    CHECK_FALSE(request.header("X-Evil"));
    CHECK_FALSE(request.body.empty());
  }
}

// --- The configuration ---

TEST_CASE("What is wrong with a channel is shown with its place in the file, and what is right") {
  struct Row {
    std::string channel;
    std::string place;  ///< within line 3
    std::string says;
    std::string hint;
  };
  const Row row = GENERATE(values<Row>({
      {R"({})", "5", "the channel has no kind", "slack"},
      {R"("slack")", "5", "a channel is not an object", "cf-failover-config(5)"},
      {R"({"channel": "slak", "url": "https://a.example/"})", "17", "unknown channel \"slak\"",
       "did you mean \"slack\"?"},
      {R"({"channel": "carrier pigeon"})", "17", "unknown channel \"carrier pigeon\"",
       "email, slack"},
      {R"({"channel": 5})", "17", "unknown channel", "there are"},
      {R"({"channel": "slack", "url_fil": "/x"})", "26", "unknown key \"url_fil\"",
       "did you mean \"url"},
      {R"({"channel": "slack", "token_file": "/x"})", "26", "unknown key \"token_file\"", ""},
      {R"({"channel": "slack", "url": "x", "url": "y"})", "", "url", ""},
      {R"({"channel": "slack"})", "17", "slack needs \"url_file\" or \"url_env\"", "no place for"},
      {R"({"channel": "telegram", "chat": "1"})", "17", "telegram needs \"token_file\"", "secrets"},
      {R"({"channel": "telegram", "token_file": "/x"})", "17", "telegram needs \"chat\"", ""},
      {R"({"channel": "pushbullet"})", "17", "pushbullet needs \"token_file\"", ""},
      {R"({"channel": "pushbullet", "token": "o.planted"})", "31", "unknown key \"token\"",
       "token_"},
      {R"({"channel": "webhook"})", "17", "webhook needs \"url_file\"", ""},
      {R"({"channel": "exec"})", "17", "exec needs \"command\"", ""},
      {R"({"channel": "exec", "command": []})", "17", "exec needs \"command\"", ""},
      {R"({"channel": "exec", "command": "a 'b"})", "36", "command", "list of words"},
      {R"({"channel": "email", "server": "smtps://a", "from": "a@b.c"})", "17",
       "email needs \"to\"", ""},
      {R"({"channel": "email", "server": "mail.example.com", "from": "a@b.c", "to": "d@e.f"})",
       "36", "server: this is not a mail server", "smtps://"},
      {R"({"channel": "email", "server": "smtp://u:p@a", "from": "a@b.c", "to": "d@e.f"})", "36",
       "server: this is not a mail server", "smtps://"},
      {R"({"channel": "email", "server": "smtps://a", "from": "me <a@b.c>", "to": "d@e.f"})", "57",
       "from: this is not a mail address", "without a name"},
      {R"({"channel": "email", "server": "smtps://a", "from": "a@b.c", "to": ["d@e.f", "x"]})", "",
       "to: this is not a mail address", "without a name"},
      {R"({"channel": "email", "server": "smtps://a", "from": "a@b.c", "to": "d@e.f,g@h.i"})", "72",
       "to: this is not a mail address", ""},
      {R"({"channel": "webhook", "url": "http://hooks.example.com/x"})", "35",
       "url: ", "use https"},
      {R"({"channel": "webhook", "url": "ftp://a/"})", "35", "url: this is not an address",
       "https://"},
      {R"({"channel": "webhook", "url": ["https://a.example/", "https://b.example/"]})", "", "url",
       ""},
      {R"({"channel": "webhook", "url": null})", "", "url", ""},
      {R"({"channel": "webhook", "url": "https://a.example/", "events": ["failover", "fail-over"]})",
       "", "events: \"fail-over\" is not an event", "standby-down"},
      {R"({"channel": "webhook", "url": "https://a.example/", "events": "everything"})", "",
       "events: \"everything\" is not an event", "failover"},
  }));
  CAPTURE(row.channel);
  Scene scene;
  scene.tell({row.channel});

  for (const Options& words : std::vector<Options>{{"run"}, {"check-config"}, {"notify-test"}}) {
    CAPTURE(words);
    const ProcessResult result = scene.run(words);

    CHECK(result.status == 2);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, StartsWith("cf-failover: error: "));
    CHECK_THAT(result.err, ContainsSubstring("config.json:3:" + row.place));
    CHECK_THAT(result.err, ContainsSubstring(row.says));
    CHECK_THAT(result.err, ContainsSubstring("\ncf-failover: hint: "));
    CHECK_THAT(result.err, ContainsSubstring(row.hint));
    CHECK_FALSE(contains(result.err, "planted"));
  }
  CHECK(scene.cloudflare.requests().empty());
}

TEST_CASE("A list of channels that is none is refused, and so is a bad `remind`") {
  const auto [member, says] = GENERATE(table<std::string, std::string>({
      {R"("notify": {})", "notify is not a list"},
      {R"("notify": "slack")", "notify is not a list"},
      {R"("remind": "often")", "remind"},
      {R"("remind": "-1h")", "remind"},
      {R"("notfy": [])", "did you mean \"notify\"?"},
  }));
  const Scene scene;
  scene.configure({member});

  const ProcessResult result = scene.run();

  CHECK(result.status == 2);
  CHECK_THAT(result.err, ContainsSubstring("config.json:2:"));
  CHECK_THAT(result.err, ContainsSubstring(says));
}
