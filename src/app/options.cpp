#define CXXOPTS_VECTOR_DELIMITER '\0'  // A value may hold a comma.
#include "app/options.h"

#include <unistd.h>

#include <algorithm>
#include <cxxopts.hpp>
#include <iterator>

#include "app/credentials.h"
#include "app/version.h"
#include "value/byte_size.h"
#include "value/text.h"

namespace {

using Text = const std::string&;

/// What was said of the record, before the defaults that depend on each other are filled in.
struct Draft {
  std::optional<Fqdn> record;
  std::optional<RecordType> type;
  ZoneChoice zone;
  std::optional<IpAddress> main;
  std::vector<IpAddress> backups;
  Unfamiliar unfamiliar = Unfamiliar::follow;
  int ttl = 0;
  std::optional<ProbeTarget> probe;
  std::optional<Milliseconds> connect_timeout;
  ProbeSettings settings{.target = TcpTarget{0}};
  Milliseconds deadline{50000};
  std::string state_dir;
};

// --- From text to values
// --------------------------------------------------------------------------

template <typename T, typename U>
bool take(T& place, std::optional<U> value) {
  if (value) {
    place = *std::move(value);
  }
  return value.has_value();
}

std::optional<RecordType> parse_type(std::string_view text) {
  if (text == "A") {
    return RecordType::a;
  }
  return text == "AAAA" ? std::optional(RecordType::aaaa) : std::nullopt;
}

std::optional<ZoneChoice> parse_zone(Text text) {
  constexpr std::size_t kIdLength = 32;
  if (text.size() == kIdLength && is_cloudflare_id(text)) {
    return ZoneChoice{.id = text};
  }
  auto name = Fqdn::parse(text);
  return name ? std::optional(ZoneChoice{.id = {}, .name = std::move(name)}) : std::nullopt;
}

std::optional<Unfamiliar> parse_unfamiliar(std::string_view text) {
  if (text == "follow") {
    return Unfamiliar::follow;
  }
  if (text == "main-first") {
    return Unfamiliar::main_first;
  }
  return text == "keep" ? std::optional(Unfamiliar::keep) : std::nullopt;
}

std::optional<int> parse_between(std::string_view text, int least, int most) {
  const auto number = parse_number<int>(text);
  return number && *number >= least && *number <= most ? number : std::nullopt;
}

/// Cloudflare takes 1 for automatic, else 60 to 86400 (Enterprise zones from 30).
std::optional<int> parse_ttl(std::string_view text) {
  constexpr int kShortest = 30;
  constexpr int kLongest = 86400;
  return text == "1" ? std::optional(1) : parse_between(text, kShortest, kLongest);
}

std::optional<Milliseconds> parse_positive_duration(std::string_view text) {
  const auto duration = parse_duration(text);
  return duration && duration->count() > 0 ? duration : std::nullopt;
}

std::optional<std::string> parse_method(Text text) {
  constexpr std::size_t kLongest = 16;
  const bool good =
      !text.empty() && text.size() <= kLongest && text != "CONNECT" &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return good ? std::optional(text) : std::nullopt;
}

bool is_token_character(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";  // RFC 9110, 5.6.2
  return is_alphanumeric(c) || kOthers.find(c) != std::string_view::npos;
}

std::optional<Header> parse_header(Text text) {
  const auto colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const bool good_name = !name.empty() && std::all_of(name.begin(), name.end(), is_token_character);
  const bool printable_value = std::all_of(
      text.begin(), text.end(), [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); });
  if (colon == std::string::npos || !good_name || !printable_value) {
    return std::nullopt;
  }
  return Header{name, std::string(trim(std::string_view(text).substr(colon + 1)))};
}

bool add_header(Draft& draft, Text text) {
  auto header = parse_header(text);
  if (header) {
    draft.settings.headers.push_back(*std::move(header));
  }
  return header.has_value();
}

bool add_backup(Draft& draft, Text text) {
  const auto address = IpAddress::parse(text);
  if (address) {
    draft.backups.push_back(*address);
  }
  return address.has_value();
}

