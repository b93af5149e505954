// Channels from the layers of a configuration, and what is sent by them.

#include "app/channels.h"

#include "io/channel_email.h"
#include "io/channel_json.h"
#include "io/channel_post.h"
#include "support/catch.h"
#include "support/scratch_dir.h"

namespace {

using Catch::Matchers::ContainsSubstring;
using Names = std::vector<std::string>;
using Keys = std::map<std::string, Names>;

Layer layer(const Keys& keys) {
  Layer result;
  for (const auto& [key, texts] : keys) {
    for (const std::string& text : texts) {
      result[key].push_back({text, "FILE:3:14: " + key});
    }
  }
  return result;
}

Environment environment(std::map<std::string, std::string, std::less<>> variables = {}) {
  return Environment(std::move(variables));
}

Channel channel(const Keys& keys, const Environment& surroundings = {}) {
  auto channels = to_channels({layer(keys)}, surroundings, {"PATH=/bin"});
  REQUIRE(channels);
  REQUIRE(channels->size() == 1);
  return channels->front();
}

Error refused(const Keys& keys) {
  const auto channels = to_channels({layer(keys)}, {}, {});
  REQUIRE_FALSE(channels);
  return channels.error();
}

Keys email(const std::string& server = "smtps://mail.example.com") {
  return {{"channel", {"email"}},
          {"server", {server}},
          {"from", {"dns@example.com"}},
          {"to", {"ops@example.com"}}};
}

const Message kMessage{.notice = {.id = "2026-01-31T101500.250Z-1-+.example.com.A-failover",
                                  .event = Event::failover,
                                  .time = *parse_unix_time("2026-01-31T10:15:00.250Z"),
                                  .record = "*.example.com A",
                                  .sentence = "it moved",
                                  .host = "watcher",
                                  .json = R"({"record":"*.example.com","exit":0})"},
                       .subject = "it moved",
                       .text = "it moved\n\nReason: a < b & c\n"};

}  // namespace

TEST_CASE("Every kind of channel has its keys, and no other has any") {
  CHECK(channel_kinds() == Names{"email", "slack", "telegram", "pushbullet", "webhook", "exec"});
  for (const std::string& kind : channel_kinds()) {
    const Names keys = channel_keys(kind);
    CHECK(std::count(keys.begin(), keys.end(), "events") == 1);
    for (const char* const secret : {"token", "password", "secret", "headers"}) {
      CHECK(std::count(keys.begin(), keys.end(), secret) == 0);
    }
  }
  CHECK(channel_keys("").empty());
  CHECK(channel_keys("Slack").empty());
}

TEST_CASE("Channels of a kind are told apart by number, in the order of the file") {
  const Keys slack{{"channel", {"slack"}}, {"url", {"https://a.example/"}}};
  const Keys webhook{{"channel", {"webhook"}}, {"url", {"https://a.example/"}}};

  const auto channels =
      to_channels({layer(slack), layer(webhook), layer(slack), layer(slack)}, {}, {});

  REQUIRE(channels);
  Names names;
  for (const Channel& each : *channels) {
    names.push_back(each.name);
  }
  CHECK(names == Names{"slack", "webhook", "slack-2", "slack-3"});
}

TEST_CASE("A channel without events is told of all, and one with some of those") {
  CHECK(channel(email()).events.empty());
  Keys keys = email();
  keys["events"] = {"failover", "recovered"};

  CHECK(channel(keys).events == std::vector<Event>{Event::failover, Event::recovered});
}

TEST_CASE("A secret is read when it is needed, and not before") {
  const ScratchDir scratch;
  const std::string path = scratch.path() / "token";
  const Channel telegram =
      channel({{"channel", {"telegram"}}, {"chat", {"-100"}}, {"token_file", {path}}});

  CHECK_FALSE(telegram.secret());
  scratch.write("token", " 123:abc \n");
  REQUIRE(telegram.secret());
  CHECK(telegram.secret()->reveal() == "123:abc");
  scratch.write("token", "123:abc", 0644);
  REQUIRE_FALSE(telegram.secret());
  CHECK_THAT(telegram.secret().error().message, ContainsSubstring("may be read by everybody"));
}

