#include "app/options.h"

#include <algorithm>

#include "app/version.h"
#include "support/catch.h"
#include "support/printers.h"
#include "support/scratch_dir.h"
#include "value/text.h"

namespace {

using namespace std::chrono_literals;

using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string, std::less<>>;

const Words kRecord{"--record", "www.example.com"};
const Words kSites{"--main", "192.0.2.10", "--backup", "198.51.100.20"};
const Words kComplete{"--record",   "www.example.com", "--main",
                      "192.0.2.10", "--backup",        "198.51.100.20"};

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Variables with_token(Variables variables = {}) {
  variables.emplace("CLOUDFLARE_API_TOKEN", "S3CRET");
  return variables;
}

Result<Request> parse(const Words& words, const Surroundings& surroundings) {
  std::vector<const char*> argv{"cf-failover"};
  for (const std::string& word : words) {
    argv.push_back(word.c_str());
  }
  argv.push_back(nullptr);
  return parse_options(static_cast<int>(argv.size()) - 1, argv.data(), surroundings);
}

Result<Request> parse(const Words& words, Variables variables = with_token()) {
  return parse(words, Surroundings{.environment = Environment(std::move(variables))});
}

Config config_of(const Result<Request>& request) {
  INFO((request ? "" : request.error().message));
  REQUIRE(request);
  REQUIRE(std::holds_alternative<Config>(*request));
  return std::get<Config>(*request);
}

Config config_of(const Words& words) {
  return config_of(parse(words));
}

/// The only record of a complete command line with these words.
RecordConfig record_with(const Words& words) {
  const Config config = config_of(kComplete + words);
  REQUIRE(config.records.size() == 1);
  return config.records.front();
}

ProbeSettings probe_with(const Words& words) {
  return record_with(words).probe;
}

Error error_of(const Result<Request>& request) {
  REQUIRE_FALSE(request);
  return request.error();
}

Error error_of(const Words& words) {
  return error_of(parse(words));
}

std::string text_of(const Words& words) {
  const auto request = parse(words, Variables());
  REQUIRE(request);
  REQUIRE(std::holds_alternative<ShowText>(*request));
  return std::get<ShowText>(*request).text;
}

const Words kOptions{
    "--record",      "--type",     "--zone",    "--main",     "--backup",          "--unfamiliar",
    "--ttl",         "--probe",    "--timeout", "--attempts", "--connect-timeout", "--retry-delay",
    "--expect-body", "--max-body", "--method",  "--header",   "--expect-status",   "--ca-file",
    "--insecure",    "--deadline", "--canary",  "--json",     "--state-dir",       "--config",
    "--dry-run",     "--quiet",    "--verbose", "--help",     "--version"};

}  // namespace

// --- Defaults and fields
// --------------------------------------------------------------------------

TEST_CASE("A record, MAIN and BACKUP are enough; the rest has defaults") {
  const Config config = config_of(kComplete);

  REQUIRE(config.records.size() == 1);
  const RecordConfig& record = config.records.front();
  CHECK(record.name.str() == "www.example.com");
  CHECK(record.type == RecordType::a);
  CHECK(record.zone.id.empty());
  CHECK_FALSE(record.zone.name);
  CHECK(record.sites.main.str() == "192.0.2.10");
  REQUIRE(record.sites.backups.size() == 1);
  CHECK(record.sites.backups.front().str() == "198.51.100.20");
  CHECK(record.unfamiliar == Unfamiliar::follow);
  CHECK(record.ttl == 0);
  CHECK(config.deadline == 50s);
  CHECK(config.dry_run == DryRun::no);
  CHECK(config.json == Json::no);
  CHECK(config.detail == Detail::normal);
  CHECK(config.canaries.empty());
  CHECK(config.trust.file.empty());
  CHECK(config.trust.directory.empty());
  CHECK(config.state_dir.empty());
  CHECK(config.api.base.str() == "https://api.cloudflare.com/client/v4");
  CHECK(config.api.timeout == 10s);
}

TEST_CASE("A probe asks for the record's name by default, with the manual's patience") {
  const ProbeSettings probe = probe_with({});

  CHECK(to_text(probe.target) == "https://www.example.com/");
  CHECK(probe.method == "GET");
  CHECK(probe.headers.empty());
  CHECK(probe.expect_status.str() == "200-399");
  CHECK(probe.expect_body.empty());
  CHECK_FALSE(probe.max_body);
  CHECK(probe.timeout == 5s);
  CHECK(probe.connect_timeout == 2500ms);
  CHECK(probe.attempts == 2);
  CHECK(probe.retry_delay == 1s);
  CHECK(probe.ca_file.empty());
  CHECK_FALSE(probe.insecure);
}

