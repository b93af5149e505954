// What is wrong with a command line or an environment is said before anything is contacted.

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/lab.h"

namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using Options = std::vector<std::string>;
using Change = std::function<void(ProcessSpec&)>;

/// Changes to a command that is right.
Change plus(const Options& more) {
  return [more](ProcessSpec& command) {
    command.argv.insert(command.argv.end(), more.begin(), more.end());
  };
}

Change with(const std::string& option, const std::string& value) {
  return [option, value](ProcessSpec& command) {
    const auto found = std::find(command.argv.begin(), command.argv.end(), option);
    found == command.argv.end() ? plus({option, value})(command)
                                : static_cast<void>(*(found + 1) = value);
  };
}

Change without(const std::string& option) {
  return [option](ProcessSpec& command) {
    const auto found = std::find(command.argv.begin(), command.argv.end(), option);
    command.argv.erase(found, found + 2);
  };
}

Change variable(const std::string& name, const std::string& value) {
  return [name, value](ProcessSpec& command) { command.environment[name] = value; };
}

Change no_credential() {
  return [](ProcessSpec& command) { command.environment.erase("CLOUDFLARE_API_TOKEN"); };
}

Change operator+(const Change& one, const Change& other) {
  return [one, other](ProcessSpec& command) {
    one(command);
    other(command);
  };
}

/// A mistake, and all that is to be said of it.
struct Mistake {
  Change change;
  std::string error;
  std::string hint;
};

void check_untouched(const Lab& lab) {
  CHECK(lab.cloudflare.connections() == 0);
  CHECK(lab.main.connections() == 0);
  CHECK(lab.backup.connections() == 0);
  CHECK_FALSE(std::filesystem::exists(lab.scratch.path() / "state"));
}

void check_mistakes(const Lab& lab, const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    ProcessSpec command = lab.command();
    mistake.change(command);

    const ProcessResult result = run(command);

    const std::string hint =
        mistake.hint.empty() ? "" : "cf-failover: hint: " + mistake.hint + "\n";
    CHECK(result.err == "cf-failover: error: " + mistake.error + "\n" + hint);
    CAPTURE(mistake.error);
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    check_untouched(lab);
  }
}

const std::string kAddressHint = "write it as 192.0.2.10, 2001:db8::10 or home.example.net";
const std::string kDurationHint = "write 500ms, 5s, 2m or 1h; more than zero";
const std::string kStatusHint = "codes and ranges from 100 to 599, as 200-299,401";
const std::string kProbeHint =
    "https://HOST[:PORT]/PATH, http://..., tcp:PORT, icmp or exec:COMMAND; no user, password or "
    "fragment in an address";
const std::string kNameHint =
    "write it as www.example.com; an internationalised name in its xn-- form";
const std::string kHelpHint = "cf-failover --help lists the options";

}  // namespace

TEST_CASE("An option that does not exist is refused by name", "[cli]") {
  const Lab lab;

  check_mistakes(
      lab,
      {
          {plus({"--deadlin", "5s"}), "unknown option --deadlin", "did you mean --deadline?"},
          {plus({"--dryrun"}), "unknown option --dryrun", "did you mean --dry-run?"},
          {plus({"--main-addr=192.0.2.1"}), "unknown option --main-addr", "did you mean --main?"},
          {plus({"--no-such-option"}), "unknown option --no-such-option", kHelpHint},
          {plus({"-x"}), "unknown option -x", kHelpHint},
          {plus({"now"}), "unexpected argument \"now\"",
           "values belong to options; quote those that hold blanks"},
      });
}

TEST_CASE("A command that does not exist is refused by name", "[cli]") {
  const Lab lab;
  ProcessSpec command = lab.command();
  command.argv[1] = "rnu";

  const ProcessResult result = run(command);

  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("cf-failover: error: unknown command \"rnu\"\n"
                                    "cf-failover: hint: "));
  check_untouched(lab);
}

TEST_CASE("An option is given once, with its value", "[cli]") {
  const Lab lab;

  check_mistakes(
      lab,
      {
          {plus({"--record", "www.example.com"}), "--record is given twice", "give it once"},
          {plus({"--main", "192.0.2.1"}), "--main is given twice", "give it once"},
          {plus({"--timeout", "1s", "--timeout", "2s"}), "--timeout is given twice",
           "give it once"},
          {plus({"-q", "-v"}), "--quiet and --verbose contradict each other", "give one of them"},
      });
}

TEST_CASE("An option without its value is refused", "[cli]") {
  const Lab lab;
  ProcessSpec command = lab.command({"--timeout"});

  const ProcessResult result = run(command);

  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("cf-failover: error: "));
  CHECK_THAT(result.err, ContainsSubstring("timeout"));
  check_untouched(lab);
}

