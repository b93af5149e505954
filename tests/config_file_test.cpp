// What a configuration file means, seen through the door by which it comes in: --config.

#include "app/config_file.h"

#include <filesystem>
#include <functional>
#include <tuple>
#include <utility>

#include "app/options.h"
#include "support/catch.h"
#include "support/printers.h"
#include "support/scratch_dir.h"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string, std::less<>>;

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

const std::string kSites = R"("main": "192.0.2.10", "backup": "198.51.100.20")";
const std::string kRecord = R"("name": "www.example.com", )" + kSites;

/// A file with one record that has these members besides what is required.
std::string record_with(const std::string& members) {
  return R"({"records": [{)" + kRecord + ", " + members + "}]}";
}

std::string probe_with(const std::string& members) {
  return record_with(R"("probe": {)" + members + "}");
}

/// A file with one complete record and these members at its top.
std::string top_with(const std::string& members) {
  return R"({"records": [{)" + kRecord + "}], " + members + "}";
}

/// Two records of different names, a third of the first one's name and another type.
const std::string kThree = R"({
  "defaults": {"ttl": 300},
  "records": [
    {"name": "www.example.com", "main": "192.0.2.10", "backup": "198.51.100.20"},
    {"name": "mail.example.com", "main": "192.0.2.25", "backup": "198.51.100.25"},
    {"name": "www.example.com", "main": "2001:db8::10", "backup": "2001:db8:1::20"},
  ],
})";

/// A configuration file and what the program makes of it.
class File {
 public:
  explicit File(const std::string& text) : path(scratch.write("config.json", text, 0644)) {}

  Result<Request> parse(const Words& words = {}, Variables variables = {}) const {
    variables.emplace("CLOUDFLARE_API_TOKEN", "S3CRET");
    return without_token(words, std::move(variables));
  }

  Result<Request> without_token(const Words& words, Variables variables) const {
    return call(Words{"--config", path} + words, std::move(variables));
  }

  static Result<Request> call(const Words& words, Variables variables,
                              const std::string& usual = "/nonexistent/config.json") {
    std::vector<const char*> argv{"cf-failover"};
    for (const std::string& word : words) {
      argv.push_back(word.c_str());
    }
    argv.push_back(nullptr);
    return parse_options(
        static_cast<int>(argv.size()) - 1, argv.data(),
        {.environment = Environment(std::move(variables)), .usual_config_file = usual});
  }

  ScratchDir scratch;
  std::string path;
};

Config config_of(const Result<Request>& request) {
  INFO((request ? "" : request.error().message));
  REQUIRE(request);
  REQUIRE(std::holds_alternative<Config>(*request));
  return std::get<Config>(*request);
}

Config config_of(const std::string& text, const Words& words = {}) {
  return config_of(File(text).parse(words));
}

RecordConfig only_record(const std::string& text, const Words& words = {}) {
  const Config config = config_of(text, words);
  REQUIRE(config.records.size() == 1);
  return config.records.front();
}

ProbeSettings probe_of(const std::string& text, const Words& words = {}) {
  return only_record(text, words).probe;
}

/// The error about that file, with its path left out.
Error error_of(const std::string& text, const Words& words = {}) {
  const File file(text);
  const auto request = file.parse(words);
  CAPTURE(text);
  REQUIRE_FALSE(request);
  Error error = request.error();
  for (auto at = error.message.find(file.path); at != std::string::npos;
       at = error.message.find(file.path)) {
    error.message.replace(at, file.path.size(), "FILE");
  }
  return error;
}

Words names_of(const Config& config) {
  Words names;
  for (const RecordConfig& record : config.records) {
    names.push_back(record.name.str() + " " + std::string(to_text(record.type)));
  }
  return names;
}

}  // namespace

// --- Every key reaches its field ---

TEST_CASE("A record of the file needs a name, MAIN and BACKUP; the rest has defaults") {
  const RecordConfig record = only_record(R"({"records": [{)" + kRecord + "}]}");

  CHECK(record.name.str() == "www.example.com");
  CHECK(record.type == RecordType::a);
  CHECK(record.sites.main.str() == "192.0.2.10");
  CHECK(record.ttl == 0);
  CHECK(record.unfamiliar == Unfamiliar::follow);
  CHECK(to_text(record.probe.target) == "https://www.example.com/");
  CHECK(record.probe.timeout == 5s);
  CHECK(record.probe.connect_timeout == 2500ms);
  CHECK(record.probe.attempts == 2);
}