TEST_CASE("Every option of a record reaches it") {
  CHECK(record_with({"--type", "A"}).type == RecordType::a);
  CHECK(record_with({"--zone", "Example.COM."}).zone.name == Fqdn::parse("example.com"));
  CHECK(record_with({"--zone", "023e105f4ecef8ad9ca31a8372d0c353"}).zone.id ==
        "023e105f4ecef8ad9ca31a8372d0c353");
  CHECK(record_with({"--unfamiliar", "follow"}).unfamiliar == Unfamiliar::follow);
  CHECK(record_with({"--unfamiliar", "main-first"}).unfamiliar == Unfamiliar::main_first);
  CHECK(record_with({"--unfamiliar", "keep"}).unfamiliar == Unfamiliar::keep);
  CHECK(record_with({"--ttl", "1"}).ttl == 1);
  CHECK(record_with({"--ttl", "30"}).ttl == 30);
  CHECK(record_with({"--ttl", "86400"}).ttl == 86400);
}

TEST_CASE("Every option of a probe reaches it") {
  const ScratchDir scratch;
  const std::string ca_file = scratch.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");

  CHECK(to_text(probe_with({"--probe", "tcp:8443"}).target) == "tcp:8443");
  CHECK(to_text(probe_with({"--probe", "http://x.example.com/up"}).target) ==
        "http://x.example.com/up");
  CHECK(probe_with({"--timeout", "800ms"}).timeout == 800ms);
  CHECK(probe_with({"--connect-timeout", "3"}).connect_timeout == 3s);
  CHECK(probe_with({"--attempts", "10"}).attempts == 10);
  CHECK(probe_with({"--retry-delay", "0"}).retry_delay == 0s);
  CHECK(probe_with({"--expect-status", "200-299,401"}).expect_status.str() == "200-299,401");
  CHECK(probe_with({"--expect-body", "a, \"b\""}).expect_body == "a, \"b\"");
  CHECK(probe_with({"--max-body", "64KiB"}).max_body == 65536);
  CHECK(probe_with({"--method", "HEAD"}).method == "HEAD");
  CHECK(probe_with({"--ca-file", ca_file}).ca_file == ca_file);
  CHECK(probe_with({"--insecure"}).insecure);
}

TEST_CASE("Every option of the run reaches it") {
  CHECK(config_of(kComplete + Words{"--deadline", "2m"}).deadline == 2min);
  CHECK(config_of(kComplete + Words{"--state-dir", "/srv/state"}).state_dir == "/srv/state");
  CHECK(config_of(kComplete + Words{"--dry-run"}).dry_run == DryRun::yes);
  CHECK(config_of(kComplete + Words{"-n"}).dry_run == DryRun::yes);
  CHECK(config_of(kComplete + Words{"--json"}).json == Json::yes);
  CHECK(config_of(kComplete + Words{"--quiet"}).detail == Detail::quiet);
  CHECK(config_of(kComplete + Words{"-q"}).detail == Detail::quiet);
  CHECK(config_of(kComplete + Words{"--verbose"}).detail == Detail::steps);
  CHECK(config_of(kComplete + Words{"-v"}).detail == Detail::steps);
  CHECK(config_of(kComplete + Words{"-nv"}).dry_run == DryRun::yes);
}

TEST_CASE("A switch can be taken back, and means nothing else") {
  CHECK(config_of(kComplete + Words{"--dry-run=true"}).dry_run == DryRun::yes);
  CHECK(config_of(kComplete + Words{"--dry-run=false"}).dry_run == DryRun::no);
  CHECK(config_of(kComplete + Words{"--json=false"}).json == Json::no);
  CHECK(config_of(kComplete + Words{"-q", "--verbose=false"}).detail == Detail::quiet);
  CHECK_FALSE(probe_with({"--insecure=false"}).insecure);
  CHECK_FALSE(parse(kComplete + Words{"--dry-run=maybe"}));
  CHECK_FALSE(parse(kComplete + Words{"--insecure="}));
}

TEST_CASE("Canaries are asked in the order given") {
  const Config config = config_of(
      kComplete + Words{"--canary", "https://b.example.com", "--canary", "https://a.example.com"});

  REQUIRE(config.canaries.size() == 2);
  CHECK(config.canaries[0].str() == "https://b.example.com/");
  CHECK(config.canaries[1].str() == "https://a.example.com/");
}