TEST_CASE("A secret from the environment is one word too") {
  const Keys keys{{"channel", {"pushbullet"}}, {"token_env", {"PUSH"}}};

  CHECK_FALSE(channel(keys).secret());
  REQUIRE(channel(keys, environment({{"PUSH", "o.abc"}})).secret());
  CHECK(channel(keys, environment({{"PUSH", "o.abc"}})).secret()->reveal() == "o.abc");
  for (const char* const text : {"o.abc\r\nX-Evil: 1", "o.abc\n", "two words", "\x01"}) {
    CAPTURE(text);
    const auto secret = channel(keys, environment({{"PUSH", text}})).secret();
    CHECK((!secret || secret->reveal() == "o.abc"));
  }
}

TEST_CASE("A mail server, and addresses of mail, are what they claim to be") {
  for (const char* const server :
       {"smtps://mail.example.com", "smtp://mail.example.com:587", "smtps://[2001:db8::1]:465"}) {
    CHECK(channel(email(server)).server == server);
  }
  for (const char* const server :
       {"mail.example.com", "https://mail.example.com", "smtp://", "smtps://a/path", "smtp://u@a",
        "smtp://u:p@a", "smtp://a:0", "smtp://a?x", "smtp://a b", "SMTP//a"}) {
    CAPTURE(server);
    CHECK_THAT(refused(email(server)).message, ContainsSubstring("FILE:3:14: server"));
  }
  for (const char* const address : {"", "a", "@b", "a@", "a b@c", "<a@b>", "A <a@b>", "a@b\r\nX: y",
                                    "a@b,c@d", "a@b@c", "a@b;c@d"}) {
    CAPTURE(address);
    Keys keys = email();
    keys["to"] = {"ops@example.com", address};
    CHECK_FALSE(to_channels({layer(keys)}, {}, {}));
    keys = email();
    keys["from"] = {address};
    CHECK_FALSE(to_channels({layer(keys)}, {}, {}));
  }
}

TEST_CASE("A command is a list of words, or one text that is split") {
  const auto command = [](const Names& words, bool in_list) {
    Layer exec = layer({{"channel", {"exec"}}, {"command", words}});
    for (Given& word : exec["command"]) {
      word.in_list = in_list;
    }
    const auto channels = to_channels({exec}, {}, {});
    REQUIRE(channels);
    return channels->front().command;
  };

  CHECK(command({"/bin/tell", "a b", "$c"}, true) == Names{"/bin/tell", "a b", "$c"});
  CHECK(command({"/bin/tell 'a b'"}, true) == Names{"/bin/tell 'a b'"});
  CHECK(command({"/bin/tell 'a b' $c"}, false) == Names{"/bin/tell", "a b", "$c"});
}

TEST_CASE("A mail has proper headers, and goes unencrypted to this host alone") {
  Keys keys = email();
  keys["to"] = {"ops@example.com", "boss@example.net"};

  const auto mail = mail_of(channel(keys), kMessage);

  REQUIRE(mail);
  std::string sent = mail->message;
  while (sent.ends_with("\r\n\r\n")) {  // How many empty lines there are is no matter.
    sent.resize(sent.size() - 2);
  }
  CHECK(sent ==
        "Date: Sat, 31 Jan 2026 10:15:00 +0000\r\n"
        "From: cf-failover <dns@example.com>\r\n"
        "To: ops@example.com, boss@example.net\r\n"
        "Subject: it moved\r\n"
        "Message-ID: <2026-01-31T101500.250Z-1-_.example.com.A-failover@example.com>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n"
        "\r\n"
        "it moved\r\n\r\nReason: a < b & c\r\n");
  CHECK_FALSE(mail->plain_is_fine);
}

TEST_CASE("Only a server on this host may go without encryption") {
  for (const char* const server : {"smtp://127.0.0.1", "smtp://127.1.2.3:25", "smtp://[::1]:25",
                                   "smtp://localhost", "smtp://localhost:25"}) {
    CAPTURE(server);
    CHECK(mail_of(channel(email(server)), kMessage)->plain_is_fine);
  }
  for (const char* const server :
       {"smtp://mail.example.com", "smtp://127.example.com", "smtp://127.0.0.1.example.com",
        "smtp://localhost.example.com", "smtp://localhosts:25", "smtp://192.0.2.1",
        "smtp://[2001:db8::1]"}) {
    CAPTURE(server);
    CHECK_FALSE(mail_of(channel(email(server)), kMessage)->plain_is_fine);
  }
}

