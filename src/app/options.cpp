#define CXXOPTS_VECTOR_DELIMITER '\0'  // A value may hold a comma.
#define CXXOPTS_NO_REGEX true          // Compiling them takes longer than all else at the start.
#include "app/options.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>  // Which cxxopts forgets.
#include <cxxopts.hpp>
#include <span>

#include "app/channels.h"
#include "app/config_file.h"
#include "app/credentials.h"
#include "app/settings.h"
#include "app/version.h"
#include "value/text.h"

namespace {

// --- The command line, for reading and for the help ---

enum class Command {
  run,
  status,
  set_backup,
  switch_to,
  hold,
  release,
  history,
  explain,
  check_config,
  notify_test
};

/// How a command is called, and what its one word beyond its name is; null: it takes none.
struct CommandName {
  const char* name;
  Command command;
  const char* word = nullptr;
};

constexpr CommandName kCommands[] = {{"run", Command::run},
                                     {"status", Command::status},
                                     {"set-backup", Command::set_backup, "an address"},
                                     {"switch", Command::switch_to, "main or backup"},
                                     {"hold", Command::hold, "a duration"},
                                     {"release", Command::release},
                                     {"history", Command::history},
                                     {"explain", Command::explain},
                                     {"check-config", Command::check_config},
                                     {"notify-test", Command::notify_test, "a channel"}};

/// What a person sees of an option.
struct Option {
  std::string name;
  std::string help;
  std::string argument = {};            ///< empty for a switch
  char letter = '\0';                   ///< NUL for none
  std::optional<Command> only_of = {};  ///< nothing: every command takes it
};

struct Group {
  const char* title;
  std::vector<Option> options;
};

template <typename Settings>
std::vector<Option> options_of(const Settings& settings) {
  std::vector<Option> options;
  for (const auto& setting : settings) {
    options.push_back({setting.name, setting.help, setting.kind.argument});
  }
  return options;
}

std::vector<Group> groups() {
  std::vector<Group> groups{{"Record", options_of(record_settings())},
                            {"Probe", options_of(probe_settings())},
                            {"Run", options_of(run_settings())}};
  for (const Option& option : {
           Option{"config",
                  "default: $CF_FAILOVER_CONFIG, else\n/etc/cf-failover/config.json if it is there",
                  "FILE", 'c'},
           Option{"dry-run", "decide and report; write nothing, touch no file", {}, 'n'},
           Option{"json", "print one JSON object per record"},
           Option{"quiet", "print nothing but problems", {}, 'q'},
           Option{"verbose", "print the steps (default on a terminal)", {}, 'v'},
           Option{"help", "print this help", {}, 'h'},
           Option{"version", "print the version"},
       }) {
    groups.back().options.push_back(option);
  }
  groups.push_back({"One command only", {}});
  for (const Option& option : {
           Option{"from-interface",
                  "set-backup: the address that the interface has",
                  "NAME",
                  {},
                  Command::set_backup},
           Option{"from-url",
                  "set-backup: the address that a server sees us at",
                  "URL",
                  {},
                  Command::set_backup},
           Option{"replace",
                  "set-backup: the backup that it is for\n(default: the first)",
                  "OLD",
                  {},
                  Command::set_backup},
           Option{
               "vouch", "set-backup: take the address for accessible", {}, {}, Command::set_backup},
           Option{"allow-private",
                  "set-backup: also an address that is not public",
                  {},
                  {},
                  Command::set_backup},
           Option{"force", "switch: also to a dead site", {}, {}, Command::switch_to},
           Option{"hold",
                  "switch: how long runs keep it (default: 1h)",
                  "DURATION",
                  {},
                  Command::switch_to},
           Option{"no-hold", "switch: the next run may undo it", {}, {}, Command::switch_to},
           Option{"why", "hold: the reason, for whoever meets it", "TEXT", {}, Command::hold},
           Option{"nagios", "status: one line for a monitoring system", {}, {}, Command::status},
           Option{"since",
                  "history: day, week, month, a time or a DURATION",
                  "TIME",
                  {},
                  Command::history},
           Option{
               "at", "explain: the run of that time, or so long ago", "TIME", {}, Command::explain},
           Option{"online",
                  "check-config: ask Cloudflare, probe the origins",
                  {},
                  {},
                  Command::check_config},
       }) {
    groups.back().options.push_back(option);
  }
  return groups;
}

constexpr const char* kSynopsis =
    "Moves a Cloudflare DNS record to BACKUP while MAIN is down, and back.\n"
    "\n"
    "Usage:\n"
    "  cf-failover [run] [OPTIONS]           fail over or back if need be\n"
    "  cf-failover status                    who serves, and what a run would do\n"
    "  cf-failover set-backup ADDRESS        store BACKUP's new address, then run\n"
    "  cf-failover switch main|backup        change the record by hand\n"
    "  cf-failover hold [DURATION]           suspend changes (default: for 1h)\n"
    "  cf-failover release                   resume them\n"
    "  cf-failover history                   changes, outages, and who served when\n"
    "  cf-failover explain                   the steps of the last run, in words\n"
    "  cf-failover check-config              show what a run would work with\n"
    "  cf-failover notify-test [CHANNEL]     send a test notice\n"
    "\n"
    "A record, MAIN and BACKUP are required, from options or from the file.\n";

constexpr const char* kAfterOptions =
    "\n"
    "The credential comes from CLOUDFLARE_API_TOKEN, CLOUDFLARE_API_TOKEN_FILE, the\n"
    "file's token_file, the systemd credential cloudflare-token, or from\n"
    "CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL. Durations are 500ms, 5s, 2m or 1h;\n"
    "a bare number is seconds.\n"
    "\n"
    "Exit status: 0 the record points to an accessible origin, 1 it does not and\n"
    "there is nowhere to go, 2 usage, 3 record not read, 4 cannot judge, 5 changed by\n"
    "somebody else, 6 change not made, 7 change not confirmed, 75 another run is\n"
    "under way; of status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. The manual page\n"
    "cf-failover(1) has the rest.\n";

std::string help_line(const Option& option) {
  constexpr std::size_t kColumn = 28;
  std::string line =
      option.letter == '\0' ? "      --" : std::string("  -") + option.letter + ", --";
  line += option.name + (option.argument.empty() ? "" : " " + option.argument);
  if (line.size() + 1 > kColumn) {
    line += "\n" + std::string(kColumn, ' ');  // Too long: the text goes below.
  }
  line.resize(std::max(line.size(), kColumn), ' ');
  for (const std::string_view part : split(option.help, '\n')) {
    line += std::string(line.ends_with('\n') ? kColumn : 0, ' ') + std::string(part) + "\n";
  }
  return line;
}

std::string help_text() {
  std::string help = kSynopsis;
  for (const Group& group : groups()) {
    help += "\n" + std::string(group.title) + ":\n";
    for (const Option& option : group.options) {
      help += help_line(option);
    }
  }
  return help + kAfterOptions;
}

cxxopts::Options cxxopts_table() {
  cxxopts::Options table("cf-failover");
  table.allow_unrecognised_options();
  for (const Group& group : groups()) {
    for (const Option& option : group.options) {
      const std::string letter = option.letter == '\0' ? "" : std::string(1, option.letter) + ",";
      const auto value = cxxopts::value<std::vector<std::string>>();
      if (option.argument.empty()) {
        table.add_options()(letter + option.name, option.help);
      } else {
        table.add_options()(letter + option.name, option.help, value);
      }
    }
  }
  table.add_options()("words", "", cxxopts::value<std::vector<std::string>>());
  table.parse_positional({"words"});
  return table;
}

// --- From the command line to layers ---

bool takes_value(std::string_view option) {
  for (const Group& group : groups()) {
    for (const Option& known : group.options) {
      if (option == "--" + known.name) {
        return !known.argument.empty();
      }
    }
  }
  return false;
}

tl::unexpected<Error> unknown_option(std::string_view word) {
  std::vector<std::string> known;
  for (const Group& group : groups()) {
    for (const Option& option : group.options) {
      known.push_back("--" + option.name);
    }
  }
  const std::string_view name = word.substr(0, word.find('='));
  const auto meant = nearest(name, known);
  return failure("unknown option " + printable(name),
                 meant ? "did you mean " + *meant + "?" : "cf-failover --help lists the options");
}

/// "--json=false" takes back what "--json" says.
bool is_on(const cxxopts::ParseResult& line, const char* name) {
  return line.count(name) > 0 && line[name].as<bool>();
}

std::vector<std::string> values_of(const cxxopts::ParseResult& line, const char* name) {
  return line.count(name) > 0 ? line[name].as<std::vector<std::string>>()
                              : std::vector<std::string>();
}

const CommandName* command_named(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kCommands), std::end(kCommands),
                   [&](const CommandName& command) { return command.name == name; });
  return found == std::end(kCommands) ? nullptr : found;
}