TEST_CASE("Headers are kept in their order, with the blanks around the value gone") {
  const ProbeSettings probe =
      probe_with({"--header", "X-Probe: 1, 2", "--header", "accept:\ttext/plain ", "--header",
                  "X-Empty:", "--header", "X-Url: https://example.com/"});

  std::string headers;
  for (const Header& header : probe.headers) {
    headers += header.name + "=" + header.value + ";";
  }
  CHECK(headers == "X-Probe=1, 2;accept=text/plain;X-Empty=;X-Url=https://example.com/;");
}

TEST_CASE("The connection may take half of the time-out, unless said otherwise") {
  CHECK(probe_with({"--timeout", "3s"}).connect_timeout == 1500ms);
  CHECK(probe_with({"--timeout", "1ms"}).connect_timeout == 1ms);
  CHECK(probe_with({"--timeout", "3s", "--connect-timeout", "2s"}).connect_timeout == 2s);
}

TEST_CASE("A value may follow a blank or an equals sign, and hold whatever it likes") {
  CHECK(probe_with({"--expect-body=ok"}).expect_body == "ok");
  CHECK(probe_with({"--expect-body=a=b"}).expect_body == "a=b");
  CHECK(probe_with({"--expect-body", "--main"}).expect_body == "--main");
  CHECK(probe_with({"--expect-body", "two\nlines"}).expect_body == "two\nlines");
  CHECK(probe_with({"--expect-body", "a,b"}).expect_body == "a,b");
  CHECK(probe_with({"--expect-body", " "}).expect_body == " ");
}

TEST_CASE("The command run may be named or left out") {
  CHECK(config_of(Words{"run"} + kComplete).records.size() == 1);
  CHECK(config_of(kComplete + Words{"run"}).records.size() == 1);
}

// --- The sites
// ------------------------------------------------------------------------------------

TEST_CASE("The type of the record is that of MAIN") {
  const RecordConfig v6 =
      config_of(kRecord + Words{"--main", "2001:DB8:0::10", "--backup", "2001:db8::20"})
          .records.front();

  CHECK(v6.type == RecordType::aaaa);
  CHECK(v6.sites.main.str() == "2001:db8::10");
  CHECK(record_with({}).type == RecordType::a);
}

TEST_CASE("Backups are kept in the order given") {
  const RecordConfig record =
      record_with({"--backup", "198.51.100.19", "--backup", "198.51.100.21"});

  std::string backups;
  for (const Host& backup : record.sites.backups) {
    backups += backup.str() + " ";
  }
  CHECK(backups == "198.51.100.20 198.51.100.19 198.51.100.21 ");
}

TEST_CASE("Addresses must be of the record's type") {
  const std::string for_a =
      "an A record holds IPv4 addresses; for IPv6 run an AAAA record beside it";
  const std::string for_aaaa =
      "an AAAA record holds IPv6 addresses; for IPv4 run an A record beside it";

  CHECK(error_of(kComplete + Words{"--backup", "2001:db8::20"}) ==
        Error{"2001:db8::20 does not fit a record of type A", for_a});
  CHECK(error_of(kComplete + Words{"--type", "AAAA"}).hint == for_aaaa);
  CHECK(error_of(kRecord + Words{"--main", "2001:db8::10", "--backup", "192.0.2.10"}) ==
        Error{"192.0.2.10 does not fit a record of type AAAA", for_aaaa});
  CHECK(error_of(kRecord +
                 Words{"--type", "A", "--main", "2001:db8::10", "--backup", "198.51.100.20"}) ==
        Error{"2001:db8::10 does not fit a record of type A", for_a});
}

TEST_CASE("MAIN and BACKUP must differ, however they are spelled") {
  const auto [main, backup, shown] = GENERATE(table<std::string, std::string, std::string>({
      {"192.0.2.10", "192.0.2.10", "192.0.2.10"},
      {"2001:db8::10", "2001:DB8:0:0:0:0:0:10", "2001:db8::10"},
      {"2001:db8::10", "2001:db8::0.0.0.16", "2001:db8::10"},
  }));

  CHECK(error_of(kRecord + Words{"--main", main, "--backup", backup}) ==
        Error{"MAIN and BACKUP are both " + shown,
              "give the backup another address: there must be somewhere to go"});
}

TEST_CASE("MAIN may not hide among several backups") {
  CHECK(error_of(kComplete + Words{"--backup", "192.0.2.10"}).message ==
        "MAIN and BACKUP are both 192.0.2.10");
}

