#include "app/config_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "app/channels.h"
#include "app/config_json.h"
#include "io/small_file.h"
#include "value/text.h"

namespace {

/// The keys that an object of the file may have, and the settings that they mean.
struct Key {
  std::string key;
  std::string setting;
};

/// As options are named, with '_' for '-'.
template <typename Settings>
std::vector<Key> keys_of(const Settings& settings) {
  std::vector<Key> keys;
  for (const auto& setting : settings) {
    std::string key = setting.name;
    for (char& c : key) {
      c = c == '-' ? '_' : c;
    }
    keys.push_back({std::move(key), setting.name});
  }
  return keys;
}

void rename(std::vector<Key>& keys, const std::string& from, const std::string& to) {
  for (Key& key : keys) {
    key.key = key.key == from ? to : key.key;
  }
}

std::vector<Key> record_keys() {
  std::vector<Key> keys = keys_of(record_settings());
  rename(keys, "record", "name");
  return keys;
}

std::vector<Key> probe_keys() {
  std::vector<Key> keys = keys_of(probe_settings());
  rename(keys, "probe", "target");
  rename(keys, "header", "headers");
  return keys;
}

std::vector<Key> run_keys() {
  std::vector<Key> keys = keys_of(run_settings());
  rename(keys, "canary", "canaries");
  for (Key& key : keys_of(report_settings())) {
    keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<std::string> names_of(const std::vector<Key>& keys) {
  std::vector<std::string> names;
  for (const Key& key : keys) {
    names.push_back(key.key);
  }
  return names;
}

const Key* find_key(const std::vector<Key>& keys, const std::string& name) {
  for (const Key& key : keys) {
    if (key.key == name) {
      return &key;
    }
  }
  return nullptr;
}

/// A member of an object, as one thing.
struct Member {
  const std::string& key;
  const std::string& place;
  const JsonNode& value;
};

std::vector<Member> members_of(const JsonNode& object) {
  std::vector<Member> members;
  for (std::size_t i = 0; i < object.items.size(); ++i) {
    members.push_back({object.keys[i].name, object.keys[i].place, object.items[i]});
  }
  return members;
}

/// Turns the file's tree into layers; knows the file's name for what it finds wrong.
class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {}

  Result<ConfigFile> read(const JsonNode& root) const;

 private:
  using Kind = JsonNode::Kind;

  std::string at(const std::string& place) const { return path_ + ":" + place + ": "; }

  tl::unexpected<Error> unknown_key(const Member& member,
                                    const std::vector<std::string>& known) const {
    const auto meant = nearest(member.key, known);
    return failure(
        at(member.place) + "unknown key \"" + printable(member.key) + "\"",
        meant ? "did you mean \"" + *meant + "\"?" : "cf-failover-config(5) lists the keys");
  }

  tl::unexpected<Error> not_a(const char* wanted, const std::string& key,
                              const JsonNode& node) const {
    return failure(at(node.place) + key + " is not " + wanted, "cf-failover-config(5) shows one");
  }

  Result<void> read_top(const Member& member, ConfigFile& file) const;
  Result<void> read_records(const Member& member, const Layer& defaults, ConfigFile& file) const;
  Result<void> read_notify(const Member& member, ConfigFile& file) const;
  Result<Layer> read_channel(const JsonNode& node) const;
  Result<void> read_object(const Member& member, const std::vector<Key>& keys, Layer& layer) const;
  Result<Layer> read_record(const std::string& name, const JsonNode& node) const;
  Result<void> read_probe(const Member& member, Layer& layer) const;
  Result<void> read_value(const Member& member, const Key& key, Layer& layer) const;
  Result<void> add_value(const std::string& name, const JsonNode& node,
                         std::vector<Given>& values) const;

  std::string path_;
};

Result<ConfigFile> Reader::read(const JsonNode& root) const {
  if (root.kind != Kind::object) {
    return not_a("an object", "the file", root);
  }
  ConfigFile file{.path = path_, .run = {}, .cloudflare = {}, .records = {}};
  Layer defaults;
  std::optional<Member> records;
  for (const Member& member : members_of(root)) {
    if (member.key == "records") {
      records.emplace(member);  // Last, whatever stands below it: the defaults come first.
    } else if (member.key == "defaults") {
      auto layer = read_record(member.key, member.value);
      if (!layer) {
        return tl::unexpected(layer.error());
      }
      if (layer->contains("record")) {
        return failure(at(member.place) + "defaults cannot have a name", "names belong to records");
      }
      defaults = *std::move(layer);
    } else if (const auto done = read_top(member, file); !done) {
      return tl::unexpected(done.error());
    }
  }
  if (records) {
    if (const auto done = read_records(*records, defaults, file); !done) {
      return tl::unexpected(done.error());
    }
  }
  return file;
}

Result<void> Reader::read_top(const Member& member, ConfigFile& file) const {
  if (member.key == "cloudflare") {
    return read_object(member, keys_of(cloudflare_settings()), file.cloudflare);
  }
  if (member.key == "notify") {
    return read_notify(member, file);
  }
  const std::vector<Key> keys = run_keys();
  if (const Key* const key = find_key(keys, member.key)) {
    return read_value(member, *key, file.run);
  }
  std::vector<std::string> known = names_of(keys);
  known.insert(known.end(), {"cloudflare", "defaults", "notify", "records"});
  return unknown_key(member, known);
}

Result<void> Reader::read_records(const Member& member, const Layer& defaults,
                                  ConfigFile& file) const {
  if (member.value.kind != Kind::list) {
    return not_a("a list", member.key, member.value);
  }
  for (const JsonNode& node : member.value.items) {
    const auto layer = read_record("a record", node);
    if (!layer) {
      return tl::unexpected(layer.error());
    }
    const auto name = layer->find("record");
    if (name == layer->end() || name->second.empty()) {
      return failure(at(node.place) + "the record has no name", R"(add "name": "www.example.com")");
    }
    file.records.push_back(over(defaults, *layer));
  }
  return {};
}

Result<void> Reader::read_notify(const Member& member, ConfigFile& file) const {
  if (member.value.kind != Kind::list) {
    return not_a("a list", member.key, member.value);
  }
  for (const JsonNode& node : member.value.items) {
    auto layer = read_channel(node);
    if (!layer) {
      return tl::unexpected(layer.error());
    }
    file.notify.push_back(*std::move(layer));
  }
  return {};
}

Result<Layer> Reader::read_channel(const JsonNode& node) const {
  if (node.kind != Kind::object) {
    return not_a("an object", "a channel", node);
  }
  const auto members = members_of(node);
  const auto kind = std::find_if(members.begin(), members.end(),
                                 [](const Member& member) { return member.key == "channel"; });
  if (kind == members.end()) {
    return failure(at(node.place) + "the channel has no kind",
                   "add \"channel\": one of " + joined(channel_kinds()));
  }
  std::vector<std::string> known = channel_keys(kind->value.text);
  if (known.empty()) {
    const auto meant = nearest(kind->value.text, channel_kinds());
    return failure(
        at(kind->value.place) + "unknown channel \"" + printable(kind->value.text) + "\"",
        meant ? "did you mean \"" + *meant + "\"?" : "there are " + joined(channel_kinds()));
  }
  known.emplace_back("channel");
  Layer layer;
  for (const Member& member : members) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      return unknown_key(member, known);
    }
    if (const auto done = read_value(member, {member.key, member.key}, layer); !done) {
      return tl::unexpected(done.error());
    }
  }
  return layer;
}