TEST_CASE("Every key of a record reaches it") {
  const RecordConfig record = only_record(R"({"records": [{
    "name": "WWW.example.com", "type": "AAAA", "zone": "example.com",
    "main": "2001:db8::10", "backup": ["2001:db8:1::20", "2001:db8:2::20"],
    "unfamiliar": "main-first", "ttl": 120,
    "probe": {
      "target": "https://status.example.com:8443/healthz", "timeout": "3s",
      "connect_timeout": "2s", "attempts": 3, "retry_delay": "250ms",
      "expect_status": "200-299,401", "expect_body": "it's ok", "max_body": "64KiB",
      "method": "POST", "headers": {"X-Probe": "1", "Accept": "text/html, */*"},
      "insecure": true
    }
  }]})");

  CHECK(record.name.str() == "www.example.com");
  CHECK(record.type == RecordType::aaaa);
  CHECK(record.zone.name.value().str() == "example.com");
  CHECK(record.sites.main.str() == "2001:db8::10");
  REQUIRE(record.sites.backups.size() == 2);
  CHECK(record.sites.backups[0].str() == "2001:db8:1::20");
  CHECK(record.sites.backups[1].str() == "2001:db8:2::20");
  CHECK(record.unfamiliar == Unfamiliar::main_first);
  CHECK(record.ttl == 120);
  const ProbeSettings& probe = record.probe;
  CHECK(to_text(probe.target) == "https://status.example.com:8443/healthz");
  CHECK(probe.timeout == 3s);
  CHECK(probe.connect_timeout == 2s);
  CHECK(probe.attempts == 3);
  CHECK(probe.retry_delay == 250ms);
  CHECK(probe.expect_status.str() == "200-299,401");
  CHECK(probe.expect_body == "it's ok");
  CHECK(probe.max_body == 64 * 1024);
  CHECK(probe.method == "POST");
  REQUIRE(probe.headers.size() == 2);
  CHECK(probe.headers[0].name + "=" + probe.headers[0].value == "X-Probe=1");
  CHECK(probe.headers[1].name + "=" + probe.headers[1].value == "Accept=text/html, */*");
  CHECK(probe.insecure);
}

TEST_CASE("A CA file of the configuration is used") {
  const ScratchDir scratch;
  const std::string pem = scratch.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");

  CHECK(probe_of(probe_with(R"("ca_file": ")" + pem + "\"")).ca_file == pem);
}

TEST_CASE("A zone may be given by its id") {
  CHECK(only_record(record_with(R"("zone": "0123456789abcdef0123456789abcdef")")).zone.id ==
        "0123456789abcdef0123456789abcdef");
}