TEST_CASE("A backup is given once, however it is spelled") {
  CHECK(error_of(kComplete + Words{"--backup", "198.51.100.20"}) ==
        Error{"the backup 198.51.100.20 is given twice", "give it once"});
  CHECK(error_of(kRecord + Words{"--main", "2001:db8::10", "--backup", "2001:db8::20", "--backup",
                                 "2001:db8:0::20"}) ==
        Error{"the backup 2001:db8::20 is given twice", "give it once"});
}

TEST_CASE("What is required is named, with an example") {
  CHECK(error_of(Words{}) == Error{"--record is required", "for example --record www.example.com"});
  CHECK(error_of(kSites) == Error{"--record is required", "for example --record www.example.com"});
  CHECK(error_of(kRecord + Words{"--backup", "198.51.100.20"}) ==
        Error{"--main is required", "for example --main 192.0.2.10"});
  CHECK(error_of(kRecord + Words{"--main", "192.0.2.10"}) ==
        Error{"--backup is required", "for example --backup 198.51.100.20"});
}

TEST_CASE("MAIN and BACKUP may be host names, and the record's type is then said or seen") {
  const Words names{"--main", "home.example.net", "--backup", "Attic.Example.NET."};

  const RecordConfig named = config_of(kRecord + names + Words{"--type", "AAAA"}).records.front();
  CHECK(named.sites.main.str() == "home.example.net");
  CHECK(named.sites.backups.front().str() == "attic.example.net");
  CHECK(config_of(kRecord + names + Words{"--backup", "198.51.100.20"}).records.front().type ==
        RecordType::a);
  CHECK(error_of(kRecord + names) ==
        Error{"the type is required: there are host names only",
              "--type A for IPv4, or --type AAAA for IPv6; in the file \"type\""});
  CHECK(error_of(kRecord +
                 Words{"--main", "home.example.net", "--backup", "HOME.example.net", "--type", "A"})
            .message == "MAIN and BACKUP are both home.example.net");
  CHECK(error_of(kRecord + Words{"--main", "192.0.2.10", "--backup", "www.example.com"}) ==
        Error{"www.example.com is the record itself",
              "name the server, not the record that points to it"});
}

TEST_CASE("Damping has the eight steps as they stand for its default") {
  CHECK(record_with({}).damping == Damping{});
  CHECK(record_with({"--fall", "3", "--rise", "2", "--failback-delay", "5m"}).damping ==
        Damping{.fall = 3, .rise = 2, .failback_delay = std::chrono::minutes(5)});
}

// --- Values that are none
// -------------------------------------------------------------------------

