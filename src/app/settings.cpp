#include "app/settings.h"

#include <algorithm>

#include "io/small_file.h"
#include "value/byte_size.h"
#include "value/text.h"

/// One record as far as it has been said, every value by itself.
struct RecordDraft {
  std::optional<Fqdn> name;
  std::optional<RecordType> type;
  ZoneChoice zone;
  std::optional<Host> main;
  std::vector<Host> backups;
  Unfamiliar unfamiliar = Unfamiliar::follow;
  int ttl = 0;
  Damping damping;
  std::optional<ProbeTarget> target;
  std::optional<Milliseconds> connect_timeout;
  ProbeSettings probe{.target = TcpTarget{0}};
};

struct RunDraft {
  RunSettings settings;
};

namespace {

using Text = const std::string&;

// --- From text to values ---

template <typename T, typename U>
bool take(T& place, std::optional<U> value) {
  if (!value) {
    return false;
  }
  place = *std::move(value);
  return true;
}

template <typename T>
bool append(std::vector<T>& list, std::optional<T> value) {
  if (!value) {
    return false;
  }
  list.push_back(*std::move(value));
  return true;
}

std::optional<RecordType> parse_type(Text text) {
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

std::optional<Unfamiliar> parse_unfamiliar(Text text) {
  if (text == "follow") {
    return Unfamiliar::follow;
  }
  if (text == "main-first") {
    return Unfamiliar::main_first;
  }
  return text == "keep" ? std::optional(Unfamiliar::keep) : std::nullopt;
}

std::optional<int> parse_between(Text text, int least, int most) {
  const auto number = parse_number<int>(text);
  return number && *number >= least && *number <= most ? number : std::nullopt;
}

/// Cloudflare takes 1 for automatic, else 60 to 86400 (Enterprise zones from 30).
std::optional<int> parse_ttl(Text text) {
  constexpr int kShortest = 30;
  constexpr int kLongest = 86400;
  return text == "1" ? std::optional(1) : parse_between(text, kShortest, kLongest);
}

std::optional<Milliseconds> parse_positive_duration(Text text) {
  const auto duration = parse_duration(text);
  return duration && duration->count() > 0 ? duration : std::nullopt;
}

std::optional<int> parse_attempts(Text text) {
  constexpr int kMost = 10;
  return parse_between(text, 1, kMost);
}

std::optional<int> parse_runs(Text text) {
  constexpr int kMost = 100;
  return parse_between(text, 1, kMost);
}

std::optional<std::string> parse_method(Text text) {
  constexpr std::size_t kLongest = 16;
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool good = !text.empty() && text.size() <= kLongest && text != "CONNECT" &&
                    std::all_of(text.begin(), text.end(), is_capital);
  return good ? std::optional(text) : std::nullopt;
}

bool is_token_character(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";  // RFC 9110, 5.6.2
  return is_alphanumeric(c) || kOthers.find(c) != std::string_view::npos;
}

bool is_header_character(char c) {
  return c == '\t' || (c >= ' ' && c <= '~');
}

std::optional<Header> parse_header(Text text) {
  const auto colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const bool good = colon != std::string::npos && !name.empty() &&
                    std::all_of(name.begin(), name.end(), is_token_character) &&
                    std::all_of(text.begin(), text.end(), is_header_character);
  if (!good) {
    return std::nullopt;
  }
  return Header{name, std::string(trim(std::string_view(text).substr(colon + 1)))};
}

std::optional<std::string> non_empty(Text text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<Url> parse_ping(Text text) {
  auto url = Url::parse(text);
  return url && url->keeps_secrets() ? url : std::nullopt;
}

std::optional<bool> parse_switch(Text text) {
  if (text == "true") {
    return true;
  }
  return text == "false" ? std::optional(false) : std::nullopt;
}

// --- The tables ---

constexpr ValueKind kName{
    "NAME", "a host name",
    "write it as www.example.com; an internationalised name in its xn-- form"};
constexpr ValueKind kType{"A|AAAA", "a record type we manage", "A or AAAA"};
constexpr ValueKind kZone{"NAME|ID", "a zone",
                          "give its name, as example.com, or its id of 32 letters and digits"};
constexpr ValueKind kHost{"ADDR", "an IP address or a host name",
                          "write it as 192.0.2.10, 2001:db8::10 or home.example.net"};
constexpr ValueKind kRuns{"N", "a number of runs", "1 to 100"};
constexpr ValueKind kPolicy{"POLICY", "a policy", "follow, main-first or keep"};
constexpr ValueKind kTtl{"SECONDS", "a TTL",
                         "1 for automatic, or 60 to 86400 seconds (30 in Enterprise zones)"};
constexpr ValueKind kProbe{"SPEC", "a probe",
                           "https://HOST[:PORT]/PATH, http://..., tcp:PORT, icmp or exec:COMMAND; "
                           "no user, password or fragment in an address"};
constexpr ValueKind kDuration{"DURATION", "a duration",
                              "write 500ms, 5s, 2m or 1h; more than zero"};
constexpr ValueKind kPause{"DURATION", "a duration", "write 500ms, 5s, 2m or 1h"};
constexpr ValueKind kAttempts{"N", "a number of attempts", "1 to 10"};
constexpr ValueKind kStatuses{"LIST", "a list of statuses",
                              "codes and ranges from 100 to 599, as 200-299,401"};
constexpr ValueKind kText{"TEXT", "a text to look for", "it must not be empty"};
constexpr ValueKind kSize{"SIZE", "a size", "write bytes, or 64KiB, 1MiB; at least 1"};
constexpr ValueKind kMethod{"METHOD", "a request method", "GET, HEAD, POST, ... in capitals"};
constexpr ValueKind kHeader{"'K: V'", "a header", "write it as 'Name: value'"};
constexpr ValueKind kFile{"FILE", "a file", "it must not be empty"};
constexpr ValueKind kDirectory{"DIR", "a directory", "it must not be empty"};
constexpr ValueKind kCanary{"URL", "an address",
                            "https://HOST/ of something that is always up, and not yours"};
constexpr ValueKind kPing{"URL", "an address",
                          "https://HOST/PATH of a dead-man's switch; http only on loopback"};
constexpr ValueKind kSwitch{"", "true or false", "true or false"};

const RecordSetting kRecordSettings[] = {
    {"record", kName, "the DNS record, as www.example.com",
     [](RecordDraft& draft, Text text) { return take(draft.name, Fqdn::parse(text)); }},
    {"type", kType, "its type (default: from MAIN)",
     [](RecordDraft& draft, Text text) { return take(draft.type, parse_type(text)); }},
    {"zone", kZone, "its zone (default: found by its name)",
     [](RecordDraft& draft, Text text) { return take(draft.zone, parse_zone(text)); }},
    {"main", kHost, "address or name of MAIN",
     [](RecordDraft& draft, Text text) { return take(draft.main, Host::parse(text)); }},
    {"backup", kHost, "address or name of BACKUP; repeatable, best first",
     [](RecordDraft& draft, Text text) { return append(draft.backups, Host::parse(text)); },
     Many::yes},
    {"unfamiliar", kPolicy, "for an address that is neither: follow (default),\nmain-first or keep",
     [](RecordDraft& draft, Text text) { return take(draft.unfamiliar, parse_unfamiliar(text)); }},
    {"ttl", kTtl, "set the TTL too when changing the record",
     [](RecordDraft& draft, Text text) { return take(draft.ttl, parse_ttl(text)); }},
    {"fall", kRuns, "runs that must fail before an address is down\n(default: 1)",
     [](RecordDraft& draft, Text text) { return take(draft.damping.fall, parse_runs(text)); }},
    {"rise", kRuns, "runs that must succeed before it is up again\n(default: 1)",
     [](RecordDraft& draft, Text text) { return take(draft.damping.rise, parse_runs(text)); }},
    {"failback-delay", kPause, "how long MAIN must have been up to fail back\n(default: 0s)",
     [](RecordDraft& draft, Text text) {
       return take(draft.damping.failback_delay, parse_duration(text));
     }},
};

const RecordSetting kProbeSettings[] = {
    {"probe", kProbe,
     "https://HOST[:PORT]/PATH, http://..., tcp:PORT,\nicmp or exec:COMMAND (default: "
     "https://RECORD/)",
     [](RecordDraft& draft, Text text) { return take(draft.target, parse_probe_target(text)); }},
    {"timeout", kDuration, "of one attempt as a whole (default: 5s)",
     [](RecordDraft& draft, Text text) {
       return take(draft.probe.timeout, parse_positive_duration(text));
     }},
    {"connect-timeout", kDuration, "of its connection (default: half of --timeout)",
     [](RecordDraft& draft, Text text) {
       return take(draft.connect_timeout, parse_positive_duration(text));
     }},
    {"attempts", kAttempts, "attempts at most; one success is enough (default: 2)",
     [](RecordDraft& draft, Text text) {
       return take(draft.probe.attempts, parse_attempts(text));
     }},
    {"retry-delay", kPause, "between two attempts (default: 1s)",
     [](RecordDraft& draft, Text text) {
       return take(draft.probe.retry_delay, parse_duration(text));
     }},
    {"expect-status", kStatuses, "good statuses, as 200-299,401 (default: 200-399)",
     [](RecordDraft& draft, Text text) {
       return take(draft.probe.expect_status, StatusSet::parse(text));
     }},
    {"expect-body", kText, "the answer must contain it",
     [](RecordDraft& draft, Text text) { return take(draft.probe.expect_body, non_empty(text)); }},
    {"max-body", kSize, "the answer must not be larger, as 64KiB",
     [](RecordDraft& draft, Text text) {
       return take(draft.probe.max_body, parse_byte_size(text));
     }},
    {"method", kMethod, "of the request (default: GET)",
     [](RecordDraft& draft, Text text) { return take(draft.probe.method, parse_method(text)); }},
    {"header", kHeader, "one more header of the request; repeatable",
     [](RecordDraft& draft, Text text) { return append(draft.probe.headers, parse_header(text)); },
     Many::yes},
    {"ca-file", kFile, "trust these authorities instead of the system's",
     [](RecordDraft& draft, Text text) { return take(draft.probe.ca_file, non_empty(text)); }},
    {"insecure", kSwitch, "accept any certificate",
     [](RecordDraft& draft, Text text) { return take(draft.probe.insecure, parse_switch(text)); }},
};

const RunSetting kRunSettings[] = {
    {"deadline", kDuration, "of the whole run (default: 50s)",
     [](RunDraft& draft, Text text) {
       return take(draft.settings.deadline, parse_positive_duration(text));
     }},
    {"canary", kCanary, "asked before an origin is called dead; repeatable",
     [](RunDraft& draft, Text text) { return append(draft.settings.canaries, Url::parse(text)); },
     Many::yes},
    {"state-dir", kDirectory, "for locks, and for what runs remember",
     [](RunDraft& draft, Text text) { return take(draft.settings.state_dir, non_empty(text)); }},
};

const RunSetting kReportSettings[] = {
    {"metrics-file", kFile, "",
     [](RunDraft& draft, Text text) { return take(draft.settings.metrics_file, non_empty(text)); }},
    {"remind", kPause, "",
     [](RunDraft& draft, Text text) { return take(draft.settings.remind, parse_duration(text)); }},
    {"ping", kPing, "",
     [](RunDraft& draft, Text text) { return take(draft.settings.ping, parse_ping(text)); }},
    {"ping-file", kFile, "",
     [](RunDraft& draft, Text text) { return take(draft.settings.ping_file, non_empty(text)); }},
};

const RunSetting kCloudflareSettings[] = {
    {"token-file", kFile, "",
     [](RunDraft& draft, Text text) { return take(draft.settings.token_file, non_empty(text)); }},
    {"timeout", kDuration, "",
     [](RunDraft& draft, Text text) {
       return take(draft.settings.api_timeout, parse_positive_duration(text));
     }},
};

// --- From a layer to a draft ---

/// Of an address only what is no secret: neither user and password, nor path and query.
std::string shown(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos) {
    return printable(text);
  }
  const std::string_view rest = text.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::string_view path = rest.substr(authority.size());
  const auto at = authority.rfind('@');
  return printable(text.substr(0, scheme + 3)) +
         (at == authority.npos ? printable(authority) : "****" + printable(authority.substr(at))) +
         (path.size() <= 1 ? printable(path) : "/...");
}

template <typename Setting, typename Draft>
Result<void> apply(const Setting& setting, const Layer& layer, Draft& draft) {
  const auto found = layer.find(setting.name);
  if (found == layer.end()) {
    return {};
  }
  const std::vector<Given>& values = found->second;
  if (values.size() > 1 && setting.many == Many::no) {
    return failure(values.back().where + " is given twice", "give it once");
  }
  for (const Given& value : values) {
    if (!setting.take(draft, value.text)) {
      return failure(value.where + ": \"" + shown(value.text) + "\" is not " + setting.kind.what,
                     setting.kind.hint);
    }
  }
  return {};
}

template <typename Settings, typename Draft>
Result<void> apply_all(const Settings& settings, const Layer& layer, Draft& draft) {
  for (const auto& setting : settings) {
    if (const auto applied = apply(setting, layer, draft); !applied) {
      return applied;
    }
  }
  return {};
}

// --- From a draft to a record ---

/// Where a setting was given, as the beginning of a sentence; empty if it came from the command
/// line, whose sentences name the option themselves.
std::string place_of(const Layer& layer, const char* name) {
  const auto found = layer.find(name);
  const bool from_file = found != layer.end() && !found->second.empty() &&
                         !found->second.front().where.starts_with("--");
  return from_file ? found->second.back().where + ": " : "";
}

tl::unexpected<Error> required(const Layer& layer, const char* name, const char* example) {
  const std::string place = place_of(layer, "record");
  const std::string option = "--" + std::string(name);
  return failure(place + (place.empty() ? option : name) + " is required",
                 "for example " + (place.empty() ? option + " " : "") + example);
}

bool holds(const Fqdn& zone, const Fqdn& record) {
  return !zone.is_wildcard() && (record == zone || record.str().ends_with("." + zone.str()));
}

Result<void> check_family(const Layer& layer, const char* setting, const Host& host,
                          RecordType type) {
  if (host.address() == nullptr || host.address()->family() == family_of(type)) {
    return {};
  }
  return failure(place_of(layer, setting) + host.str() + " does not fit a record of type " +
                     std::string(to_text(type)),
                 type == RecordType::a
                     ? "an A record holds IPv4 addresses; for IPv6 run an AAAA record beside it"
                     : "an AAAA record holds IPv6 addresses; for IPv4 run an A record beside it");
}

bool is_record(const Host& host, const Fqdn& record) {
  return host.name() != nullptr && *host.name() == record;
}

tl::unexpected<Error> record_itself(const Layer& layer, const char* setting, const Host& host) {
  return failure(place_of(layer, setting) + host.str() + " is the record itself",
                 "name the server, not the record that points to it");
}

Result<SiteHosts> to_sites(const Layer& layer, const RecordDraft& draft, RecordType type) {
  SiteHosts sites{*draft.main, {}};
  for (const Host& backup : draft.backups) {
    if (backup == sites.main) {
      return failure(place_of(layer, "backup") + "MAIN and BACKUP are both " + backup.str(),
                     "give the backup another address: there must be somewhere to go");
    }
    if (is_record(backup, *draft.name)) {
      return record_itself(layer, "backup", backup);
    }
    if (std::find(sites.backups.begin(), sites.backups.end(), backup) != sites.backups.end()) {
      return failure(place_of(layer, "backup") + "the backup " + backup.str() + " is given twice",
                     "give it once");
    }
    if (const auto checked = check_family(layer, "backup", backup, type); !checked) {
      return tl::unexpected(checked.error());
    }
    sites.backups.push_back(backup);
  }
  if (is_record(sites.main, *draft.name)) {
    return record_itself(layer, "main", sites.main);
  }
  if (const auto checked = check_family(layer, "main", sites.main, type); !checked) {
    return tl::unexpected(checked.error());
  }
  return sites;
}

/// As said, or of the family of the first address among MAIN and the backups.
Result<RecordType> type_of(const Layer& layer, const RecordDraft& draft) {
  if (draft.type) {
    return *draft.type;
  }
  std::vector<Host> hosts = draft.backups;
  if (draft.main) {
    hosts.insert(hosts.begin(), *draft.main);
  }
  for (const Host& host : hosts) {
    if (host.address() != nullptr) {
      return type_for(host.address()->family());
    }
  }
  return failure(place_of(layer, "main") + "the type is required: there are host names only",
                 "--type A for IPv4, or --type AAAA for IPv6; in the file \"type\"");
}

/// All that was said, value by value; with a name at least.
Result<RecordDraft> to_draft(const Layer& layer) {
  RecordDraft draft;
  for (const auto settings : {record_settings(), probe_settings()}) {
    if (const auto applied = apply_all(settings, layer, draft); !applied) {
      return tl::unexpected(applied.error());
    }
  }
  if (!draft.name) {
    return required(layer, "record", "www.example.com");
  }
  return draft;
}

Result<void> check_headers(const Layer& layer, const std::vector<Header>& headers) {
  const std::string place = place_of(layer, "header");
  const std::string who = place.empty() ? "--header" : place + "a header";
  for (const Header& header : headers) {
    const std::string name = lower_case(header.name);
    if (name == "authorization" || name == "cookie" || name == "proxy-authorization") {
      return failure(who + " refuses " + header.name,
                     "command lines and configurations are no places for secrets; probe something "
                     "public");
    }
    if (name == "host") {
      return failure(who + " refuses Host", "name the host in the probe, as https://HOST/PATH");
    }
    if (name == "content-length" || name == "transfer-encoding") {
      return failure(who + " refuses " + header.name, "a probe sends no body");
    }
  }
  return {};
}

Result<void> check_ca_file(const Layer& layer, const std::string& path) {
  const auto file = read_small_file(path, Links::follow);
  const std::string why = !file ? file.error().why
                          : file->text.find("-----BEGIN") == std::string::npos
                              ? "no certificate in it"
                              : "";
  if (why.empty()) {
    return {};
  }
  return failure(
      place_of(layer, "ca-file") + "cannot use the CA file " + printable(path) + ": " + why,
      "it holds certificates in PEM form, as openssl writes them");
}

Result<void> check_probe(const Layer& layer, const ProbeSettings& probe) {
  if (!probe.ca_file.empty()) {
    if (const auto checked = check_ca_file(layer, probe.ca_file); !checked) {
      return checked;
    }
  }
  if (probe.method == "HEAD" && !probe.expect_body.empty()) {
    return failure(place_of(layer, "expect-body") + "--expect-body needs a body, and HEAD has none",
                   "use --method GET");
  }
  return check_headers(layer, probe.headers);
}

Result<ProbeSettings> to_probe(const Layer& layer, const RecordDraft& draft) {
  if (!draft.target && draft.name->is_wildcard()) {
    return failure(place_of(layer, "record") + "a wildcard record needs an explicit probe",
                   "for example --probe https://www." + draft.name->parent()->str() + "/");
  }
  ProbeSettings probe = draft.probe;
  probe.target =
      draft.target ? *draft.target : *parse_probe_target("https://" + draft.name->str() + "/");
  probe.connect_timeout =
      draft.connect_timeout.value_or(std::max(probe.timeout / 2, Milliseconds{1}));
  if (const auto checked = check_probe(layer, probe); !checked) {
    return tl::unexpected(checked.error());
  }
  return probe;
}

}  // namespace

Layer over(Layer lower, const Layer& upper) {
  for (const auto& [name, values] : upper) {
    lower[name] = values;
  }
  return lower;
}

std::span<const RecordSetting> record_settings() {
  return kRecordSettings;
}
std::span<const RecordSetting> probe_settings() {
  return kProbeSettings;
}
std::span<const RunSetting> run_settings() {
  return kRunSettings;
}
std::span<const RunSetting> report_settings() {
  return kReportSettings;
}
std::span<const RunSetting> cloudflare_settings() {
  return kCloudflareSettings;
}

Result<RecordConfig> to_record(const Layer& layer) {
  const auto said = to_draft(layer);
  if (!said) {
    return tl::unexpected(said.error());
  }
  const RecordDraft& draft = *said;
  if (!draft.main) {
    return required(layer, "main", "192.0.2.10");
  }
  if (draft.backups.empty()) {
    return required(layer, "backup", "198.51.100.20");
  }
  if (draft.zone.name && !holds(*draft.zone.name, *draft.name)) {
    return failure(place_of(layer, "zone") + "the zone " + draft.zone.name->str() +
                       " cannot hold the record " + draft.name->str(),
                   "the record's name is the zone's, or ends in a dot and the zone's");
  }
  const auto type = type_of(layer, draft);
  if (!type) {
    return tl::unexpected(type.error());
  }
  auto sites = to_sites(layer, draft, *type);
  if (!sites) {
    return tl::unexpected(sites.error());
  }
  auto probe = to_probe(layer, draft);
  if (!probe) {
    return tl::unexpected(probe.error());
  }
  return RecordConfig{.name = *draft.name,
                      .type = *type,
                      .zone = draft.zone,
                      .sites = *std::move(sites),
                      .probe = *std::move(probe),
                      .unfamiliar = draft.unfamiliar,
                      .ttl = draft.ttl,
                      .damping = draft.damping};
}

Result<RecordKey> to_record_key(const Layer& layer) {
  const auto draft = to_draft(layer);
  if (!draft) {
    return tl::unexpected(draft.error());
  }
  const auto type = type_of(layer, *draft);
  if (!type) {
    return tl::unexpected(type.error());
  }
  return RecordKey{*draft->name, *type};
}

Result<RunSettings> to_run_settings(const Layer& run, const Layer& cloudflare) {
  RunDraft draft;
  if (const auto applied = apply_all(run_settings(), run, draft); !applied) {
    return tl::unexpected(applied.error());
  }
  if (const auto applied = apply_all(report_settings(), run, draft); !applied) {
    return tl::unexpected(applied.error());
  }
  if (draft.settings.ping && !draft.settings.ping_file.empty()) {
    return failure(place_of(run, "ping") + "ping and ping_file contradict each other",
                   "give one of them");
  }
  if (const auto applied = apply_all(cloudflare_settings(), cloudflare, draft); !applied) {
    return tl::unexpected(applied.error());
  }
  return draft.settings;
}