TEST_CASE("What every run needs must be there", "[cli]") {
  const Lab lab;

  check_mistakes(
      lab,
      {
          {without("--record"), "--record is required", "for example --record www.example.com"},
          {without("--main"), "--main is required", "for example --main 192.0.2.10"},
          {without("--backup"), "--backup is required", "for example --backup 198.51.100.20"},
          {[](ProcessSpec& command) { command.argv.resize(1); }, "--record is required",
           "for example --record www.example.com"},
      });
}

TEST_CASE("A value that is none is quoted, with how to write it", "[cli]") {
  const Lab lab;

  check_mistakes(
      lab,
      {
          {with("--main", "192.0.2.300"),
           "--main: \"192.0.2.300\" is not an IP address or a host name", kAddressHint},
          {with("--main", "192.0.2.010"),
           "--main: \"192.0.2.010\" is not an IP address or a host name", kAddressHint},
          {with("--main", ""), "--main: \"\" is not an IP address or a host name", kAddressHint},
          {with("--main", "[::1]"), "--main: \"[::1]\" is not an IP address or a host name",
           kAddressHint},
          {with("--main", "fe80::1%eth0"),
           "--main: \"fe80::1%eth0\" is not an IP address or a host name", kAddressHint},
          {with("--backup", "example"), "--backup: \"example\" is not an IP address or a host name",
           kAddressHint},
          {with("--backup", " 192.0.2.1"),
           "--backup: \" 192.0.2.1\" is not an IP address or a host name", kAddressHint},
          {with("--backup", "\033[31m"),
           "--backup: \"\\x1b[31m\" is not an IP address or a host name", kAddressHint},
          {with("--record", "www..example.com"),
           "--record: \"www..example.com\" is not a host name", kNameHint},
          {with("--record", "http://example.com"),
           "--record: \"http://example.com\" is not a host name", kNameHint},
          {with("--type", "MX"), "--type: \"MX\" is not a record type we manage", "A or AAAA"},
          {with("--zone", "no zone"), "--zone: \"no zone\" is not a zone",
           "give its name, as example.com, or its id of 32 letters and digits"},
          {with("--unfamiliar", "ignore"), "--unfamiliar: \"ignore\" is not a policy",
           "follow, main-first or keep"},
          {with("--ttl", "5"), "--ttl: \"5\" is not a TTL",
           "1 for automatic, or 60 to 86400 seconds (30 in Enterprise zones)"},
          {with("--timeout", "5 s"), "--timeout: \"5 s\" is not a duration", kDurationHint},
          {with("--timeout", "5sec"), "--timeout: \"5sec\" is not a duration", kDurationHint},
          {with("--timeout", "0"), "--timeout: \"0\" is not a duration", kDurationHint},
          {with("--timeout", "-1s"), "--timeout: \"-1s\" is not a duration", kDurationHint},
          {with("--timeout", "1.5s"), "--timeout: \"1.5s\" is not a duration", kDurationHint},
          {with("--timeout", "9999999999999999999s"),
           "--timeout: \"9999999999999999999s\" is not a duration", kDurationHint},
          {with("--connect-timeout", "s"), "--connect-timeout: \"s\" is not a duration",
           kDurationHint},
          {with("--deadline", "soon"), "--deadline: \"soon\" is not a duration", kDurationHint},
          {with("--retry-delay", "x"), "--retry-delay: \"x\" is not a duration",
           "write 500ms, 5s, 2m or 1h"},
          {with("--attempts", "0"), "--attempts: \"0\" is not a number of attempts", "1 to 10"},
          {with("--attempts", "0x2"), "--attempts: \"0x2\" is not a number of attempts", "1 to 10"},
          {with("--expect-status", "OK"), "--expect-status: \"OK\" is not a list of statuses",
           kStatusHint},
          {with("--expect-status", "200,"), "--expect-status: \"200,\" is not a list of statuses",
           kStatusHint},
          {with("--expect-status", "299-200"),
           "--expect-status: \"299-200\" is not a list of statuses", kStatusHint},
          {with("--expect-status", "600"), "--expect-status: \"600\" is not a list of statuses",
           kStatusHint},
          {with("--expect-body", ""), "--expect-body: \"\" is not a text to look for",
           "it must not be empty"},
          {with("--max-body", "0"), "--max-body: \"0\" is not a size",
           "write bytes, or 64KiB, 1MiB; at least 1"},
          {with("--max-body", "1GB"), "--max-body: \"1GB\" is not a size",
           "write bytes, or 64KiB, 1MiB; at least 1"},
          {with("--method", "get"), "--method: \"get\" is not a request method",
           "GET, HEAD, POST, ... in capitals"},
          {with("--header", "no colon"), "--header: \"no colon\" is not a header",
           "write it as 'Name: value'"},
          {with("--header", "X: a\r\nY: b"), "--header: \"X: a\\x0d\\x0aY: b\" is not a header",
           "write it as 'Name: value'"},
          {with("--probe", "ftp://www.example.com/"),
           "--probe: \"ftp://www.example.com/\" is not a probe", kProbeHint},
          {with("--probe", "https://"), "--probe: \"https://\" is not a probe", kProbeHint},
          {with("--probe", "www.example.com"), "--probe: \"www.example.com\" is not a probe",
           kProbeHint},
          {with("--probe", "tcp:70000"), "--probe: \"tcp:70000\" is not a probe", kProbeHint},
      });
}