TEST_CASE("A probe is a text for short, or an object") {
  const auto [probe, target] = GENERATE(table<std::string, std::string>({
      {R"("tcp:25")", "tcp:25"},
      {R"("icmp")", "icmp"},
      {R"("exec:/usr/bin/check 'a b'")", "exec:/usr/bin/check 'a b'"},
      {R"("http://other.example.com:8080/x?y=z")", "http://other.example.com:8080/x?y=z"},
      {R"({"target": "tcp:25"})", "tcp:25"},
      {R"({})", "https://www.example.com/"},
  }));

  CHECK(to_text(probe_of(record_with("\"probe\": " + probe)).target) == target);
}

TEST_CASE("Every key of the run reaches it") {
  const Config config = config_of(top_with(
      R"("deadline": "30s", "state_dir": "/srv/state", "canaries": ["https://www.example.net/", )"
      R"("http://www.example.org/"], "cloudflare": {"timeout": "7s"})"));

  CHECK(config.deadline == 30s);
  CHECK(config.state_dir == "/srv/state");
  CHECK(config.api.timeout == 7s);
  REQUIRE(config.canaries.size() == 2);
  CHECK(config.canaries[0].str() == "https://www.example.net/");
  CHECK(config.canaries[1].str() == "http://www.example.org/");
}

TEST_CASE("A list of one may be given without its brackets") {
  CHECK(config_of(top_with(R"("canaries": "https://www.example.net/")")).canaries.size() == 1);
  CHECK(only_record(R"({"records": [{"name": "www.example.com", "main": ["192.0.2.10"], )"
                    R"("backup": "198.51.100.20"}]})")
            .sites.main.str() == "192.0.2.10");
}

TEST_CASE("The token is read from the file that the configuration names") {
  const ScratchDir scratch;
  const std::string token = scratch.write("token", "FROM-FILE\n", 0600);
  const File file(top_with(R"("cloudflare": {"token_file": ")" + token + "\"}"));

  const Config config = config_of(file.without_token({}, {}));

  CHECK(config.api.credentials.at(0).value.reveal() == "Bearer FROM-FILE");
  CHECK(config.credential_source == "the token file " + token);
}

TEST_CASE("The environment's token goes before the file's, and that before systemd's") {
  const ScratchDir scratch;
  const std::string token = scratch.write("token", "FROM-FILE\n", 0600);
  const std::string other = scratch.write("other", "FROM-VARIABLE\n", 0600);
  scratch.write("cloudflare-token", "FROM-SYSTEMD\n", 0600);
  const File file(top_with(R"("cloudflare": {"token_file": ")" + token + "\"}"));
  const auto sent = [&](const Variables& variables) {
    return config_of(file.without_token({}, variables)).api.credentials.at(0).value.reveal();
  };

  CHECK(sent({{"CLOUDFLARE_API_TOKEN", "DIRECT"}}) == "Bearer DIRECT");
  CHECK(sent({{"CLOUDFLARE_API_TOKEN_FILE", other}}) == "Bearer FROM-VARIABLE");
  CHECK(sent({{"CREDENTIALS_DIRECTORY", scratch.path()}}) == "Bearer FROM-FILE");
}

// --- Precedence ---

TEST_CASE("The command line goes before the file, and the file before the default") {
  const auto [option, value, member, of_file, of_both] =
      GENERATE(table<std::string, std::string, std::string, std::string, std::string>({
          {"--timeout", "9s", R"("timeout": "7s")", "7000", "9000"},
          {"--attempts", "4", R"("attempts": 3)", "3", "4"},
          {"--method", "HEAD", R"("method": "POST")", "POST", "HEAD"},
          {"--probe", "icmp", R"("target": "tcp:1")", "tcp:1", "icmp"},
          {"--header", "X: c", R"("headers": {"X": "a", "Y": "b"})", "ab", "c"},
          {"--insecure", "", R"("insecure": false)", "0", "1"},
          {"--insecure=false", "", R"("insecure": true)", "1", "0"},
      }));
  CAPTURE(option);
  const std::map<std::string, std::function<std::string(const ProbeSettings&)>> fields{
      {"--timeout", [](const auto& probe) { return std::to_string(probe.timeout.count()); }},
      {"--attempts", [](const auto& probe) { return std::to_string(probe.attempts); }},
      {"--method", [](const auto& probe) { return probe.method; }},
      {"--probe", [](const auto& probe) { return to_text(probe.target); }},
      {"--insecure", [](const auto& probe) { return std::to_string(int{probe.insecure}); }},
      {"--header",
       [](const auto& probe) {
         std::string values;
         for (const Header& header : probe.headers) {
           values += header.value;
         }
         return values;
       }},
  };
  const auto& field = fields.at(option.substr(0, option.find('=')));
  const Words words = value.empty() ? Words{option} : Words{option, value};

  CHECK(field(probe_of(probe_with(member))) == of_file);
  CHECK(field(probe_of(probe_with(member), words)) == of_both);
}

TEST_CASE("A list on the command line replaces the file's") {
  const RecordConfig record = only_record(record_with(R"("ttl": 60)"),
                                          {"--backup", "203.0.113.1", "--backup", "203.0.113.2"});
  const Config config = config_of(top_with(R"("canaries": ["http://a.example/"])"),
                                  {"--canary", "http://b.example/"});

  REQUIRE(record.sites.backups.size() == 2);
  CHECK(record.sites.backups[0].str() == "203.0.113.1");
  REQUIRE(config.canaries.size() == 1);
  CHECK(config.canaries[0].str() == "http://b.example/");
}

TEST_CASE("Options about the run change what the file says of it") {
  const std::string text = top_with(R"("deadline": "30s", "state_dir": "/file")");

  const Config config = config_of(text, {"--deadline", "20s", "--state-dir", "/line"});

  CHECK(config.deadline == 20s);
  CHECK(config.state_dir == "/line");
}

TEST_CASE("The file's state directory goes before the environment's") {
  const File file(top_with(R"("state_dir": "/file")"));

  CHECK(config_of(file.parse({}, {{"STATE_DIRECTORY", "/systemd"}})).state_dir == "/file");
}

TEST_CASE("A record goes before the defaults, and each key by itself") {
  const Config config = config_of(R"({
    "records": [
      {"name": "a.example.com", )" +
                                  kSites +
                                  R"(},
      {"name": "b.example.com", )" +
                                  kSites +
                                  R"(, "ttl": 60, "probe": {"attempts": 5}},
      {"name": "c.example.com", )" +
                                  kSites +
                                  R"(, "probe": "icmp"},
    ],
    "defaults": {"ttl": 300, "unfamiliar": "keep", "probe": {"timeout": "1s", "attempts": 1,
                                                             "target": "tcp:25"}},
  })");

  REQUIRE(config.records.size() == 3);
  const auto& [a, b, c] = std::tie(config.records[0], config.records[1], config.records[2]);
  CHECK(a.ttl == 300);
  CHECK(b.ttl == 60);
  CHECK(c.ttl == 300);
  for (const RecordConfig& record : config.records) {
    CHECK(record.unfamiliar == Unfamiliar::keep);
    CHECK(record.probe.timeout == 1s);
  }
  CHECK(a.probe.attempts == 1);
  CHECK(b.probe.attempts == 5);
  CHECK(c.probe.attempts == 1);
  CHECK(to_text(b.probe.target) == "tcp:25");
  CHECK(to_text(c.probe.target) == "icmp");
}

TEST_CASE("Sites may be among the defaults") {
  const Config config = config_of(R"({"defaults": {)" + kSites +
                                  R"(}, "records": [{"name": "a.example.com"},)"
                                  R"({"name": "b.example.com", "main": "192.0.2.11"}]})");

  REQUIRE(config.records.size() == 2);
  CHECK(config.records[0].sites.main.str() == "192.0.2.10");
  CHECK(config.records[1].sites.main.str() == "192.0.2.11");
}

// --- What is wrong with it ---

TEST_CASE("A value that is none is told with its place, its key and how to write one") {
  const auto [text, message, hint] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"{\"records\": [\n{" + kRecord + ",\n  \"ttl\": 5}]}", "FILE:3:10: ttl: \"5\" is not a TTL",
       "1 for automatic, or 60 to 86400 seconds (30 in Enterprise zones)"},
      {"{\"records\": [\n{" + kRecord + ",\n\"probe\": {\n \"timeout\": \"0s\"}}]}",
       "FILE:4:13: timeout: \"0s\" is not a duration", "write 500ms, 5s, 2m or 1h; more than zero"},
      {"{\"records\": [\n{" + kRecord + ",\n\"probe\":\n\"udp:53\"}]}",
       "FILE:4:1: probe: \"udp:53\" is not a probe",
       "https://HOST[:PORT]/PATH, http://..., tcp:PORT, icmp or exec:COMMAND; no user, password or "
       "fragment in an address"},
      {"{\"records\": [\n{" + kRecord + ",\n\"probe\":\n{\"target\": 7}}]}",
       "FILE:4:12: target: \"7\" is not a probe",
       "https://HOST[:PORT]/PATH, http://..., tcp:PORT, icmp or exec:COMMAND; no user, password or "
       "fragment in an address"},
      {"{\"records\": [\n{" + kRecord + ",\n\"probe\":\n{\"headers\": {\"a b\": \"c\"}}}]}",
       "FILE:4:14: headers: \"a b: c\" is not a header", "write it as 'Name: value'"},
      {"{\"records\": [\n{" + kRecord + ",\n\"probe\":\n{\"insecure\": \"yes\"}}]}",
       "FILE:4:14: insecure: \"yes\" is not true or false", "true or false"},
      {"{\"records\": [{" + kRecord + "}],\n\"deadline\": \"soon\"}",
       "FILE:2:13: deadline: \"soon\" is not a duration",
       "write 500ms, 5s, 2m or 1h; more than zero"},
      {"{\"records\": [{" + kRecord + "}],\n\"canaries\": [\"http://a.example/\",\n \"b\"]}",
       "FILE:3:2: canaries: \"b\" is not an address",
       "https://HOST/ of something that is always up, and not yours"},
      {"{\"records\": [{" + kRecord + "}],\n\"cloudflare\": {\"timeout\":\n-1}}",
       "FILE:3:1: timeout: \"-1\" is not a duration", "write 500ms, 5s, 2m or 1h; more than zero"},
      {"{\"records\": [\n{\"name\": \"-\", " + kSites + "}]}",
       "FILE:2:10: name: \"-\" is not a host name", ""},
      {"{\"records\": [\n{\"name\": \"www.example.com\",\n\"main\": \"192.0.2\", \"backup\": "
       "\"198.51.100.20\"}]}",
       "FILE:3:9: main: \"192.0.2\" is not an IP address or a host name", ""},
      {"{\"defaults\": {\n\"ttl\": 5}, \"records\": [{" + kRecord + "}]}",
       "FILE:2:8: ttl: \"5\" is not a TTL",
       "1 for automatic, or 60 to 86400 seconds (30 in Enterprise zones)"},
  }));
  const Error error = error_of(text);
  CAPTURE(text, error);

  CHECK(error.message == message);
  CHECK((hint.empty() ? !error.hint.empty() : error.hint == hint));
}