TEST_CASE("A mail's header stays one line, whatever the notice says") {
  Message message = kMessage;
  message.subject = "s\r\nBcc: evil@example.org";
  message.notice.id = "x>\r\nBcc: evil@example.org";

  const auto mail = mail_of(channel(email()), message);

  REQUIRE(mail);
  CHECK(mail->message.find("\r\nBcc") == std::string::npos);
}

TEST_CASE("A header line of a mail is no longer than mail allows") {
  Message message = kMessage;
  message.subject = std::string(3000, 'x');
  Keys keys = email();
  for (int i = 0; i < 100; ++i) {
    keys["to"].push_back("somebody-" + std::to_string(i) + "@mail.example.com");
  }

  const auto mail = mail_of(channel(keys), message);

  REQUIRE(mail);
  std::size_t longest = 0;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = mail->message.find("\r\n", begin)) != std::string::npos;
       begin = end + 2) {
    longest = std::max(longest, end - begin);
  }
  CHECK(longest <= 998);  // RFC 5322, 2.1.1
}

TEST_CASE("What services get is the JSON that they want") {
  CHECK(slack_body(kMessage) == R"({"text":"it moved\n\nReason: a &lt; b &amp; c\n"})");
  CHECK(telegram_body(kMessage, "-100") ==
        R"({"chat_id":"-100","text":"it moved\n\nReason: a < b & c\n",)"
        R"("link_preview_options":{"is_disabled":true}})");
  CHECK(pushbullet_body(kMessage, "") ==
        R"({"type":"note","title":"it moved","body":"it moved\n\nReason: a < b & c\n",)"
        R"("guid":"2026-01-31T101500.250Z-1-+.example.com.A-failover"})");
  CHECK_THAT(pushbullet_body(kMessage, "d1"), ContainsSubstring(R"(,"device_iden":"d1"})"));
  CHECK(webhook_body(kMessage) ==
        R"({"event":"failover","id":"2026-01-31T101500.250Z-1-+.example.com.A-failover",)"
        R"("sentence":"it moved","host":"watcher","record":"*.example.com","exit":0})");
  Message test = kMessage;
  test.notice.json = "{}";
  CHECK_THAT(webhook_body(test), Catch::Matchers::EndsWith(R"("host":"watcher"})"));
}

TEST_CASE("A secret address is one that nobody on the way can read") {
  const auto url = GENERATE(as<std::string>(), "http://hooks.example.com/x", "http://192.0.2.1/x",
                            "http://localhost.example.com/x");
  for (const char* const kind : {"slack", "webhook"}) {
    CAPTURE(kind, url);
    const Channel secret =
        channel({{"channel", {kind}}, {"url_env", {"ADDRESS"}}}, environment({{"ADDRESS", url}}));

    const auto post = post_of(secret, kMessage);

    REQUIRE_FALSE(post);
    CHECK(post.error().message.find("/x") == std::string::npos);
  }
}

TEST_CASE("Services are found at their usual addresses") {
  const Environment secrets = environment({{"TOKEN", "123:abc"}});
  const Keys telegram{{"channel", {"telegram"}}, {"chat", {"1"}}, {"token_env", {"TOKEN"}}};
  const Keys pushbullet{{"channel", {"pushbullet"}}, {"token_env", {"TOKEN"}}};

  CHECK(post_of(channel(telegram, secrets), kMessage)->url.str() ==
        "https://api.telegram.org/bot123:abc/sendMessage");
  CHECK(post_of(channel(pushbullet, secrets), kMessage)->url.str() ==
        "https://api.pushbullet.com/v2/pushes");
}

TEST_CASE("A command needs a name") {
  CHECK_FALSE(to_channels({layer({{"channel", {"exec"}}, {"command", {"''"}}})}, {}, {}));
}