/// Null for a word that is none.
const CommandName* command_of(const cxxopts::ParseResult& line) {
  const auto words = values_of(line, "words");
  return words.empty() ? command_named("run") : command_named(words.front());
}

tl::unexpected<Error> unknown_command(const std::string& word) {
  if (word.size() > 1 && word.starts_with('-')) {
    return unknown_option(word);
  }
  std::vector<std::string> names;
  for (const CommandName& command : kCommands) {
    names.emplace_back(command.name);
  }
  const auto meant = nearest(word, names);
  return failure("unknown command \"" + printable(word) + "\"",
                 meant ? "did you mean " + *meant + "?" : "the commands are " + joined(names));
}

/// Options that belong to another command.
Result<void> check_belonging(const cxxopts::ParseResult& line, Command command) {
  for (const Group& group : groups()) {
    for (const Option& option : group.options) {
      if (line.count(option.name) == 0 || !option.only_of || option.only_of == command) {
        continue;
      }
      const auto* const owner =
          std::find_if(std::begin(kCommands), std::end(kCommands),
                       [&](const CommandName& other) { return other.command == option.only_of; });
      return failure("--" + option.name + " belongs to " + owner->name, "leave it out");
    }
  }
  return {};
}

Result<void> check_words(const cxxopts::ParseResult& line) {
  if (!line.unmatched().empty()) {
    return unknown_option(line.unmatched().front());
  }
  const auto words = values_of(line, "words");
  const CommandName* const command = command_of(line);
  if (command == nullptr) {
    return unknown_command(words.front());
  }
  const std::size_t taken = command->word == nullptr ? 1 : 2;
  if (words.size() > taken) {
    return failure("unexpected argument \"" + printable(words[taken]) + "\"",
                   "values belong to options; quote those that hold blanks");
  }
  if (is_on(line, "quiet") && is_on(line, "verbose")) {
    return failure("--quiet and --verbose contradict each other", "give one of them");
  }
  return check_belonging(line, command->command);
}