TEST_CASE("A value of another kind than its key wants is told with its place") {
  const auto [text, message] = GENERATE_COPY(table<std::string, std::string>({
      {"[]", "FILE:1:1: the file is not an object"},
      {"// no\n 7", "FILE:2:2: the file is not an object"},
      {R"({"records": {}})", "FILE:1:13: records is not a list"},
      {R"({"records": null})", "FILE:1:13: records is not a list"},
      {"{\"records\": [\n \"www.example.com\"]}", "FILE:2:2: a record is not an object"},
      {R"({"defaults": []})", "FILE:1:14: defaults is not an object"},
      {R"({"cloudflare": "/token"})", "FILE:1:16: cloudflare is not an object"},
      {R"({"deadline": null})", "FILE:1:14: deadline is not a value that fits here"},
      {R"({"deadline": {"s": 5}})", "FILE:1:14: deadline is not a value that fits here"},
      {R"({"canaries": [["https://www.example.net/"]]})",
       "FILE:1:15: canaries is not a value that fits here"},
      {R"({"canaries": [null]})", "FILE:1:15: canaries is not a value that fits here"},
      {R"({"defaults": {"ttl": null}})", "FILE:1:22: ttl is not a value that fits here"},
      {R"({"defaults": {"main": {}}})", "FILE:1:23: main is not a value that fits here"},
      {R"({"defaults": {"probe": null}})", "FILE:1:24: probe is not a value that fits here"},
      {R"({"defaults": {"probe": {"headers": {"X": 1}}}})", "FILE:1:42: X is not a text"},
      {R"({"defaults": {"probe": {"target": {}}}})",
       "FILE:1:35: target is not a value that fits here"},
      {R"({"cloudflare": {"timeout": {}}})", "FILE:1:28: timeout is not a value that fits here"},
  }));
  const Error error = error_of(text);

  CHECK(error.message == message);
  CHECK_FALSE(error.hint.empty());
}