Result<void> Reader::read_object(const Member& member, const std::vector<Key>& keys,
                                 Layer& layer) const {
  if (member.value.kind != Kind::object) {
    return not_a("an object", member.key, member.value);
  }
  for (const Member& inner : members_of(member.value)) {
    const Key* const key = find_key(keys, inner.key);
    if (key == nullptr) {
      return unknown_key(inner, names_of(keys));
    }
    if (const auto done = read_value(inner, *key, layer); !done) {
      return done;
    }
  }
  return {};
}

Result<Layer> Reader::read_record(const std::string& name, const JsonNode& node) const {
  if (node.kind != Kind::object) {
    return not_a("an object", name, node);
  }
  const std::vector<Key> keys = record_keys();
  Layer layer;
  for (const Member& member : members_of(node)) {
    const Key* const key = find_key(keys, member.key);
    if (key == nullptr && member.key != "probe") {
      std::vector<std::string> known = names_of(keys);
      known.emplace_back("probe");
      return unknown_key(member, known);
    }
    const auto done = key != nullptr ? read_value(member, *key, layer) : read_probe(member, layer);
    if (!done) {
      return tl::unexpected(done.error());
    }
  }
  return layer;
}

/// "probe": "SPEC" is short for "probe": {"target": "SPEC"}.
Result<void> Reader::read_probe(const Member& member, Layer& layer) const {
  if (member.value.kind == Kind::object) {
    return read_object(member, probe_keys(), layer);
  }
  return read_value(member, {"probe", "probe"}, layer);
}

Result<void> Reader::read_value(const Member& member, const Key& key, Layer& layer) const {
  std::vector<Given> values;
  const JsonNode& node = member.value;
  if (node.kind == Kind::list) {
    for (const JsonNode& item : node.items) {
      if (const auto added = add_value(member.key, item, values); !added) {
        return added;
      }
      values.back().in_list = true;
    }
  } else if (node.kind == Kind::object && key.setting == "header") {
    for (const Member& header : members_of(node)) {
      if (header.value.kind != Kind::string) {
        return not_a("a text", header.key, header.value);
      }
      values.push_back(
          {header.key + ": " + header.value.text, path_ + ":" + header.place + ": headers"});
    }
  } else if (const auto added = add_value(member.key, node, values); !added) {
    return added;
  }
  layer[key.setting] = std::move(values);
  return {};
}

Result<void> Reader::add_value(const std::string& name, const JsonNode& node,
                               std::vector<Given>& values) const {
  if (node.kind == Kind::object || node.kind == Kind::list || node.kind == Kind::null) {
    return not_a("a value that fits here", name, node);
  }
  values.push_back({node.text, at(node.place) + name});
  return {};
}

}  // namespace

Result<ConfigFile> read_config_file(const std::string& path) {
  const auto file = read_small_file(path, Links::follow);
  if (!file) {
    return failure("cannot read the configuration file " + path + ": " + file.error().why);
  }
  if ((file->mode & S_IWOTH) != 0) {
    return failure("the configuration file " + path + " may be written by everybody",
                   "chmod o-w " + path + ", and read it through before you trust it again");
  }
  const auto root = parse_config_json(file->text);
  if (!root) {
    return failure(path + ":" + root.error().message, root.error().hint);
  }
  return Reader(path).read(*root);
}