TEST_CASE("A malformed value is told with its option, and how to write it") {
  struct Row {
    std::string option;
    std::vector<std::string> values;
    std::string what;
    std::string hint;
  };
  const Row row = GENERATE(values<Row>({
      {"--record",
       {"", "www", "www example.com", "f\xc3\xbcr.example.com", "*.com", "--main"},
       "a host name",
       "write it as www.example.com; an internationalised name in its xn-- form"},
      {"--type", {"", "a", "CNAME", "A,AAAA"}, "a record type we manage", "A or AAAA"},
      {"--zone",
       {"", "com", "023e105f4ecef8ad9ca31a8372d0c35", "../zones"},
       "a zone",
       "give its name, as example.com, or its id of 32 letters and digits"},
      {"--main",
       {"", "www", "*.example.net", "192.0.2", "192.0.2.010", "[2001:db8::10]",
        "192.0.2.10,192.0.2.11"},
       "an IP address or a host name",
       "write it as 192.0.2.10, 2001:db8::10 or home.example.net"},
      {"--backup",
       {"", "198.51.100.256", "198.51.100.20 "},
       "an IP address or a host name",
       "write it as 192.0.2.10, 2001:db8::10 or home.example.net"},
      {"--fall", {"", "0", "101", "-1", "2.5", "two"}, "a number of runs", "1 to 100"},
      {"--rise", {"", "0", "101"}, "a number of runs", "1 to 100"},
      {"--failback-delay",
       {"", "soon", "-1s", "1.5h", "1d"},
       "a duration",
       "write 500ms, 5s, 2m or 1h"},
      {"--unfamiliar", {"", "Follow", "main_first", "1"}, "a policy", "follow, main-first or keep"},
      {"--ttl",
       {"", "0", "2", "29", "86401", "-1", "60s", "0x3c", "1.5", "99999999999"},
       "a TTL",
       "1 for automatic, or 60 to 86400 seconds (30 in Enterprise zones)"},
      {"--probe",
       {"", "www.example.com", "tcp:0", "tcp:65536", "ftp://www.example.com/"},
       "a probe",
       "https://HOST[:PORT]/PATH, http://..., tcp:PORT, icmp or exec:COMMAND; no user, password or "
       "fragment in an address"},
      {"--timeout",
       {"", "0", "0ms", "-1s", "1.5s", "5 s", "1d", "8785h"},
       "a duration",
       "write 500ms, 5s, 2m or 1h; more than zero"},
      {"--connect-timeout", {"", "0s"}, "a duration", "write 500ms, 5s, 2m or 1h; more than zero"},
      {"--deadline", {"", "0"}, "a duration", "write 500ms, 5s, 2m or 1h; more than zero"},
      {"--retry-delay", {"", "-1s", "soon"}, "a duration", "write 500ms, 5s, 2m or 1h"},
      {"--attempts", {"", "0", "11", "-1", "two", "2.0"}, "a number of attempts", "1 to 10"},
      {"--expect-status",
       {"", "99", "600", "2xx", "299-200", "200,"},
       "a list of statuses",
       "codes and ranges from 100 to 599, as 200-299,401"},
      {"--expect-body", {""}, "a text to look for", "it must not be empty"},
      {"--max-body",
       {"", "0", "64kB", "-1", "2GiB"},
       "a size",
       "write bytes, or 64KiB, 1MiB; at least 1"},
      {"--method",
       {"", "get", "GET ", "CONNECT", "M-SEARCH", "ABCDEFGHIJKLMNOPQ", "GET,POST"},
       "a request method",
       "GET, HEAD, POST, ... in capitals"},
      {"--header",
       {"", "X-Probe", ": 1", "X Probe: 1", "X-Probe : 1", "X\xc3\xbc: 1", "X-Probe: \xc3\xbc"},
       "a header",
       "write it as 'Name: value'"},
      {"--ca-file", {""}, "a file", "it must not be empty"},
      {"--state-dir", {""}, "a directory", "it must not be empty"},
      {"--canary",
       {"", "www.example.net"},
       "an address",
       "https://HOST/ of something that is always up, and not yours"},
  }));
  Words others = kComplete;
  if (const auto said = std::find(others.begin(), others.end(), row.option); said != others.end()) {
    others.erase(said, said + 2);
  }

  for (const std::string& value : row.values) {
    CAPTURE(row.option, value);
    CHECK(error_of(others + Words{row.option, value}) ==
          Error{row.option + ": \"" + value + "\" is not " + row.what, row.hint});
    CHECK(error_of(others + Words{row.option + "=" + value}) ==
          error_of(others + Words{row.option, value}));
  }
}

