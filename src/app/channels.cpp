#include "app/channels.h"

#include <algorithm>
#include <map>

#include "app/credentials.h"
#include "io/small_file.h"
#include "value/shell_words.h"
#include "value/text.h"

namespace {

/// A kind of channel: what it may be told in the file, and what it cannot do without.
struct Kind {
  Channel::Kind kind;
  const char* name;
  std::vector<std::string> keys;
  std::vector<std::string> needed;
  const char* secret;  ///< the keys of its secret begin with this; null: it has none
  bool needs_secret;
};

const std::vector<Kind>& kinds() {
  using enum Channel::Kind;
  static const std::vector<Kind> kAll{
      {email,
       "email",
       {"server", "user", "from", "to", "ca_file"},
       {"server", "from", "to"},
       "password",
       false},
      {slack, "slack", {"url", "ca_file"}, {}, "url", true},
      {telegram, "telegram", {"chat", "url", "ca_file"}, {"chat"}, "token", true},
      {pushbullet, "pushbullet", {"device", "url", "ca_file"}, {}, "token", true},
      {webhook, "webhook", {"url", "headers_file", "ca_file"}, {}, "url", true},
      {exec, "exec", {"command"}, {"command"}, nullptr, false},
  };
  return kAll;
}

const Kind* kind_named(const std::string& name) {
  const auto found = std::find_if(kinds().begin(), kinds().end(),
                                  [&](const Kind& kind) { return kind.name == name; });
  return found == kinds().end() ? nullptr : &*found;
}

std::string value_of(const Layer& layer, const std::string& key) {
  const auto found = layer.find(key);
  return found == layer.end() || found->second.empty() ? "" : found->second.front().text;
}

std::vector<std::string> values_of(const Layer& layer, const std::string& key) {
  std::vector<std::string> texts;
  if (const auto found = layer.find(key); found != layer.end()) {
    for (const Given& given : found->second) {
      texts.push_back(given.text);
    }
  }
  return texts;
}

tl::unexpected<Error> not_fit(const Layer& layer, const std::string& key, const std::string& what,
                              const std::string& hint) {
  return failure(layer.at(key).front().where + ": this is not " + what, hint);
}

// --- Values ---

bool is_mail_address(const std::string& text) {
  const auto at = text.find('@');
  return at != text.npos && at > 0 && at + 1 < text.size() && at == text.rfind('@') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return c > ' ' && c <= '~' && c != '<' && c != '>' && c != ',';
         });
}

bool is_mail_server(const std::string& text) {
  const auto scheme = text.find("://");
  const bool known = text.starts_with("smtp://") || text.starts_with("smtps://");
  return known && Url::parse("https" + text.substr(scheme)) &&
         text.find_first_of("/?#", scheme + 3) == text.npos;
}

/// "Name: value" on each line of a file that others may not read.
Result<std::vector<HttpRequest::Header>> read_headers(const std::string& path) {
  const auto file = read_private_file(path, "headers");
  if (!file) {
    return tl::unexpected(file.error());
  }
  std::vector<HttpRequest::Header> headers;
  for (const std::string_view line : split(*file, '\n')) {
    const auto colon = line.find(':');
    if (trim(line).empty()) {
      continue;
    }
    if (colon == line.npos || colon == 0) {
      return failure("the headers file " + path + " has a line that is no header",
                     "write each as Name: value");
    }
    headers.push_back({std::string(trim(line.substr(0, colon))),
                       Secret(std::string(trim(line.substr(colon + 1))))});
  }
  return headers;
}

/// From the file or the variable that the layer names; null if it names none.
std::function<Result<Secret>()> secret_of(const Layer& layer, const std::string& what,
                                          const Environment& environment) {
  if (const std::string path = value_of(layer, what + "_file"); !path.empty()) {
    return [path, what] { return read_secret_file(path, what); };
  }
  const std::string name = value_of(layer, what + "_env");
  if (name.empty()) {
    return nullptr;
  }
  return [name, what, value = Secret(environment.get(name))] {
    return to_secret(std::string(trim(value.reveal())), "the variable " + name, what);
  };
}

Result<std::vector<Event>> events_of(const Layer& layer) {
  std::vector<Event> events;
  const auto found = layer.find("events");
  if (found == layer.end()) {
    return events;
  }
  for (const Given& given : found->second) {
    const auto event = parse_event(given.text);
    if (!event) {
      return failure(given.where + ": \"" + printable(given.text) + "\" is not an event",
                     "failover, failback, cannot-fail-over, refused, unconfirmed, conflict, "
                     "standby-down, standby-up, unknown, recovered");
    }
    events.push_back(*event);
  }
  return events;
}

// --- Checks ---

/// Lists are for some keys only.
Result<void> check_numbers(const Layer& layer) {
  for (const auto& [key, values] : layer) {
    const bool is_list = key == "to" || key == "events" || key == "command";
    if (values.empty() && key == "events") {
      return failure(layer.at("channel").front().where + ": the list \"" + key + "\" is empty",
                     "leave it out, or name at least one");
    }
    if (!is_list && values.size() > 1) {
      return failure(values[1].where + ": there can be only one", "give one, or a second channel");
    }
  }
  return {};
}