TEST_CASE("MAIN and BACKUP must be two addresses, however they are written", "[cli]") {
  const Lab lab;
  const std::string hint = "give the backup another address: there must be somewhere to go";
  const auto six = [](const std::string& main, const std::string& backup) {
    return with("--main", main) + with("--backup", backup);
  };

  check_mistakes(
      lab,
      {
          {with("--backup", Lab::kMain), "MAIN and BACKUP are both 127.0.2.1", hint},
          {plus({"--backup", Lab::kMain}), "MAIN and BACKUP are both 127.0.2.1", hint},
          {six("2001:db8::10", "2001:DB8:0:0::0010"), "MAIN and BACKUP are both 2001:db8::10",
           hint},
          {six("::ffff:127.0.2.1", "::FFFF:7f00:201"), "MAIN and BACKUP are both ::ffff:127.0.2.1",
           hint},
          {plus({"--backup", Lab::kBackup}), "the backup 127.0.3.1 is given twice", "give it once"},
      });
}

TEST_CASE("Addresses must fit the type of the record", "[cli]") {
  const Lab lab;

  check_mistakes(lab,
                 {
                     {with("--backup", "::1"), "::1 does not fit a record of type A",
                      "an A record holds IPv4 addresses; for IPv6 run an AAAA record beside it"},
                     {with("--main", "::1"), "127.0.3.1 does not fit a record of type AAAA",
                      "an AAAA record holds IPv6 addresses; for IPv4 run an A record beside it"},
                     {with("--type", "AAAA"), "127.0.3.1 does not fit a record of type AAAA",
                      "an AAAA record holds IPv6 addresses; for IPv4 run an A record beside it"},
                 });
}

TEST_CASE("A probe that cannot work is refused", "[cli]") {
  const Lab lab;
  const std::string garbage = lab.scratch.write("garbage.pem", "not a certificate\n");
  const std::string secrets =
      "command lines and configurations are no places for secrets; probe something public";
  const std::string pem = "it holds certificates in PEM form, as openssl writes them";

  check_mistakes(
      lab, {
               {with("--record", "*.example.com") + without("--probe"),
                "a wildcard record needs an explicit probe",
                "for example --probe https://www.example.com/"},
               {plus({"--method", "HEAD", "--expect-body", "ok"}),
                "--expect-body needs a body, and HEAD has none", "use --method GET"},
               {with("--header", "Authorization: Bearer 123"), "--header refuses Authorization",
                secrets},
               {with("--header", "COOKIE: a=b"), "--header refuses COOKIE", secrets},
               {with("--header", "Host: other.example.com"), "--header refuses Host",
                "name the host in the probe, as https://HOST/PATH"},
               {with("--ca-file", "/nonexistent/ca.pem"),
                "cannot use the CA file /nonexistent/ca.pem: No such file or directory", pem},
               {with("--ca-file", "/"), "cannot use the CA file /: not a regular file", pem},
               {with("--ca-file", garbage),
                "cannot use the CA file " + garbage + ": no certificate in it", pem},
           });
}

TEST_CASE("Without a usable credential nothing begins", "[cli]") {
  const Lab lab;
  const auto token_file = [](const std::string& path) {
    return no_credential() + variable("CLOUDFLARE_API_TOKEN_FILE", path);
  };
  const std::string open_file = lab.scratch.write("open", Lab::kToken, 0644);
  const std::string empty_file = lab.scratch.write("empty", "\n");
  const std::string two_words = lab.scratch.write("two", std::string("Bearer ") + Lab::kToken);
  const std::string one_word =
      "a token is one word of printable characters, without quotes or \"Bearer\"";

  check_mistakes(
      lab,
      {
          {no_credential(), "no credential for Cloudflare",
           "set CLOUDFLARE_API_TOKEN_FILE to a file with an API token that has the permissions "
           "\"Zone - Zone - Read\" and \"Zone - DNS - Edit\""},
          {token_file("/nonexistent/token"),
           "cannot read the token file /nonexistent/token: No such file or directory", ""},
          {token_file("/"), "cannot read the token file /: not a regular file", ""},
          {token_file(open_file), "the token file " + open_file + " may be read by everybody",
           "chmod o-rwx " + open_file + ", and make a new token if others were on this host"},
          {token_file(empty_file), "the token file " + empty_file + " is empty", one_word},
          {token_file(two_words), "the token file " + two_words + " holds no token", one_word},
          {variable("CLOUDFLARE_API_TOKEN", std::string("Bearer ") + Lab::kToken),
           "CLOUDFLARE_API_TOKEN holds no token", one_word},
          {variable("CLOUDFLARE_API_TOKEN", std::string(Lab::kToken) + "\r\nX-Evil: 1"),
           "CLOUDFLARE_API_TOKEN holds no token", one_word},
          {no_credential() + variable("CLOUDFLARE_API_KEY", Lab::kToken),
           "CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL go together",
           "better: make an API token and set CLOUDFLARE_API_TOKEN"},
          {no_credential() + variable("CLOUDFLARE_EMAIL", "me@example.com"),
           "CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL go together",
           "better: make an API token and set CLOUDFLARE_API_TOKEN"},
      });
}