/// The word after the command's name; empty if there is none.
std::string argument_of(const cxxopts::ParseResult& line) {
  const auto words = values_of(line, "words");
  return words.size() > 1 ? words[1] : "";
}

/// What the command line says of these settings.
template <typename Settings>
void read_layer(const cxxopts::ParseResult& line, const Settings& settings, Layer& layer) {
  for (const auto& setting : settings) {
    const std::string where = std::string("--") + setting.name;
    const bool is_switch = *setting.kind.argument == '\0';
    if (line.count(setting.name) == 0) {
      continue;
    }
    if (is_switch) {
      layer[setting.name] = {{line[setting.name].template as<bool>() ? "true" : "false", where}};
      continue;
    }
    for (const std::string& text : line[setting.name].template as<std::vector<std::string>>()) {
      layer[setting.name].push_back({text, where});
    }
  }
}

// --- From the environment ---

Result<Url> find_api(const Environment& environment) {
  const std::string text = environment.get("CLOUDFLARE_BASE_URL");
  const auto url = Url::parse(text.empty() ? "https://api.cloudflare.com/client/v4" : text);
  if (!url || url->str().find('?') != std::string::npos) {
    return failure("CLOUDFLARE_BASE_URL is not an address",
                   "for example https://api.cloudflare.com/client/v4");
  }
  if (!url->keeps_secrets()) {
    return failure("CLOUDFLARE_BASE_URL: plain http would show the token to the network",
                   "use https; http is for loopback addresses only");
  }
  return *url;
}