TEST_CASE("A malformed value cannot fool the terminal that it is shown on") {
  CHECK(error_of(kRecord + Words{"--main", "\x1b[2J\n"}).message ==
        R"(--main: "\x1b[2J\x0a" is not an IP address or a host name)");
  CHECK(error_of(kComplete + Words{"--header", "X: a\r\nHost: b"}).message ==
        R"(--header: "X: a\x0d\x0aHost: b" is not a header)");
  CHECK(error_of(kRecord + Words{"--main", std::string(1000, '1')}).message ==
        "--main: \"" + std::string(200, '1') + "...\" is not an IP address or a host name");
}

TEST_CASE("An option that takes one value is given once") {
  const auto [option, value] = GENERATE(table<std::string, std::string>({
      {"--type", "A"},
      {"--zone", "example.com"},
      {"--unfamiliar", "keep"},
      {"--ttl", "60"},
      {"--probe", "tcp:80"},
      {"--timeout", "5s"},
      {"--connect-timeout", "1s"},
      {"--attempts", "2"},
      {"--retry-delay", "1s"},
      {"--expect-status", "200"},
      {"--expect-body", "ok"},
      {"--max-body", "1KiB"},
      {"--method", "GET"},
      {"--deadline", "50s"},
      {"--state-dir", "/srv"},
  }));
  CAPTURE(option);

  CHECK(error_of(kComplete + Words{option, value, option, value}) ==
        Error{option + " is given twice", "give it once"});
}

TEST_CASE("What may be a secret in an address is not repeated") {
  const auto [value, shown] = GENERATE(table<std::string, std::string>({
      {"https://u:p@www.example.com/", "https://****@www.example.com/"},
      {"https://u@www.example.com/?token=x", "https://****@www.example.com/..."},
      {"https://www.example.com/hook#x", "https://www.example.com/..."},
  }));

  CHECK(error_of(kComplete + Words{"--probe", value}).message ==
        "--probe: \"" + shown + "\" is not a probe");
  CHECK(error_of(kComplete + Words{"--canary", value}).message.find(shown) != std::string::npos);
}

TEST_CASE("A value after an equals sign may hold a line end") {
  CHECK(probe_with({"--expect-body=two\nlines"}).expect_body == "two\nlines");
}

TEST_CASE("A configured zone holds the record") {
  CHECK(error_of(kComplete + Words{"--zone", "example.org"}).message ==
        "the zone example.org cannot hold the record www.example.com");
  CHECK_FALSE(parse(kComplete + Words{"--zone", "*.example.com"}));
}

TEST_CASE("Two records or two MAINs are a mistake, not a list") {
  CHECK(error_of(kComplete + Words{"--record", "www.example.com"}) ==
        Error{"--record is given twice", "give it once"});
  CHECK(error_of(kComplete + Words{"--main", "192.0.2.10"}) ==
        Error{"--main is given twice", "give it once"});
}

TEST_CASE("An option at the end of the line without its value is told by its name") {
  for (const char* const option : {"--zone", "--header", "--state-dir"}) {
    const Error error = error_of(kComplete + Words{option});

    CAPTURE(option, error);
    CHECK(error ==
          Error{std::string(option) + " needs a value", "cf-failover --help shows of what kind"});
  }
}

// --- Words that are none
// --------------------------------------------------------------------------

TEST_CASE("An unknown option is told with the one that was probably meant") {
  const auto [word, message, hint] = GENERATE(table<std::string, std::string, std::string>({
      {"--recrod", "unknown option --recrod", "did you mean --record?"},
      {"--bakcup=198.51.100.20", "unknown option --bakcup", "did you mean --backup?"},
      {"--dryrun", "unknown option --dryrun", "did you mean --dry-run?"},
      {"--expect_status=200", "unknown option --expect_status", "did you mean --expect-status?"},
      {"--Record", "unknown option --Record", "did you mean --record?"},
      {"--interactive-dashboard", "unknown option --interactive-dashboard",
       "cf-failover --help lists the options"},
      {"-x", "unknown option -x", "cf-failover --help lists the options"},
  }));
  CAPTURE(word);

  CHECK(error_of(kComplete + Words{word}) == Error{message, hint});
}

TEST_CASE("What was meant as the value of an unknown option is not shown") {
  for (const Words& words : {Words{"--token", "S3CRET"}, Words{"--token=S3CRET"}}) {
    const Error error = error_of(kComplete + words);

    CHECK(error.message == "unknown option --token");
    CHECK(error.hint.find("S3CRET") == std::string::npos);
  }
}

TEST_CASE("An unknown command and a stray word are told apart") {
  const auto [words, expected] = GENERATE_COPY(table<Words, std::string>({
      {Words{"rnu"} + kComplete, R"(unknown command "rnu")"},
      {{"Run"}, R"(unknown command "Run")"},
      {{"\x1b[2J"}, R"(unknown command "\x1b[2J")"},
      {kComplete + Words{"--", "--json"}, "unknown option --json"},
      {kComplete + Words{"-"}, R"(unknown command "-")"},
      {kComplete + Words{""}, R"(unknown command "")"},
      {Words{"run", "now"} + kComplete, R"(unexpected argument "now")"},
      {Words{"run"} + kComplete + Words{"\n"}, R"(unexpected argument "\x0a")"},
  }));

  const Error error = error_of(words);

  CHECK(error.message == expected);
  CHECK_FALSE(error.hint.empty());
}

TEST_CASE("Quiet and verbose contradict each other") {
  CHECK(error_of(kComplete + Words{"-q", "-v"}) ==
        Error{"--quiet and --verbose contradict each other", "give one of them"});
  CHECK(error_of(kComplete + Words{"--verbose", "--quiet"}).message ==
        "--quiet and --verbose contradict each other");
}

// --- What only the whole shows
// --------------------------------------------------------------------

TEST_CASE("Headers that would show a secret or confuse the host are refused") {
  const std::string public_places =
      "command lines and configurations are no places for secrets; probe something public";
  const auto [header, refused] = GENERATE(table<std::string, std::string>({
      {"Authorization: Bearer S3CRET", "Authorization"},
      {"authorization:S3CRET", "authorization"},
      {"COOKIE: S3CRET", "COOKIE"},
      {"Proxy-Authorization: S3CRET", "Proxy-Authorization"},
  }));

  CHECK(error_of(kComplete + Words{"--header", "X-Probe: 1", "--header", header}) ==
        Error{"--header refuses " + refused, public_places});
}

TEST_CASE("The host is named in the probe and nowhere else") {
  for (const char* const header : {"Host: other.example.com", "host:"}) {
    CHECK(error_of(kComplete + Words{"--header", header}) ==
          Error{"--header refuses Host", "name the host in the probe, as https://HOST/PATH"});
  }
}

TEST_CASE("A wildcard record has no name to ask for") {
  const Words wildcard = kSites + Words{"--record", "*.example.com"};

  CHECK(error_of(wildcard) == Error{"a wildcard record needs an explicit probe",
                                    "for example --probe https://www.example.com/"});
  CHECK(config_of(wildcard + Words{"--probe", "tcp:443"}).records.front().name.str() ==
        "*.example.com");
}

TEST_CASE("A CA file that cannot be used is refused before anything is contacted") {
  const ScratchDir scratch;
  const std::string hint = "it holds certificates in PEM form, as openssl writes them";
  const std::string empty = scratch.write("empty.pem", "");

  CHECK(error_of(kComplete + Words{"--ca-file", "/nonexistent/ca.pem"}) ==
        Error{"cannot use the CA file /nonexistent/ca.pem: No such file or directory", hint});
  CHECK(error_of(kComplete + Words{"--ca-file", empty}) ==
        Error{"cannot use the CA file " + empty + ": no certificate in it", hint});
  CHECK(error_of(kComplete + Words{"--ca-file", scratch.path()}) ==
        Error{"cannot use the CA file " + scratch.path().string() + ": not a regular file", hint});
}

TEST_CASE("A body cannot be expected of HEAD") {
  CHECK(error_of(kComplete + Words{"--method", "HEAD", "--expect-body", "ok"}) ==
        Error{"--expect-body needs a body, and HEAD has none", "use --method GET"});
}

// --- The environment
// ------------------------------------------------------------------------------

TEST_CASE("The credential comes from the environment, and is required") {
  const Config config = config_of(kComplete);

  REQUIRE(config.api.credentials.size() == 1);
  CHECK(config.api.credentials.front().name == "Authorization");
  CHECK(config.api.credentials.front().value.reveal() == "Bearer S3CRET");
  CHECK(error_of(parse(kComplete, Variables())).message == "no credential for Cloudflare");
}

TEST_CASE("Another endpoint may stand in for Cloudflare's, in the clear on this host only") {
  const auto with_base = [](const std::string& url) {
    return parse(kComplete, with_token({{"CLOUDFLARE_BASE_URL", url}}));
  };

  for (const char* const url :
       {"https://api.example.com/client/v4", "https://192.0.2.10:8443/", "http://127.0.0.1:8080/v4",
        "http://127.1.2.3/", "http://[::1]:8080/client/v4", "http://[0:0:0:0:0:0:0:1]/"}) {
    CAPTURE(url);
    CHECK(config_of(with_base(url)).api.base.str() == url);
  }
  for (const char* const url :
       {"http://api.cloudflare.com/client/v4", "http://localhost/", "http://192.0.2.10/",
        "http://[2001:db8::10]/", "http://127.0.0.1.example.com/", "http://[::ffff:127.0.0.1]/"}) {
    CAPTURE(url);
    CHECK(error_of(with_base(url)) ==
          Error{"CLOUDFLARE_BASE_URL: plain http would show the token to the network",
                "use https; http is for loopback addresses only"});
  }
  for (const char* const url :
       {"api.cloudflare.com", "https://user:S3CRET@api.cloudflare.com/", "https://a/?x=y",
        "https://a?x", "https://a/#x", "ftp://a/", "https://", " "}) {
    CAPTURE(url);
    CHECK(error_of(with_base(url)) == Error{"CLOUDFLARE_BASE_URL is not an address",
                                            "for example https://api.cloudflare.com/client/v4"});
  }
  CHECK(config_of(with_base("")).api.base.str() == "https://api.cloudflare.com/client/v4");
}

TEST_CASE("The state directory is where it was said to be, or where the system has such things") {
  struct Row {
    Words words;
    Variables variables;
    bool is_root;
    std::string expected;
  };
  const Variables everything{
      {"STATE_DIRECTORY", "/run/state"}, {"XDG_STATE_HOME", "/xdg"}, {"HOME", "/home/me"}};
  const Variables of_user{{"XDG_STATE_HOME", "/xdg"}, {"HOME", "/home/me"}};
  const Row row = GENERATE_COPY(values<Row>({
      {{"--state-dir", "/said"}, everything, true, "/said"},
      {{"--state-dir", "relative"}, everything, false, "relative"},
      {{}, everything, true, "/run/state"},
      {{}, everything, false, "/run/state"},
      {{}, {{"STATE_DIRECTORY", "/run/one:/run/two"}}, false, "/run/one"},
      {{}, of_user, true, "/var/lib/cf-failover"},
      {{}, {}, true, "/var/lib/cf-failover"},
      {{}, of_user, false, "/xdg/cf-failover"},
      {{}, {{"HOME", "/home/me"}}, false, "/home/me/.local/state/cf-failover"},
      {{},
       {{"XDG_STATE_HOME", "relative"}, {"HOME", "/home/me"}},
       false,
       "/home/me/.local/state/cf-failover"},
      {{}, {{"STATE_DIRECTORY", ""}, {"XDG_STATE_HOME", ""}, {"HOME", ""}}, false, ""},
      {{}, {{"HOME", "relative"}}, false, ""},
      {{}, {}, false, ""},
  }));
  const Surroundings surroundings{.environment = Environment(with_token(row.variables)),
                                  .is_root = row.is_root};

  CHECK(config_of(parse(kComplete + row.words, surroundings)).state_dir == row.expected);
}

TEST_CASE("A command that probes sees an ordinary environment, and no credential") {
  const Config config = config_of(parse(kComplete, {{"PATH", "/usr/bin:/bin"},
                                                    {"HOME", "/home/me"},
                                                    {"TZ", ""},
                                                    {"LD_PRELOAD", "/tmp/x.so"},
                                                    {"CLOUDFLARE_API_TOKEN", "S3CRET"},
                                                    {"CLOUDFLARE_API_KEY", "S3CRET"},
                                                    {"CLOUDFLARE_API_TOKEN_FILE", "/S3CRET"},
                                                    {"CREDENTIALS_DIRECTORY", "/S3CRET"}}));

  CHECK(config.child_environment == Words{"PATH=/usr/bin:/bin", "HOME=/home/me"});
}

TEST_CASE("Certificates are found where curl finds them") {
  const auto trust = [](const Variables& variables) {
    const SystemTrust found = config_of(parse(kComplete, with_token(variables))).trust;
    return found.file + "|" + found.directory;
  };

  CHECK(trust({}) == "|");
  CHECK(trust({{"SSL_CERT_FILE", "/a.pem"}}) == "/a.pem|");
  CHECK(trust({{"SSL_CERT_DIR", "/certs"}}) == "|/certs");
  CHECK(trust({{"CURL_CA_BUNDLE", "/b.pem"}, {"SSL_CERT_FILE", "/a.pem"}}) == "/b.pem|");
  CHECK(trust({{"CURL_CA_BUNDLE", ""}, {"SSL_CERT_FILE", "/a.pem"}, {"SSL_CERT_DIR", "/certs"}}) ==
        "/a.pem|/certs");
}

TEST_CASE("A person at a terminal sees the steps, unless told otherwise") {
  const auto detail = [](const Words& words) {
    return config_of(parse(kComplete + words, Surroundings{.environment = Environment(with_token()),
                                                           .output_is_terminal = true}))
        .detail;
  };

  CHECK(detail({}) == Detail::steps);
  CHECK(detail({"-v"}) == Detail::steps);
  CHECK(detail({"-q"}) == Detail::quiet);
}

// --- Help and version
// -----------------------------------------------------------------------------

TEST_CASE("The version is one line") {
  CHECK(text_of({"--version"}) == program_and_version() + "\n");
}

TEST_CASE("The help lists every option") {
  const std::string help = text_of({"--help"});

  for (const std::string& option : kOptions) {
    CAPTURE(option);
    CHECK(help.find(" " + option) != std::string::npos);
  }
  for (const std::string_view line : split(help, '\n')) {
    CAPTURE(line);
    CHECK(line.size() <= 100);
    CHECK_FALSE(line.ends_with(' '));
  }
  CHECK(help.ends_with(".\n"));
}

TEST_CASE("The help lists no option that is unknown") {
  const std::string help = text_of({"--help"});

  for (std::size_t at = help.find(" --"); at != std::string::npos; at = help.find(" --", at + 1)) {
    const auto end = help.find_first_not_of("-abcdefghijklmnopqrstuvwxyz", at + 1);
    const std::string option = help.substr(at + 1, end - at - 1);
    const auto request = parse({option});
    CAPTURE(option);
    CHECK((request || !request.error().message.starts_with("unknown option")));
  }
}

TEST_CASE("Help and version win over whatever else is wrong") {
  for (const Words& words : {Words{"--bogus"}, Words{"rnu"}, Words{"--main", "x"},
                             Words{"-q", "-v"}, Words{"--ttl", "1", "--ttl", "1"}}) {
    CHECK(text_of(words + Words{"--help"}) == text_of({"-h"}));
    CHECK(text_of(Words{"--version"} + words) == text_of({"--version"}));
  }
}