TEST_CASE("An unknown key is told with its place and the nearest known one") {
  const auto [text, message, hint] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"{\n  \"recrods\": []}", "FILE:2:3: unknown key \"recrods\"", "did you mean \"records\"?"},
      {R"({"canarys": []})", "FILE:1:2: unknown key \"canarys\"", "did you mean \"canaries\"?"},
      {R"({"default": {}})", "FILE:1:2: unknown key \"default\"", "did you mean \"defaults\"?"},
      {R"({"state-dir": ""})", "FILE:1:2: unknown key \"state-dir\"",
       "did you mean \"state_dir\"?"},
      {R"({"cloudflare": {"token_flie": ""}})", "FILE:1:17: unknown key \"token_flie\"",
       "did you mean \"token_file\"?"},
      {R"({"cloudflare": {"token": "S3CRET"}})", "FILE:1:17: unknown key \"token\"", ""},
      {"{\"records\": [{\n\"nane\": \"a\"}]}", "FILE:2:1: unknown key \"nane\"",
       "did you mean \"name\"?"},
      {R"({"records": [{"backups": []}]})", "FILE:1:15: unknown key \"backups\"",
       "did you mean \"backup\"?"},
      {R"({"records": [{"prob": []}]})", "FILE:1:15: unknown key \"prob\"",
       "did you mean \"probe\"?"},
      {R"({"defaults": {"unfamilar": "keep"}})", "FILE:1:15: unknown key \"unfamilar\"",
       "did you mean \"unfamiliar\"?"},
      {R"({"defaults": {"probe": {"expect-status": "200"}}})",
       "FILE:1:25: unknown key \"expect-status\"", "did you mean \"expect_status\"?"},
      {R"({"defaults": {"probe": {"header": {}}}})", "FILE:1:25: unknown key \"header\"",
       "did you mean \"headers\"?"},
      {R"({"favourite_colour": "blue"})", "FILE:1:2: unknown key \"favourite_colour\"",
       "cf-failover-config(5) lists the keys"},
      {R"({"\u001b[2J": 1})", R"(FILE:1:2: unknown key "\x1b[2J")",
       "cf-failover-config(5) lists the keys"},
      {R"({"records": [{"record": "www.example.com"}]})", "FILE:1:15: unknown key \"record\"", ""},
      {R"({"records": [{"timeout": "5s"}]})", "FILE:1:15: unknown key \"timeout\"", ""},
  }));
  CAPTURE(text);
  const Error error = error_of(text);

  CHECK(error.message == message);
  CHECK((hint.empty() ? error.hint.find("S3CRET") == std::string::npos : error.hint == hint));
}