std::optional<std::string> non_empty(Text text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// --- The options, once for reading and for the help
// -----------------------------------------------

/// What a value is, for the help and for the sentence about one that is not.
struct Kind {
  const char* argument;
  const char* what;
  const char* hint;
};

constexpr Kind kName{"NAME", "a host name",
                     "write it as www.example.com; an internationalised name in its xn-- form"};
constexpr Kind kType{"A|AAAA", "a record type we manage", "A or AAAA"};
constexpr Kind kZone{"NAME|ID", "a zone",
                     "give its name, as example.com, or its id of 32 letters and digits"};
constexpr Kind kAddress{"ADDR", "an IP address", "write it as 192.0.2.10 or 2001:db8::10"};
constexpr Kind kPolicy{"POLICY", "a policy", "follow, main-first or keep"};
constexpr Kind kTtl{"SECONDS", "a TTL",
                    "1 for automatic, or 60 to 86400 seconds (30 in Enterprise zones)"};
constexpr Kind kProbe{
    "SPEC", "a probe",
    "https://HOST[:PORT]/PATH, http://HOST[:PORT]/PATH or tcp:PORT; no user, password or fragment"};
constexpr Kind kDuration{"DURATION", "a duration", "write 500ms, 5s, 2m or 1h; more than zero"};
constexpr Kind kPause{"DURATION", "a duration", "write 500ms, 5s, 2m or 1h"};
constexpr Kind kAttempts{"N", "a number of attempts", "1 to 10"};
constexpr Kind kStatuses{"LIST", "a list of statuses",
                         "codes and ranges from 100 to 599, as 200-299,401"};
constexpr Kind kText{"TEXT", "a text to look for", "it must not be empty"};
constexpr Kind kSize{"SIZE", "a size", "write bytes, or 64KiB, 1MiB; at least 1"};
constexpr Kind kMethod{"METHOD", "a request method", "GET, HEAD, POST, ... in capitals"};
constexpr Kind kHeader{"'K: V'", "a header", "write it as 'Name: value'"};
constexpr Kind kFile{"FILE", "a file", "it must not be empty"};
constexpr Kind kDirectory{"DIR", "a directory", "it must not be empty"};

enum class Many { no, yes };

struct Option {
  const char* group;
  const char* name;
  const Kind& kind;
  const char* help;
  bool (*take)(Draft& draft, Text text);
  Many many = Many::no;
};

constexpr const char* kRecordGroup = "Record";
constexpr const char* kProbeGroup = "Probe";
constexpr const char* kRunGroup = "Run";

constexpr int kMostAttempts = 10;

const Option kOptions[] = {
    {kRecordGroup, "record", kName, "the DNS record, as www.example.com",
     [](Draft& draft, Text text) { return take(draft.record, Fqdn::parse(text)); }},
    {kRecordGroup, "type", kType, "its type (default: from MAIN)",
     [](Draft& draft, Text text) { return take(draft.type, parse_type(text)); }},
    {kRecordGroup, "zone", kZone, "its zone (default: found by its name)",
     [](Draft& draft, Text text) { return take(draft.zone, parse_zone(text)); }},
    {kRecordGroup, "main", kAddress, "the address of MAIN",
     [](Draft& draft, Text text) { return take(draft.main, IpAddress::parse(text)); }},
    {kRecordGroup, "backup", kAddress, "the address of BACKUP; repeatable, best first", add_backup,
     Many::yes},
    {kRecordGroup, "unfamiliar", kPolicy,
     "for an address that is neither: follow (default),\nmain-first or keep",
     [](Draft& draft, Text text) { return take(draft.unfamiliar, parse_unfamiliar(text)); }},
    {kRecordGroup, "ttl", kTtl, "set the TTL too when changing the record",
     [](Draft& draft, Text text) { return take(draft.ttl, parse_ttl(text)); }},

    {kProbeGroup, "probe", kProbe,
     "https://HOST[:PORT]/PATH, http://... or tcp:PORT\n(default: https://RECORD/)",
     [](Draft& draft, Text text) { return take(draft.probe, parse_probe_target(text)); }},
    {kProbeGroup, "timeout", kDuration, "of one attempt as a whole (default: 5s)",
     [](Draft& draft, Text text) {
       return take(draft.settings.timeout, parse_positive_duration(text));
     }},
    {kProbeGroup, "connect-timeout", kDuration, "of its connection (default: half of --timeout)",
     [](Draft& draft, Text text) {
       return take(draft.connect_timeout, parse_positive_duration(text));
     }},
    {kProbeGroup, "attempts", kAttempts, "attempts at most; one success is enough (default: 2)",
     [](Draft& draft, Text text) {
       return take(draft.settings.attempts, parse_between(text, 1, kMostAttempts));
     }},
    {kProbeGroup, "retry-delay", kPause, "between two attempts (default: 1s)",
     [](Draft& draft, Text text) {
       return take(draft.settings.retry_delay, parse_duration(text));
     }},
    {kProbeGroup, "expect-status", kStatuses, "good statuses, as 200-299,401 (default: 200-399)",
     [](Draft& draft, Text text) {
       return take(draft.settings.expect_status, StatusSet::parse(text));
     }},
    {kProbeGroup, "expect-body", kText, "the answer must contain it",
     [](Draft& draft, Text text) { return take(draft.settings.expect_body, non_empty(text)); }},
    {kProbeGroup, "max-body", kSize, "the answer must not be larger, as 64KiB",
     [](Draft& draft, Text text) { return take(draft.settings.max_body, parse_byte_size(text)); }},
    {kProbeGroup, "method", kMethod, "of the request (default: GET)",
     [](Draft& draft, Text text) { return take(draft.settings.method, parse_method(text)); }},
    {kProbeGroup, "header", kHeader, "one more header of the request; repeatable", add_header,
     Many::yes},
    {kProbeGroup, "ca-file", kFile, "trust these authorities instead of the system's",
     [](Draft& draft, Text text) { return take(draft.settings.ca_file, non_empty(text)); }},

    {kRunGroup, "deadline", kDuration, "of the whole run (default: 50s)",
     [](Draft& draft, Text text) { return take(draft.deadline, parse_positive_duration(text)); }},
    {kRunGroup, "state-dir", kDirectory, "for locks and caches",
     [](Draft& draft, Text text) { return take(draft.state_dir, non_empty(text)); }},
};

struct Switch {
  const char* group;
  char letter;  ///< NUL for none
  const char* name;
  const char* help;
};

constexpr Switch kSwitches[] = {
    {kProbeGroup, '\0', "insecure", "accept any certificate"},
    {kRunGroup, 'n', "dry-run", "decide and report; write nothing, touch no file"},
    {kRunGroup, '\0', "json", "print one JSON object per record"},
    {kRunGroup, 'q', "quiet", "print nothing but problems"},
    {kRunGroup, 'v', "verbose", "print the steps (default on a terminal)"},
    {kRunGroup, 'h', "help", "print this help"},
    {kRunGroup, '\0', "version", "print the version"},
};

constexpr const char* kSynopsis =
    "Moves a Cloudflare DNS record to BACKUP while MAIN is down, and back.\n"
    "\n"
    "Usage:\n"
    "  cf-failover [run] --record NAME --main ADDR --backup ADDR [OPTIONS]\n";

constexpr const char* kAfterOptions =
    "\n"
    "The credential comes from CLOUDFLARE_API_TOKEN, CLOUDFLARE_API_TOKEN_FILE, the\n"
    "systemd credential cloudflare-token, or CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL.\n"
    "Durations are 500ms, 5s, 2m or 1h; a bare number is seconds.\n"
    "\n"
    "Exit status: 0 the record points to an accessible origin, 1 it does not and there\n"
    "is nowhere to go, 2 usage, 3 record not read, 4 cannot judge, 5 changed by somebody\n"
    "else, 6 change not made, 7 change not confirmed, 75 another run is under way.\n"
    "\n"
    "The manual page cf-failover(1) has the rest.\n";

std::string help_line(char letter, std::string name, const std::string& help) {
  constexpr std::size_t kColumn = 32;
  std::string line = letter == '\0' ? "      --" : std::string("  -") + letter + ", --";
  line += name;
  line.resize(std::max(line.size() + 1, kColumn), ' ');
  for (const std::string_view part : split(help, '\n')) {
    line += std::string(line.ends_with('\n') ? kColumn : 0, ' ') + std::string(part) + "\n";
  }
  return line;
}

std::string help_text() {
  std::string help = kSynopsis;
  for (const std::string_view group : {kRecordGroup, kProbeGroup, kRunGroup}) {
    help += "\n" + std::string(group) + ":\n";
    for (const Option& option : kOptions) {
      if (option.group == group) {
        help += help_line('\0', option.name + std::string(" ") + option.kind.argument, option.help);
      }
    }
    for (const Switch& flag : kSwitches) {
      if (flag.group == group) {
        help += help_line(flag.letter, flag.name, flag.help);
      }
    }
  }
  return help + kAfterOptions;
}

cxxopts::Options cxxopts_table() {
  cxxopts::Options table("cf-failover");
  table.allow_unrecognised_options();
  for (const Option& option : kOptions) {
    table.add_options()(option.name, option.help, cxxopts::value<std::vector<std::string>>());
  }
  for (const Switch& flag : kSwitches) {
    const std::string letter = flag.letter == '\0' ? "" : std::string(1, flag.letter) + ",";
    table.add_options()(letter + flag.name, flag.help);
  }
  table.add_options()("words", "", cxxopts::value<std::vector<std::string>>());
  table.parse_positional({"words"});
  return table;
}

// --- From the command line to a draft
// -------------------------------------------------------------

tl::unexpected<Error> unknown_option(std::string_view word) {
  std::vector<std::string> known;
  for (const Option& option : kOptions) {
    known.push_back(std::string("--") + option.name);
  }
  for (const Switch& flag : kSwitches) {
    known.push_back(std::string("--") + flag.name);
  }
  const std::string_view name = word.substr(0, word.find('='));
  const auto meant = nearest(name, known);
  return failure("unknown option " + printable(name),
                 meant ? "did you mean " + *meant + "?" : "cf-failover --help lists the options");
}

Result<void> check_words(const cxxopts::ParseResult& line) {
  if (!line.unmatched().empty()) {
    return unknown_option(line.unmatched().front());
  }
  const auto words = line.count("words") > 0 ? line["words"].as<std::vector<std::string>>()
                                             : std::vector<std::string>();
  if (!words.empty() && words.front() != "run") {
    return failure("unknown command \"" + printable(words.front()) + "\"",
                   "the command is run, and may be left out");
  }
  if (words.size() > 1) {
    return failure("unexpected argument \"" + printable(words[1]) + "\"",
                   "run takes options only; quote values that hold blanks");
  }
  return {};
}

Result<void> take_option(Draft& draft, const Option& option,
                         const std::vector<std::string>& values) {
  const std::string name = std::string("--") + option.name;
  if (values.size() > 1 && option.many == Many::no) {
    return failure(name + " is given twice", "give it once");
  }
  for (const std::string& value : values) {
    if (!option.take(draft, value)) {
      return failure(name + ": \"" + printable(value) + "\" is not " + option.kind.what,
                     option.kind.hint);
    }
  }
  return {};
}

Result<Draft> read_draft(const cxxopts::ParseResult& line) {
  Draft draft;
  for (const Option& option : kOptions) {
    if (line.count(option.name) == 0) {
      continue;
    }
    const auto& values = line[option.name].as<std::vector<std::string>>();
    if (const auto taken = take_option(draft, option, values); !taken) {
      return tl::unexpected(taken.error());
    }
  }
  draft.settings.insecure = line.count("insecure") > 0;
  return draft;
}

// --- From a draft to a configuration
// --------------------------------------------------------------

tl::unexpected<Error> required(const char* option, const char* example) {
  return failure(std::string(option) + " is required", std::string("for example ") + example);
}

Result<void> check_families(const Sites& sites, RecordType type) {
  std::vector<IpAddress> all = sites.backups;
  all.insert(all.begin(), sites.main);
  for (const IpAddress& address : all) {
    if (address.family() != family_of(type)) {
      return failure(
          address.str() + " does not fit a record of type " + std::string(to_text(type)),
          type == RecordType::a
              ? "an A record holds IPv4 addresses; for IPv6 run an AAAA record beside it"
              : "an AAAA record holds IPv6 addresses; for IPv4 run an A record beside it");
    }
  }
  return {};
}

Result<Sites> to_sites(const Draft& draft, RecordType type) {
  Sites sites{*draft.main, {}};
  for (const IpAddress& backup : draft.backups) {
    if (backup == sites.main) {
      return failure("MAIN and BACKUP are both " + backup.str(),
                     "give the backup another address: there must be somewhere to go");
    }
    if (sites.role_of(backup) == Role::backup) {
      return failure("the backup " + backup.str() + " is given twice", "give it once");
    }
    sites.backups.push_back(backup);
  }
  if (const auto checked = check_families(sites, type); !checked) {
    return tl::unexpected(checked.error());
  }
  return sites;
}

Result<void> check_probe(const ProbeSettings& probe) {
  if (!probe.ca_file.empty() && access(probe.ca_file.c_str(), R_OK) != 0) {
    return failure("cannot read the CA file " + printable(probe.ca_file),
                   "--ca-file names a PEM file");
  }
  if (probe.method == "HEAD" && !probe.expect_body.empty()) {
    return failure("--expect-body needs a body, and HEAD has none", "use --method GET");
  }
  for (const Header& header : probe.headers) {
    const std::string name = lower_case(header.name);
    if (name == "authorization" || name == "cookie" || name == "proxy-authorization") {
      return failure("--header refuses " + header.name,
                     "everybody on this host can read a command line; probe something public");
    }
    if (name == "host") {
      return failure("--header refuses Host", "name the host in --probe https://HOST/PATH");
    }
  }
  return {};
}

Result<ProbeSettings> to_probe(const Draft& draft) {
  ProbeSettings probe = draft.settings;
  if (!draft.probe && draft.record->is_wildcard()) {
    return failure("a wildcard record needs an explicit probe",
                   "for example --probe https://www." + draft.record->parent()->str() + "/");
  }
  probe.target =
      draft.probe ? *draft.probe : *parse_probe_target("https://" + draft.record->str() + "/");
  probe.connect_timeout =
      draft.connect_timeout.value_or(std::max(probe.timeout / 2, Milliseconds{1}));
  if (const auto checked = check_probe(probe); !checked) {
    return tl::unexpected(checked.error());
  }
  return probe;
}

Result<RecordConfig> to_record(const Draft& draft) {
  if (!draft.record) {
    return required("--record", "--record www.example.com");
  }
  if (!draft.main) {
    return required("--main", "--main 192.0.2.10");
  }
  if (draft.backups.empty()) {
    return required("--backup", "--backup 198.51.100.20");
  }
  const RecordType type = draft.type.value_or(type_for(draft.main->family()));
  auto sites = to_sites(draft, type);
  if (!sites) {
    return tl::unexpected(sites.error());
  }
  auto probe = to_probe(draft);
  if (!probe) {
    return tl::unexpected(probe.error());
  }
  return RecordConfig{.name = *draft.record,
                      .type = type,
                      .zone = draft.zone,
                      .sites = *std::move(sites),
                      .probe = *std::move(probe),
                      .unfamiliar = draft.unfamiliar,
                      .ttl = draft.ttl};
}

Result<Url> find_api(const Environment& environment) {
  const std::string text = environment.get("CLOUDFLARE_BASE_URL");
  const auto url = Url::parse(text.empty() ? "https://api.cloudflare.com/client/v4" : text);
  if (!url || url->str().find('?') != std::string::npos) {
    return failure("CLOUDFLARE_BASE_URL is not an address",
                   "for example https://api.cloudflare.com/client/v4");
  }
  const auto address = url->host_address();
  const bool stays_here = address && address->is_loopback();
  if (url->scheme() == Url::Scheme::http && !stays_here) {
    return failure("CLOUDFLARE_BASE_URL: plain http would show the token to the network",
                   "use https; http is for loopback addresses only");
  }
  return *url;
}

/// As systemd, the base directory specification and the file hierarchy have it.
std::string find_state_dir(const std::string& option, const Surroundings& surroundings) {
  const Environment& environment = surroundings.environment;
  if (!option.empty()) {
    return option;
  }
  if (const std::string given = environment.get("STATE_DIRECTORY"); !given.empty()) {
    return given;
  }
  if (surroundings.is_root) {
    return "/var/lib/cf-failover";
  }
  if (const std::string base = environment.get("XDG_STATE_HOME"); base.starts_with('/')) {
    return base + "/cf-failover";
  }
  const std::string home = environment.get("HOME");
  return home.starts_with('/') ? home + "/.local/state/cf-failover" : "";
}

/// What the curl command honours too, and libcurl does not.
SystemTrust find_trust(const Environment& environment) {
  std::string file = environment.get("CURL_CA_BUNDLE");
  return {file.empty() ? environment.get("SSL_CERT_FILE") : std::move(file),
          environment.get("SSL_CERT_DIR")};
}

Detail find_detail(const cxxopts::ParseResult& line, const Surroundings& surroundings) {
  if (line.count("quiet") > 0) {
    return Detail::quiet;
  }
  const bool steps = line.count("verbose") > 0 || surroundings.output_is_terminal;
  return steps ? Detail::steps : Detail::normal;
}

Result<Config> to_config(const cxxopts::ParseResult& line, const Surroundings& surroundings) {
  const auto draft = read_draft(line);
  if (!draft) {
    return tl::unexpected(draft.error());
  }
  if (line.count("quiet") > 0 && line.count("verbose") > 0) {
    return failure("--quiet and --verbose contradict each other", "give one of them");
  }
  auto record = to_record(*draft);
  if (!record) {
    return tl::unexpected(record.error());
  }
  auto api = find_api(surroundings.environment);
  if (!api) {
    return tl::unexpected(api.error());
  }
  auto credentials = find_credentials(surroundings.environment);
  if (!credentials) {
    return tl::unexpected(credentials.error());
  }
  return Config{.records = {*std::move(record)},
                .api = {.base = *std::move(api), .credentials = *std::move(credentials)},
                .trust = find_trust(surroundings.environment),
                .deadline = draft->deadline,
                .state_dir = find_state_dir(draft->state_dir, surroundings),
                .dry_run = line.count("dry-run") > 0 ? DryRun::yes : DryRun::no,
                .json = line.count("json") > 0 ? Json::yes : Json::no,
                .detail = find_detail(line, surroundings)};
}

Result<Request> to_request(const cxxopts::ParseResult& line, const Surroundings& surroundings) {
  if (line.count("help") > 0) {
    return ShowText{help_text()};
  }
  if (line.count("version") > 0) {
    return ShowText{program_and_version() + "\n"};
  }
  if (const auto checked = check_words(line); !checked) {
    return tl::unexpected(checked.error());
  }
  auto config = to_config(line, surroundings);
  if (!config) {
    return tl::unexpected(config.error());
  }
  return *std::move(config);
}

}  // namespace

Result<Request> parse_options(int argc, const char* const* argv,
                              const Surroundings& surroundings) try {
  cxxopts::Options table = cxxopts_table();
  return to_request(table.parse(argc, argv), surroundings);
} catch (const cxxopts::exceptions::missing_argument& problem) {
  return failure(std::string("a value is missing: ") + problem.what(),
                 "cf-failover --help shows which options take a value");
} catch (const cxxopts::exceptions::exception& problem) {
  return failure(problem.what(), "cf-failover --help lists the options");
}
