#include "io/state_directory.h"

namespace {

/// '*' in a file name is an accident waiting for a shell; '+' is in no host name.
std::string file_name(const Fqdn& name, RecordType type) {
  const std::string plain = name.is_wildcard() ? "+" + name.str().substr(1) : name.str();
  return plain + "." + std::string(to_text(type));
}

}  // namespace

StateDirectory::StateDirectory(const std::string& directory, const Fqdn& name, RecordType type)
    : directory_(directory), stem_(directory + "/" + file_name(name, type)) {}

Result<std::optional<Lock>> StateDirectory::try_lock() const {
  if (directory_.empty()) {
    return failure("no state directory: neither HOME nor STATE_DIRECTORY is set");
  }
  if (const auto made = make_state_directory(directory_); !made) {
    return tl::unexpected(made.error());
  }
  return Lock::try_acquire(stem_ + ".lock");
}

Result<Seen> StateDirectory::read_seen() const {
  const std::string path = stem_ + ".seen.json";
  const auto text = read_state(path);
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (!*text) {
    return Seen{};
  }
  auto seen = parse_seen(**text);
  return seen ? Result<Seen>(*std::move(seen)) : failure(path + " is not a state file of ours");
}

Result<void> StateDirectory::write_seen(const Seen& seen) const {
  return replace_state(stem_ + ".seen.json", to_json(seen));
}