TEST_CASE("Keys of what is not built yet are unknown") {
  const auto text = GENERATE(as<std::string>(), R"({"records": [{"mode": "check"}]})",
                             R"({"records": [{"sticky": "1h"}]})");

  CHECK_THAT(error_of(text).message, ContainsSubstring(": unknown key \""));
}

TEST_CASE("A key that stands twice is refused") {
  CHECK(error_of("{\"deadline\": \"5s\",\n \"deadline\": \"6s\"}") ==
        Error{"FILE:2:2: the key \"deadline\" stands twice", "the first one is at 1:2"});
}

TEST_CASE("An error of syntax has its place too") {
  const Error error = error_of("{\n  \"records\": [\n    oops\n  ]\n}");

  CHECK_THAT(error.message, Catch::Matchers::StartsWith("FILE:3:5: "));
  CHECK(error.hint == "the file is JSON; comments and trailing commas are welcome");
}

TEST_CASE("What a record lacks is told where the record is") {
  const auto [text, message, hint] = GENERATE(table<std::string, std::string, std::string>({
      {"{\"records\": [\n  {\"main\": \"192.0.2.10\"}]}", "FILE:2:3: the record has no name",
       R"(add "name": "www.example.com")"},
      {"{\"records\": [\n  {}]}", "FILE:2:3: the record has no name",
       R"(add "name": "www.example.com")"},
      {"{\"records\": [\n  {\"name\": \"www.example.com\"}]}", "FILE:2:12: name: main is required",
       "for example 192.0.2.10"},
      {"{\"records\": [\n  {\"name\": \"www.example.com\", \"main\": \"192.0.2.10\"}]}",
       "FILE:2:12: name: backup is required", "for example 198.51.100.20"},
      {"{\"records\": [\n  {\"name\": \"www.example.com\", \"main\": \"192.0.2.10\", \"backup\": "
       "[]}]}",
       "FILE:2:12: name: backup is required", "for example 198.51.100.20"},
      {"{\"records\": [\n  {\"name\": \"www.example.com\", \"main\": [], \"backup\": "
       "\"192.0.2.10\"}]}",
       "FILE:2:12: name: main is required", "for example 192.0.2.10"},
  }));
  CAPTURE(text);

  CHECK(error_of(text) == Error{message, hint});
}

TEST_CASE("A name that is an empty list is no name") {
  const Error error = error_of("{\"records\": [{\"name\": [], " + kSites + "}]}");

  CHECK_THAT(error.message, Catch::Matchers::StartsWith("FILE:1:"));
}

TEST_CASE("Empty lists and objects say nothing and break nothing") {
  const auto member = GENERATE(as<std::string>(), R"("headers": {})", R"("headers": [])",
                               R"("target": [])", R"("ca_file": [])", R"("expect_body": [])");

  CHECK(probe_of(probe_with(member)).headers.empty());
  CHECK(only_record(record_with(R"("zone": [], "type": [], "probe": [])")).type == RecordType::a);
  CHECK(
      config_of(top_with(R"("canaries": [], "cloudflare": {}, "defaults": {})")).canaries.empty());
}

TEST_CASE("What only the whole shows is told with a place") {
  const auto [text, place, part] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"{\"records\": [{\"name\": \"www.example.com\", \"main\": \"192.0.2.10\",\n\"backup\": "
       "\"192.0.2.10\"}]}",
       "FILE:2:11: ", "MAIN and BACKUP are both 192.0.2.10"},
      {"{\"records\": [{\"name\": \"www.example.com\", \"main\": \"192.0.2.10\",\n\"backup\": "
       "[\"192.0.2.11\",\n\"192.0.2.11\"]}]}",
       "FILE:3:1: ", "192.0.2.11 is given twice"},
      {"{\"records\": [{\"name\": \"www.example.com\",\n\"main\": [\"192.0.2.10\",\n"
       "\"192.0.2.11\"], \"backup\": \"192.0.2.12\"}]}",
       "FILE:3:1: ", "main is given twice"},
      {"{\"records\": [{\"name\": \"www.example.com\", \"main\": \"192.0.2.10\",\n\"backup\": "
       "\"2001:db8::1\"}]}",
       "FILE:2:11: ", "2001:db8::1 does not fit a record of type A"},
      {"{\"records\": [{" + kRecord + ",\n\"zone\": \"example.org\"}]}",
       "FILE:2:9: ", "the zone example.org cannot hold the record www.example.com"},
      {"{\"records\": [\n{\"name\": \"*.example.com\", " + kSites + "}]}",
       "FILE:2:10: ", "a wildcard record needs an explicit probe"},
      {"{\"records\": [{" + kRecord + ",\n\"probe\": {\"headers\": {\n\"Cookie\": \"a\"}}}]}",
       "FILE:3:1: ", "refuses Cookie"},
      {"{\"records\": [{" + kRecord + ",\n\"probe\": {\"ca_file\": \"/nonexistent\"}}]}",
       "FILE:2:22: ", "cannot use the CA file /nonexistent: No such file or directory"},
      {"{\"records\": [{" + kRecord +
           ",\n\"probe\": {\"method\": \"HEAD\", \"expect_body\": \"ok\"}}]}",
       "FILE:2:44: ", "needs a body, and HEAD has none"},
      {"{\"defaults\": {\n\"name\": \"www.example.com\"}}",
       "FILE:1:2: ", "defaults cannot have a name"},
  }));
  const Error error = error_of(text);
  CAPTURE(text, error);

  CHECK_THAT(error.message, Catch::Matchers::StartsWith(place) && ContainsSubstring(part));
  CHECK_FALSE(error.hint.empty());
}