/// As systemd, the base directory specification and the file hierarchy have it.
std::string find_state_dir(const std::string& given, const Surroundings& surroundings) {
  const Environment& environment = surroundings.environment;
  if (!given.empty()) {
    return given;
  }
  if (const std::string systemd = environment.get("STATE_DIRECTORY"); !systemd.empty()) {
    return systemd.substr(0, systemd.find(':'));  // The first, where the unit has several.
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

/// What a command needs to run as it would from cron; credentials are not among it.
std::vector<std::string> for_children(const Environment& environment) {
  std::vector<std::string> strings;
  for (const char* name :
       {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR"}) {
    if (const std::string value = environment.get(name); !value.empty()) {
      strings.push_back(std::string(name) + "=" + value);
    }
  }
  return strings;
}

Detail find_detail(const cxxopts::ParseResult& line, const Surroundings& surroundings) {
  if (is_on(line, "quiet")) {
    return Detail::quiet;
  }
  const bool steps = is_on(line, "verbose") || surroundings.output_is_terminal;
  return steps ? Detail::steps : Detail::normal;
}

// --- All together ---

/// The file that was asked for, or the usual one if it is there.
Result<std::optional<ConfigFile>> find_file(const cxxopts::ParseResult& line,
                                            const Surroundings& surroundings) {
  const auto named = values_of(line, "config");
  if (named.size() > 1) {
    return failure("--config is given twice", "give it once");
  }
  std::string path = named.empty() ? surroundings.environment.get("CF_FAILOVER_CONFIG") : named[0];
  if (named.empty() && path.empty()) {
    path = surroundings.usual_config_file;
    if (access(path.c_str(), F_OK) != 0) {
      return std::optional<ConfigFile>();
    }
  }
  auto file = read_config_file(path);
  if (!file) {
    return tl::unexpected(file.error());
  }
  return std::optional(*std::move(file));
}

bool has_name(const Layer& record, const std::string& name) {
  return Fqdn::parse(record.at("record").front().text) == Fqdn::parse(name);
}

std::string listed_names(const ConfigFile& file) {
  std::vector<std::string> names;
  for (const Layer& record : file.records) {
    names.push_back(printable(record.at("record").front().text));
  }
  return names.empty() ? "it has none" : "it has " + joined(names);
}

/// The records of the file that the command line is about.
std::vector<Layer> matching(const ConfigFile& file, const Layer& said) {
  std::vector<Layer> fitting = file.records;
  if (const auto name = said.find("record"); name != said.end()) {
    std::erase_if(
        fitting, [&](const Layer& record) { return !has_name(record, name->second.front().text); });
  }
  if (const auto type = said.find("type"); type != said.end() && fitting.size() > 1) {
    std::erase_if(fitting, [&](const Layer& layer) {
      const auto record = to_record(layer);
      return record && to_text(record->type) != type->second.front().text;
    });
  }
  return fitting;
}

/// What is to be done to which records: those of the file, with what the command line changes; or
/// one that stands on the command line alone.
Result<std::vector<Layer>> select_records(const std::optional<ConfigFile>& file,
                                          const Layer& said) {
  if (!file || (file->records.empty() && said.contains("record"))) {
    return std::vector{said};
  }
  std::vector<Layer> fitting = matching(*file, said);
  if (fitting.empty() && said.contains("main")) {
    return std::vector{said};
  }
  if (fitting.empty()) {
    const std::string wanted =
        said.contains("record") ? " " + printable(said.at("record").front().text) : "";
    return failure(file->path + " has no record" + wanted, listed_names(*file));
  }
  for (const auto& [name, values] : said) {
    if (fitting.size() > 1 && name != "record" && name != "type") {
      return failure(
          "--" + name + " is about one record, and " + std::to_string(fitting.size()) + " fit",
          "say which with --record, and --type if need be");
    }
  }
  for (Layer& layer : fitting) {
    layer = over(layer, said);
  }
  return fitting;
}

Result<std::vector<RecordConfig>> to_records(const std::vector<Layer>& layers) {
  std::vector<RecordConfig> records;
  for (const Layer& layer : layers) {
    auto record = to_record(layer);
    if (!record) {
      return tl::unexpected(record.error());
    }
    for (const RecordConfig& earlier : records) {
      if (earlier.name == record->name && earlier.type == record->type) {
        return failure(layer.at("record").front().where + ": the record " + record->name.str() +
                           " " + std::string(to_text(record->type)) + " stands twice",
                       "two runs must not fight over one record");
      }
    }
    records.push_back(*std::move(record));
  }
  return records;
}

/// All that was said, by the command line and by the file.
struct Gathered {
  ConfigFile file;  ///< without a path if there is none
  std::vector<Layer> records;
  Layer of_run;
  RunSettings run;
};

Result<Gathered> gather(const cxxopts::ParseResult& line, const Surroundings& surroundings) {
  auto file = find_file(line, surroundings);
  if (!file) {
    return tl::unexpected(file.error());
  }
  Layer said_of_record;
  Layer said_of_run;
  read_layer(line, record_settings(), said_of_record);
  read_layer(line, probe_settings(), said_of_record);
  read_layer(line, run_settings(), said_of_run);

  auto records = select_records(*file, said_of_record);
  if (!records) {
    return tl::unexpected(records.error());
  }
  ConfigFile in_file = file->has_value() ? std::move(**file) : ConfigFile();
  Layer of_run = over(in_file.run, said_of_run);
  auto run = to_run_settings(of_run, in_file.cloudflare);
  if (!run) {
    return tl::unexpected(run.error());
  }
  return Gathered{std::move(in_file), *std::move(records), std::move(of_run), *std::move(run)};
}

/// Its address is a secret: whoever has it can feign that all is well. Read when it is needed: a
/// file that cannot be read is no reason to stop a run.
std::function<Result<Url>()> find_ping(const RunSettings& run) {
  if (run.ping) {
    return [url = *run.ping] { return Result<Url>(url); };
  }
  if (run.ping_file.empty()) {
    return nullptr;
  }
  return [path = run.ping_file]() -> Result<Url> {
    const auto text = read_secret_file(path, "address");
    if (!text) {
      return tl::unexpected(text.error());
    }
    const auto url = Url::parse(text->reveal());
    if (!url || !url->keeps_secrets()) {
      return failure("the address file " + path + " holds no https address");
    }
    return *url;
  };
}

Result<CheckRequest> to_check_request(const cxxopts::ParseResult& line,
                                      const Surroundings& surroundings) {
  auto said = gather(line, surroundings);
  if (!said) {
    return tl::unexpected(said.error());
  }
  auto records = to_records(said->records);
  if (!records) {
    return tl::unexpected(records.error());
  }
  const Environment& environment = surroundings.environment;
  auto api = find_api(environment);
  if (!api) {
    return tl::unexpected(api.error());
  }
  auto credentials = find_credentials(environment, said->run.token_file);
  if (!credentials) {
    return tl::unexpected(credentials.error());
  }
  for (RecordConfig& record : *records) {
    record.probe.certificate_dates = !said->run.metrics_file.empty();
  }
  auto channels = to_channels(said->file.notify, environment, for_children(environment));
  if (!channels) {
    return tl::unexpected(channels.error());
  }
  Config config{.records = *std::move(records),
                .api = {.base = *std::move(api),
                        .credentials = std::move(credentials->headers),
                        .timeout = said->run.api_timeout},
                .credential_source = std::move(credentials->source),
                .trust = find_trust(environment),
                .canaries = said->run.canaries,
                .child_environment = for_children(environment),
                .deadline = said->run.deadline,
                .state_dir = find_state_dir(said->run.state_dir, surroundings),
                .host = surroundings.host,
                .channels = *std::move(channels),
                .remind = said->run.remind,
                .metrics_file = said->run.metrics_file,
                .ping = find_ping(said->run),
                .dry_run = is_on(line, "dry-run") ? DryRun::yes : DryRun::no,
                .json = is_on(line, "json") ? Json::yes : Json::no,
                .detail = find_detail(line, surroundings)};
  return CheckRequest{.config = std::move(config),
                      .layers = std::move(said->records),
                      .run = std::move(said->of_run),
                      .file = said->file.path,
                      .online = is_on(line, "online") ? Online::yes : Online::no};
}

// --- The commands of their own ---

/// The value of an option that may be given once; empty if it is not.
Result<std::string> value_of(const cxxopts::ParseResult& line, const char* name) {
  const auto values = values_of(line, name);
  if (values.size() > 1) {
    return failure("--" + std::string(name) + " is given twice", "give it once");
  }
  if (!values.empty() && values.front().empty()) {
    return failure("--" + std::string(name) + " is empty", "leave it out, or give it a value");
  }
  return values.empty() ? "" : values.front();
}

/// For a command that is about one record.
Result<Config> config_of_one(const cxxopts::ParseResult& line, const Surroundings& surroundings,
                             const std::string& command) {
  auto request = to_check_request(line, surroundings);
  if (!request) {
    return tl::unexpected(request.error());
  }
  const std::size_t records = request->config.records.size();
  if (records != 1) {
    return failure(command + " is about one record, and " + std::to_string(records) + " fit",
                   "say which with --record, and --type if need be");
  }
  return std::move(request->config);
}

/// What the server that is asked says must not have been said by somebody else.
Result<AddressSource> parse_echo(const std::string& text) {
  const auto url = Url::parse(text);
  if (!url) {
    return failure("--from-url: this is not an address of a server",
                   "https://HOST/PATH of one that answers with your address");
  }
  if (!url->keeps_secrets()) {
    return failure("--from-url: anybody on the way could answer in place of " + url->describe(),
                   "use https; http is for loopback addresses only");
  }
  return FromUrl{*url};
}

Result<AddressSource> find_source(const cxxopts::ParseResult& line) {
  const std::string word = argument_of(line);
  const auto interface = value_of(line, "from-interface");
  const auto url = value_of(line, "from-url");
  for (const auto* const value : {&interface, &url}) {
    if (!*value) {
      return tl::unexpected(value->error());
    }
  }
  const int sources =
      (word.empty() ? 0 : 1) + (interface->empty() ? 0 : 1) + (url->empty() ? 0 : 1);
  if (sources != 1) {
    return failure("set-backup needs " + std::string(sources == 0 ? "" : "only ") + "one address",
                   "give ADDRESS, --from-interface NAME or --from-url URL");
  }
  if (!interface->empty()) {
    return FromInterface{*interface};
  }
  if (!url->empty()) {
    return parse_echo(*url);
  }
  const auto address = IpAddress::parse(word);
  if (!address) {
    return failure("\"" + printable(word) + "\" is not an IP address",
                   "write it as 192.0.2.10 or 2001:db8::10");
  }
  return *address;
}

Result<Request> to_set_backup_request(const cxxopts::ParseResult& line,
                                      const Surroundings& surroundings) {
  const auto source = find_source(line);
  if (!source) {
    return tl::unexpected(source.error());
  }
  const auto old = value_of(line, "replace");
  if (!old) {
    return tl::unexpected(old.error());
  }
  const auto replaces = Host::parse(*old);
  if (!old->empty() && !replaces) {
    return failure("--replace: \"" + printable(*old) + "\" is not an IP address or a host name",
                   "name a configured backup, or the address it has now");
  }
  auto config = config_of_one(line, surroundings, "set-backup");
  if (!config) {
    return tl::unexpected(config.error());
  }
  return SetBackupRequest{.config = *std::move(config),
                          .source = *source,
                          .replaces = replaces,
                          .vouches = is_on(line, "vouch"),
                          .allows_private = is_on(line, "allow-private"),
                          .by = surroundings.output_is_terminal ? By::hand : By::hook};
}

Result<Milliseconds> hold_length(const std::string& text) {
  constexpr Milliseconds kUsual = std::chrono::hours(1);
  if (text.empty()) {
    return kUsual;
  }
  const auto length = parse_duration(text);
  if (!length || length->count() == 0) {
    return failure("\"" + printable(text) + "\" is not a duration",
                   "write 30m, 2h or, for two days, 48h; more than zero");
  }
  if (*length > kLongestHold) {
    return failure("a hold of " + describe(*length) + " would be forgotten",
                   "7 days (168h) at most; hold again when they are over");
  }
  return *length;
}

Result<Request> to_switch_request(const cxxopts::ParseResult& line,
                                  const Surroundings& surroundings) {
  const std::string to = argument_of(line);
  if (to != "main" && to != "backup") {
    return failure(to.empty() ? "switch needs a site" : "\"" + printable(to) + "\" is no site",
                   "cf-failover switch main, or cf-failover switch backup");
  }
  const auto text = value_of(line, "hold");
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (is_on(line, "no-hold") && !text->empty()) {
    return failure("--hold and --no-hold contradict each other", "give one of them");
  }
  const auto length = hold_length(*text);
  if (!length) {
    return tl::unexpected(length.error());
  }
  auto config = config_of_one(line, surroundings, "switch");
  if (!config) {
    return tl::unexpected(config.error());
  }
  return SwitchRequest{
      .config = *std::move(config),
      .wanted = {.to = to == "main" ? Role::main : Role::backup, .forced = is_on(line, "force")},
      .hold = is_on(line, "no-hold") ? std::nullopt : std::optional(*length)};
}

/// The records that are meant, for commands that contact nobody.
Result<std::vector<RecordKey>> to_record_keys(const Gathered& said) {
  std::vector<RecordKey> keys;
  for (const Layer& layer : said.records) {
    const auto record = to_record_key(layer);
    if (!record) {
      return tl::unexpected(record.error());
    }
    keys.push_back(*record);
  }
  return keys;
}

/// As machines write it, or as `history` does: "2026-01-31 10:15:00", with " UTC" or without.
std::optional<UnixTime> parse_written_time(std::string text) {
  constexpr std::size_t kDateLength = 10;
  constexpr std::string_view kUtc = " UTC";
  if (text.size() > kDateLength && text[kDateLength] == ' ') {
    if (text.ends_with(kUtc)) {
      text.resize(text.size() - kUtc.size());
    }
    text[kDateLength] = 'T';
    text += 'Z';
  }
  return parse_unix_time(text);
}

/// A moment, or how long ago it was.
Result<UnixTime> parse_moment(const std::string& text, UnixTime now) {
  constexpr std::chrono::hours kDay{24};
  constexpr std::pair<std::string_view, int> kWords[] = {{"day", 1}, {"week", 7}, {"month", 30}};
  for (const auto& [word, days] : kWords) {
    if (text == word) {
      return now - days * kDay;
    }
  }
  if (const auto moment = parse_written_time(text)) {
    return *moment;
  }
  if (const auto ago = parse_duration(text)) {
    return now - *ago;
  }
  return failure("\"" + printable(text) + "\" is not a time",
                 "write 2026-01-31T10:15:00Z; or, for so long ago, 90m, 2h, day, week or month");
}

/// What is kept of the past, from a moment on or at one.
Result<PastRequest> to_past_request(const cxxopts::ParseResult& line,
                                    const Surroundings& surroundings, const char* option) {
  PastRequest request;
  const auto text = value_of(line, option);
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (!text->empty()) {
    const auto moment = parse_moment(*text, surroundings.now);
    if (!moment) {
      return tl::unexpected(moment.error());
    }
    request.time = *moment;
  }
  const auto said = gather(line, surroundings);
  if (!said) {
    return tl::unexpected(said.error());
  }
  auto records = to_record_keys(*said);
  if (!records) {
    return tl::unexpected(records.error());
  }
  request.records = *std::move(records);
  request.state_dir = find_state_dir(said->run.state_dir, surroundings);
  request.json = is_on(line, "json") ? Json::yes : Json::no;
  return request;
}

/// Needs no credential, and of a record only what tells it from others.
Result<Request> to_hold_request(const cxxopts::ParseResult& line, const Surroundings& surroundings,
                                Command command) {
  HoldRequest request;
  if (command == Command::hold) {
    const auto length = hold_length(argument_of(line));
    if (!length) {
      return tl::unexpected(length.error());
    }
    request.length = *length;
  }
  const auto why = value_of(line, "why");
  if (!why) {
    return tl::unexpected(why.error());
  }
  const auto said = gather(line, surroundings);
  if (!said) {
    return tl::unexpected(said.error());
  }
  auto records = to_record_keys(*said);
  if (!records) {
    return tl::unexpected(records.error());
  }
  request.records = *std::move(records);
  request.why = *why;
  request.state_dir = find_state_dir(said->run.state_dir, surroundings);
  request.deadline = said->run.deadline;
  request.dry_run = is_on(line, "dry-run") ? DryRun::yes : DryRun::no;
  request.json = is_on(line, "json") ? Json::yes : Json::no;
  request.detail = find_detail(line, surroundings);
  return request;
}

/// The channels of the file, or the one that is named; records and credentials do not matter.
Result<Request> to_notify_test_request(const cxxopts::ParseResult& line,
                                       const Surroundings& surroundings) {
  for (const char* const option : {"dry-run", "json"}) {
    if (is_on(line, option)) {
      return failure("notify-test has no --" + std::string(option),
                     "it sends, and says what each channel answered");
    }
  }
  const auto file = find_file(line, surroundings);
  if (!file) {
    return tl::unexpected(file.error());
  }
  const Environment& environment = surroundings.environment;
  auto channels = to_channels(*file ? (*file)->notify : std::vector<Layer>(), environment,
                              for_children(environment));
  if (!channels) {
    return tl::unexpected(channels.error());
  }
  std::vector<std::string> names;
  for (const Channel& channel : *channels) {
    names.push_back(channel.name);
  }
  const std::string wanted = argument_of(line);
  if (!wanted.empty()) {
    std::erase_if(*channels, [&](const Channel& channel) { return channel.name != wanted; });
  }
  if (channels->empty()) {
    return failure(
        wanted.empty() ? "there is no channel to try"
                       : "there is no channel \"" + printable(wanted) + "\"",
        names.empty() ? "the file's key \"notify\" lists them" : "there are " + joined(names));
  }
  Layer of_run = *file ? (*file)->run : Layer();
  read_layer(line, run_settings(), of_run);
  const auto run = to_run_settings(of_run, {});
  if (!run) {
    return tl::unexpected(run.error());
  }
  return NotifyTestRequest{.channels = *std::move(channels),
                           .trust = find_trust(environment),
                           .host = surroundings.host,
                           .deadline = run->deadline};
}

// --- Any command ---

/// "-1h" is a duration that nobody takes, and no cry for help.
bool has_cluster(const cxxopts::ParseResult& line) {
  const auto& words = line.unmatched();
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word.size() == 2 && word.front() == '-' && is_digit(word.back());
  });
}

Result<Request> to_request(Command command, const cxxopts::ParseResult& line,
                           const Surroundings& surroundings) {
  switch (command) {
    case Command::hold:
    case Command::release:
      return to_hold_request(line, surroundings, command);
    case Command::set_backup:
      return to_set_backup_request(line, surroundings);
    case Command::switch_to:
      return to_switch_request(line, surroundings);
    case Command::history:
      return to_past_request(line, surroundings, "since").map([](PastRequest past) {
        return Request(HistoryRequest{std::move(past)});
      });
    case Command::explain:
      return to_past_request(line, surroundings, "at").map([](PastRequest past) {
        if (past.time) {  // Told to the second, it stands for all of that second.
          past.time = std::chrono::floor<std::chrono::seconds>(*past.time) + Milliseconds{999};
        }
        return Request(ExplainRequest{std::move(past)});
      });
    case Command::notify_test:
      return to_notify_test_request(line, surroundings);
    case Command::run:
    case Command::status:
    case Command::check_config:
      break;
  }
  auto request = to_check_request(line, surroundings);
  if (!request) {
    return tl::unexpected(request.error());
  }
  if (command == Command::check_config) {
    return *std::move(request);
  }
  if (command == Command::run) {
    return std::move(request->config);
  }
  request->config.dry_run = DryRun::yes;
  return StatusRequest{std::move(request->config),
                       is_on(line, "nagios") ? Nagios::yes : Nagios::no};
}

Result<Request> to_request(const cxxopts::ParseResult& line, const Surroundings& surroundings) {
  if (is_on(line, "help") && !has_cluster(line)) {
    return ShowText{help_text()};
  }
  if (is_on(line, "version")) {
    return ShowText{program_and_version() + "\n"};
  }
  if (const auto checked = check_words(line); !checked) {
    return tl::unexpected(checked.error());
  }
  return to_request(command_of(line)->command, line, surroundings);
}

/// cxxopts' pattern for "--name=value" ends at a line end; two words may hold anything.
std::vector<std::string> with_values_apart(int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (const std::string_view word : std::span(argv, static_cast<std::size_t>(argc))) {
    const auto equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (equals != word.npos && takes_value(name)) {
      words.emplace_back(name);
      words.emplace_back(word.substr(equals + 1));
    } else {
      words.emplace_back(word);
    }
  }
  return words;
}

/// The option that one of cxxopts' sentences is about, which it puts in typographic quotes.
std::string option_in(std::string_view sentence) {
  std::string name;
  const auto quote = sentence.find("\xe2\x80\x98");
  for (const char c : sentence.substr(quote == sentence.npos ? 0 : quote + 3)) {
    if (!is_alphanumeric(c) && c != '-') {
      break;
    }
    name += c;
  }
  return "--" + name;
}

}  // namespace

Result<Request> parse_options(int argc, const char* const* argv,
                              const Surroundings& surroundings) try {
  const std::vector<std::string> words = with_values_apart(argc, argv);
  std::vector<const char*> pointers;
  for (const std::string& word : words) {
    pointers.push_back(word.c_str());
  }
  cxxopts::Options table = cxxopts_table();
  return to_request(table.parse(static_cast<int>(pointers.size()), pointers.data()), surroundings);
} catch (const cxxopts::exceptions::missing_argument& problem) {
  return failure(option_in(problem.what()) + " needs a value",
                 "cf-failover --help shows of what kind");
} catch (const cxxopts::exceptions::incorrect_argument_type&) {
  return failure("a switch, as --json, takes no value but true or false", "leave the value out");
} catch (const cxxopts::exceptions::exception& problem) {
  return failure(problem.what(), "cf-failover --help lists the options");
}

bool is_for_status(int argc, const char* const* argv) {
  const std::span words(argv, static_cast<std::size_t>(argc));
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (takes_value(word) || word == "-c") {
      ++i;
    } else if (!word.starts_with('-')) {
      return word == "status";
    }
  }
  return false;
}