Result<void> check_complete(const Layer& layer, const Kind& kind) {
  if (const auto checked = check_numbers(layer); !checked) {
    return checked;
  }
  for (const std::string& key : kind.needed) {
    if (values_of(layer, key).empty() || value_of(layer, key).empty()) {
      return failure(
          layer.at("channel").front().where + ": " + kind.name + " needs \"" + key + "\"",
          "cf-failover-config(5) shows one");
    }
  }
  const bool has_secret = !kind.needs_secret ||
                          (kind.secret == std::string("url") && !value_of(layer, "url").empty()) ||
                          !value_of(layer, kind.secret + std::string("_file")).empty() ||
                          !value_of(layer, kind.secret + std::string("_env")).empty();
  if (!has_secret) {
    const std::string secret = kind.secret;
    return failure(layer.at("channel").front().where + ": " + kind.name + " needs \"" + secret +
                       "_file\" or \"" + secret + "_env\"",
                   "a configuration is no place for secrets");
  }
  return {};
}

Result<void> check_mail(const Layer& layer) {
  if (!is_mail_server(value_of(layer, "server"))) {
    return not_fit(layer, "server", "a mail server",
                   "smtps://HOST[:PORT], or smtp://HOST[:PORT] with STARTTLS");
  }
  if (!is_mail_address(value_of(layer, "from"))) {
    return not_fit(layer, "from", "a mail address", "write it as dns@example.com, without a name");
  }
  for (const std::string& to : values_of(layer, "to")) {
    if (!is_mail_address(to)) {
      return not_fit(layer, "to", "a mail address", "write it as ops@example.com, without a name");
    }
  }
  return {};
}

Result<std::optional<Url>> url_of(const Layer& layer) {
  const std::string text = value_of(layer, "url");
  if (text.empty()) {
    return std::optional<Url>();
  }
  const auto url = Url::parse(text);
  if (!url) {
    return not_fit(layer, "url", "an address", "https://HOST/PATH");
  }
  if (!url->keeps_secrets()) {
    return not_fit(layer, "url", "a safe address: everybody on the way could read what is sent",
                   "use https; http is for loopback addresses only");
  }
  return url;
}

/// A list of words, or one text that is split as a shell would.
Result<std::vector<std::string>> command_of(const Layer& layer) {
  const auto words = values_of(layer, "command");
  if (layer.at("command").front().in_list) {
    return words;
  }
  const auto parts = split_words(words.front());
  if (!parts || parts->empty() || parts->front().empty()) {
    return not_fit(layer, "command", "a command", "a list of words, as [\"/usr/local/bin/tell\"]");
  }
  return *parts;
}

Result<Channel> to_channel(const Layer& layer, const Kind& kind, const Environment& environment) {
  if (const auto checked = check_complete(layer, kind); !checked) {
    return tl::unexpected(checked.error());
  }
  if (kind.kind == Channel::Kind::email) {
    if (const auto checked = check_mail(layer); !checked) {
      return tl::unexpected(checked.error());
    }
  }
  const auto events = events_of(layer);
  if (!events) {
    return tl::unexpected(events.error());
  }
  const auto url = url_of(layer);
  if (!url) {
    return tl::unexpected(url.error());
  }
  Channel channel{.kind = kind.kind,
                  .name = kind.name,
                  .events = *events,
                  .url = *url,
                  .server = value_of(layer, "server"),
                  .user = value_of(layer, "user"),
                  .from = value_of(layer, "from"),
                  .to = values_of(layer, "to"),
                  .ca_file = value_of(layer, "ca_file"),
                  .chat = value_of(layer, "chat"),
                  .device = value_of(layer, "device")};
  if (kind.kind == Channel::Kind::exec) {
    auto command = command_of(layer);
    if (!command) {
      return tl::unexpected(command.error());
    }
    channel.command = *std::move(command);
  }
  if (kind.secret != nullptr) {
    channel.secret = secret_of(layer, kind.secret, environment);
  }
  if (const std::string path = value_of(layer, "headers_file"); !path.empty()) {
    channel.headers = [path] { return read_headers(path); };
  }
  return channel;
}

}  // namespace

std::vector<std::string> channel_kinds() {
  std::vector<std::string> names;
  for (const Kind& kind : kinds()) {
    names.emplace_back(kind.name);
  }
  return names;
}

std::vector<std::string> channel_keys(const std::string& kind) {
  const Kind* const known = kind_named(kind);
  if (known == nullptr) {
    return {};
  }
  std::vector<std::string> keys = known->keys;
  keys.emplace_back("events");
  if (known->secret != nullptr) {
    keys.push_back(known->secret + std::string("_file"));
    keys.push_back(known->secret + std::string("_env"));
  }
  return keys;
}

Result<std::vector<Channel>> to_channels(const std::vector<Layer>& layers,
                                         const Environment& environment,
                                         const std::vector<std::string>& child_environment) {
  std::vector<Channel> channels;
  std::map<std::string, int> seen;
  for (const Layer& layer : layers) {
    const Kind& kind = *kind_named(value_of(layer, "channel"));
    auto channel = to_channel(layer, kind, environment);
    if (!channel) {
      return tl::unexpected(channel.error());
    }
    channel->environment = child_environment;
    if (const int number = ++seen[channel->name]; number > 1) {
      channel->name += "-" + std::to_string(number);
    }
    channels.push_back(*std::move(channel));
  }
  return channels;
}