TEST_CASE("A record that stands twice is refused, in whatever letters") {
  const std::string text =
      "{\"records\": [{" + kRecord + "},\n{\"name\": \"WWW.Example.com.\", " + kSites + "}]}";

  const Error error = error_of(text);

  CHECK(error.message == "FILE:2:10: name: the record www.example.com A stands twice");
  CHECK(error.hint == "two runs must not fight over one record");
}

TEST_CASE("An address with a secret in it is not repeated") {
  CHECK(error_of(top_with(R"("canaries": ["https://u:p@www.example.net/?token=S3CRET"])"))
            .message.find("S3CRET") == std::string::npos);
  CHECK(error_of(record_with(R"("probe": "https://u:S3CRET@www.example.net/")"))
            .message.find("S3CRET") == std::string::npos);
}

// --- The file itself ---

TEST_CASE("A file that everybody may write is refused, with the chmod that mends it") {
  const File file(top_with(R"("deadline": "5s")"));
  std::filesystem::permissions(file.path, std::filesystem::perms(0646));

  CHECK(file.parse().error() ==
        Error{"the configuration file " + file.path + " may be written by everybody",
              "chmod o-w " + file.path + ", and read it through before you trust it again"});

  std::filesystem::permissions(file.path, std::filesystem::perms(0664));
  CHECK(file.parse());
}

TEST_CASE("A file that is not there or no file is told by its name") {
  const ScratchDir scratch;
  const std::string absent = scratch.path() / "absent.json";
  const std::string directory = scratch.path();
  const std::string large = scratch.write("large", std::string(1024 * 1024 + 1, ' '));
  const std::vector<std::pair<std::string, std::string>> rows{
      {absent, "No such file or directory"}, {directory, "not a regular file"},
      {"/dev/null", "not a regular file"},   {"", "No such file or directory"},
      {large, "larger than 1 MiB"},
  };

  for (const auto& [path, why] : rows) {
    CHECK(File::call({"--config", path}, {{"CLOUDFLARE_API_TOKEN", "S3CRET"}}).error().message ==
          "cannot read the configuration file " + path + ": " + why);
  }
}

TEST_CASE("The file is named by -c, or by the environment, or is the usual one if it exists") {
  const File line(top_with(R"("deadline": "1s")"));
  const File variable(top_with(R"("deadline": "2s")"));
  const File usual(top_with(R"("deadline": "3s")"));
  const auto deadline = [](const Words& words, Variables variables, const std::string& usual_path) {
    variables.emplace("CLOUDFLARE_API_TOKEN", "S3CRET");
    return config_of(File::call(words, std::move(variables), usual_path)).deadline;
  };
  const Variables named{{"CF_FAILOVER_CONFIG", variable.path}};
  const Words complete{"--record", "a.example.com", "--main", "192.0.2.1", "--backup", "192.0.2.2"};

  CHECK(deadline({"-c", line.path}, named, usual.path) == 1s);
  CHECK(deadline({"--config=" + line.path}, named, usual.path) == 1s);
  CHECK(deadline({}, named, usual.path) == 2s);
  CHECK(deadline({}, {{"CF_FAILOVER_CONFIG", ""}}, usual.path) == 3s);
  CHECK(deadline(complete, {}, "/nonexistent/config.json") == 50s);
}

TEST_CASE("A named file that is missing is an error, whatever else is there") {
  const File usual(top_with(R"("deadline": "3s")"));

  CHECK_FALSE(File::call(
      {}, {{"CLOUDFLARE_API_TOKEN", "S3CRET"}, {"CF_FAILOVER_CONFIG", "/nonexistent/c.json"}},
      usual.path));
  CHECK_FALSE(File::call({"-c", usual.path, "-c", usual.path}, {{"CLOUDFLARE_API_TOKEN", "S3CRET"}},
                         usual.path));
}

TEST_CASE("The shipped example is one that works") {
  const auto request = File::call({"--config", "scripts/examples/config.json"},
                                  {{"CLOUDFLARE_API_TOKEN", "S3CRET"}});

  const Config config = config_of(request);

  CHECK(names_of(config) == Words{"www.example.com A", "mail.example.com A"});
  CHECK(config.canaries.size() == 2);
  CHECK(to_text(config.records[1].probe.target) == "tcp:25");
}

// --- Which records ---

TEST_CASE("Without --record all of the file's records are meant, in its order") {
  CHECK(names_of(config_of(kThree)) ==
        Words{"www.example.com A", "mail.example.com A", "www.example.com AAAA"});
}

TEST_CASE("--record and --type select from the file") {
  const auto [words, names] = GENERATE(table<Words, Words>({
      {{"--record", "mail.example.com"}, {"mail.example.com A"}},
      {{"--record", "MAIL.example.COM."}, {"mail.example.com A"}},
      {{"--record", "www.example.com"}, {"www.example.com A", "www.example.com AAAA"}},
      {{"--record", "www.example.com", "--type", "AAAA"}, {"www.example.com AAAA"}},
      {{"--record", "www.example.com", "--type", "A"}, {"www.example.com A"}},
      {{"--type", "AAAA"}, {"www.example.com AAAA"}},
  }));
  CAPTURE(words);

  CHECK(names_of(config_of(kThree, words)) == names);
}

TEST_CASE("An option changes the selected record and keeps the rest of it") {
  const RecordConfig record =
      only_record(kThree, {"--record", "mail.example.com", "--probe", "tcp:25"});

  CHECK(to_text(record.probe.target) == "tcp:25");
  CHECK(record.sites.main.str() == "192.0.2.25");
  CHECK(record.ttl == 300);
}

TEST_CASE("An option about one record needs to know which") {
  const auto [words, message] = GENERATE(table<Words, std::string>({
      {{"--main", "192.0.2.99"}, "--main is about one record, and 3 fit"},
      {{"--probe", "icmp"}, "--probe is about one record, and 3 fit"},
      {{"--ttl", "60"}, "--ttl is about one record, and 3 fit"},
      {{"--record", "www.example.com", "--timeout", "1s"},
       "--timeout is about one record, and 2 fit"},
  }));

  CHECK(error_of(kThree, words) ==
        Error{message, "say which with --record, and --type if need be"});
}

TEST_CASE("An option about one record is enough where there is just one") {
  CHECK(only_record(record_with(R"("ttl": 60)"), {"--ttl", "120"}).ttl == 120);
  CHECK(
      only_record(kThree, {"--record", "www.example.com", "--type", "AAAA", "--ttl", "120"}).ttl ==
      120);
}

TEST_CASE("A record that the file does not have stands on the command line alone, or not at all") {
  const Words elsewhere{"--record", "ftp.example.com"};

  const RecordConfig record =
      only_record(kThree, elsewhere + Words{"--main", "192.0.2.1", "--backup", "192.0.2.2"});
  CHECK(record.name.str() == "ftp.example.com");
  CHECK(record.sites.main.str() == "192.0.2.1");
  CHECK(error_of(kThree, elsewhere) ==
        Error{"FILE has no record ftp.example.com",
              "it has www.example.com, mail.example.com, www.example.com"});
}

TEST_CASE("A file without records serves a record of the command line") {
  const Config config = config_of(R"({"deadline": "9s"})", {"--record", "www.example.com", "--main",
                                                            "192.0.2.1", "--backup", "192.0.2.2"});

  CHECK(config.deadline == 9s);
  CHECK(names_of(config) == Words{"www.example.com A"});
  CHECK(error_of(R"({"deadline": "9s"})") == Error{"FILE has no record", "it has none"});
  CHECK(error_of(R"({"records": []})") == Error{"FILE has no record", "it has none"});
}

TEST_CASE("What check-config shows keeps its origin") {
  const File file(kThree);

  const auto request = file.parse({"check-config", "--record", "mail.example.com", "--ttl", "60"});

  REQUIRE(request);
  const auto& check = std::get<CheckRequest>(*request);
  CHECK(check.file == file.path);
  CHECK(check.online == Online::no);
  REQUIRE(check.layers.size() == 1);
  CHECK(check.layers[0].at("ttl").at(0).where == "--ttl");
  CHECK(check.layers[0].at("main").at(0).where == file.path + ":5:42: main");
}
