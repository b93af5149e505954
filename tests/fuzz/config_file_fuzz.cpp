// The configuration: its JSON, the whole file, and the values in it.

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "app/channels.h"
#include "app/config_file.h"
#include "app/config_json.h"
#include "fuzz.h"

namespace {

constexpr std::size_t kDeepest = 16;

void check(const JsonNode& node, std::size_t depth) {
  using Kind = JsonNode::Kind;
  always(depth <= kDeepest, "the tree is not too deep");
  always(!node.place.empty(), "a value has a place");
  always(node.items.empty() || node.kind == Kind::list || node.kind == Kind::object,
         "lists and objects alone have items");
  always(node.keys.size() == (node.kind == Kind::object ? node.items.size() : 0),
         "each item of an object has a key");
  std::set<std::string> names;
  for (const JsonKey& key : node.keys) {
    always(names.insert(key.name).second, "no key stands twice");
  }
  for (const JsonNode& item : node.items) {
    check(item, depth + 1);
  }
}

void check(const RecordConfig& record) {
  always(Fqdn::parse(record.name.str()) == record.name, "a name is read back");
  const auto target = parse_probe_target(to_text(record.probe.target));
  always(target && to_text(*target) == to_text(record.probe.target), "a probe is read back");
  always(!record.sites.backups.empty(), "there is a backup");
  for (const Host& backup : record.sites.backups) {
    always(backup != record.sites.main, "MAIN is no backup");
    always(Host::parse(backup.str()) == backup, "a backup is read back");
  }
  if (const auto* const exec = std::get_if<ExecTarget>(&record.probe.target)) {
    always(!exec->words.empty() && !exec->words.front().empty(), "a command has a name");
    always(!has_nul(exec->text), "no NUL in a command");
  }
  always(!has_nul(record.probe.ca_file), "no NUL in the name of a file");
  for (const Header& header : record.probe.headers) {
    always(header.value.find_first_of("\r\n") == std::string::npos, "one header is one");
  }
}

void check(const RunSettings& settings) {
  always(settings.deadline.count() > 0 && settings.api_timeout.count() > 0, "time is positive");
  for (const auto* const path :
       {&settings.state_dir, &settings.metrics_file, &settings.token_file, &settings.ping_file}) {
    always(!has_nul(*path), "no NUL in the name of a file");
  }
}

void check(const Channel& channel) {
  const bool is_exec = channel.kind == Channel::Kind::exec;
  always(is_exec == !channel.command.empty(), "exec alone has a command");
  always(!is_exec || !channel.command.front().empty(), "a command has a name");
  for (const std::string& word : channel.command) {
    always(!has_nul(word), "no NUL in a command");
  }
}

/// A file that has a name and no place on a disk.
class MemoryFile {
 public:
  MemoryFile() : file_(memfd_create("config", MFD_CLOEXEC)) {
    always(fchmod(file_, S_IRUSR | S_IWUSR) == 0, "a file can be made private");
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }
  void hold(std::string_view text) const {
    always(ftruncate(file_, 0) == 0 &&
               pwrite(file_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
           "a file can be written");
  }

 private:
  int file_;
};

}  // namespace

void fuzz(std::string_view input) {
  static const MemoryFile kFile;
  const auto tree = parse_config_json(input);
  if (tree) {
    check(*tree, 0);
    always(!has_nul(input), "no configuration has a NUL");
  } else {
    always(tree.error().message.find(':') != std::string::npos, "a mistake has a place");
  }

  kFile.hold(input);
  const auto read = read_config_file(kFile.path());
  if (!read) {
    always(read.error().message.starts_with(kFile.path() + ":"), "a mistake names the file");
    return;
  }
  always(tree.has_value(), "a configuration is JSON");
  for (const Layer& layer : read->records) {
    if (const auto record = to_record(layer)) {
      check(*record);
      const auto key = to_record_key(layer);
      always(key && key->name == record->name && key->type == record->type, "a record has a key");
    }
  }
  if (const auto settings = to_run_settings(read->run, read->cloudflare)) {
    check(*settings);
  }
  if (const auto channels = to_channels(read->notify, Environment(), {})) {
    for (const Channel& channel : *channels) {
      check(channel);
    }
  }
}