TEST_CASE("The token is never sent in the clear over a network", "[cli]") {
  const Lab lab;
  const std::string plain = "CLOUDFLARE_BASE_URL: plain http would show the token to the network";
  const std::string https = "use https; http is for loopback addresses only";

  check_mistakes(
      lab, {
               {variable("CLOUDFLARE_BASE_URL", "http://192.0.2.1/client/v4"), plain, https},
               {variable("CLOUDFLARE_BASE_URL", "http://localhost/client/v4"), plain, https},
               {variable("CLOUDFLARE_BASE_URL", "http://127.0.0.1.example.com/"), plain, https},
               {variable("CLOUDFLARE_BASE_URL", "http://[2001:db8::1]/client/v4"), plain, https},
               {variable("CLOUDFLARE_BASE_URL", "api.cloudflare.com"),
                "CLOUDFLARE_BASE_URL is not an address",
                "for example https://api.cloudflare.com/client/v4"},
           });
}

TEST_CASE("No secret is quoted in a complaint", "[cli]") {
  const Lab lab;
  const std::string file = lab.scratch.write("token", std::string(Lab::kToken) + " " + Lab::kToken);
  for (const Change& change :
       {variable("CLOUDFLARE_API_TOKEN", std::string(Lab::kToken) + " "),
        no_credential() + variable("CLOUDFLARE_API_TOKEN_FILE", file),
        no_credential() + variable("CLOUDFLARE_API_KEY", Lab::kToken),
        variable("CLOUDFLARE_BASE_URL", "https://x/ " + std::string(Lab::kToken)),
        with("--header", "Cookie: " + std::string(Lab::kToken))}) {
    ProcessSpec command = lab.command();
    change(command);

    const ProcessResult result = run(command);

    CHECK(result.status == 2);
    CHECK_THAT(result.err, !ContainsSubstring(Lab::kToken));
  }
}

TEST_CASE("A complaint is for standard error, in JSON too", "[cli]") {
  const Lab lab;

  const ProcessResult result = run(lab.command({"--json", "-q", "--timeout", "x"}));

  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK(result.err ==
        "cf-failover: error: --timeout: \"x\" is not a duration\n"
        "cf-failover: hint: write 500ms, 5s, 2m or 1h; more than zero\n");
}

TEST_CASE("Help and version are printed and nothing else is done", "[cli]") {
  const Lab lab;
  const auto show = [](const std::string& option) {
    return run({.argv = {built("cf-failover"), option}});
  };

  for (const std::string option : {"--help", "-h"}) {
    const ProcessResult help = show(option);
    CHECK(help.status == 0);
    CHECK(help.err.empty());
    CHECK_THAT(help.out, StartsWith("Moves a Cloudflare DNS record to BACKUP while MAIN is down, "
                                    "and back.\n\nUsage:\n"));
    for (const std::string name :
         {"--record",     "--type",        "--zone",          "--main",        "--backup",
          "--unfamiliar", "--ttl",         "--probe",         "--timeout",     "--connect-timeout",
          "--attempts",   "--retry-delay", "--expect-status", "--expect-body", "--max-body",
          "--method",     "--header",      "--ca-file",       "--insecure",    "--deadline",
          "--state-dir",  "-n, --dry-run", "--json",          "-q, --quiet",   "-v, --verbose",
          "-h, --help",   "--version"}) {
      CHECK_THAT(help.out, ContainsSubstring(name));
    }
  }
  const ProcessResult version = show("--version");
  CHECK(version.status == 0);
  CHECK(version.err.empty());
  CHECK_THAT(version.out, Catch::Matchers::Matches("cf-failover/[0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_CASE("Help helps among other options, right or wrong", "[cli]") {
  const Lab lab;

  const ProcessResult result = run(lab.command({"--timeout", "x", "--help"}));

  CHECK(result.status == 0);
  CHECK_THAT(result.out, ContainsSubstring("Usage:"));
  CHECK(result.err.empty());
  check_untouched(lab);
}
