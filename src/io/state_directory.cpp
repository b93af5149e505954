#include "io/state_directory.h"

#include "io/history_file.h"

namespace {

/// '*' in a file name is an accident waiting for a shell; '+' is in no host name.
std::string file_name(const Fqdn& name, RecordType type) {
  const std::string plain = name.is_wildcard() ? "+" + name.str().substr(1) : name.str();
  return plain + "." + std::string(to_text(type));
}

template <typename Content>
Result<Content> read(const std::string& path, std::optional<Content> (*parse)(std::string_view)) {
  const auto text = read_state(path);
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (!*text) {
    return Content{};
  }
  auto content = parse(**text);
  return content ? Result<Content>(*std::move(content))
                 : failure(path + " is not a state file of ours");
}

}  // namespace

StateDirectory::StateDirectory(const std::string& directory, const Fqdn& name, RecordType type)
    : directory_(directory) {
  const std::string stem = directory + "/" + file_name(name, type);
  lock_ = stem + ".lock";
  seen_ = stem + ".seen.json";
  said_ = stem + ".said.json";
  history_ = stem + ".history.jsonl";
}

Result<void> StateDirectory::make() const {
  if (directory_.empty()) {
    return failure("no state directory: neither HOME nor STATE_DIRECTORY is set");
  }
  return make_state_directory(directory_);
}

Result<std::optional<Lock>> StateDirectory::try_lock() const {
  if (const auto made = make(); !made) {
    return tl::unexpected(made.error());
  }
  return Lock::try_acquire(lock_);
}

Task<Result<std::optional<Lock>>> StateDirectory::lock(EventLoop& loop) const {
  return Lock::acquire(loop, lock_, loop.left());
}

Result<Seen> StateDirectory::read_seen() const {
  return directory_.empty() ? Seen{} : read(seen_, &parse_seen);
}

Result<void> StateDirectory::write_seen(const Seen& seen, Sync sync) const {
  return replace_state(seen_, to_json(seen), sync);
}

Result<Said> StateDirectory::read_said() const {
  return directory_.empty() ? Said{} : read(said_, &parse_said);
}

Task<Result<StateDirectory::SaidChange>> StateDirectory::change_said(
    EventLoop& loop, std::function<Said(const Said&)> change) const {
  if (const auto made = make(); !made) {
    co_return tl::unexpected(made.error());
  }
  const auto lock = co_await Lock::acquire(loop, said_lock(), loop.left());
  if (!lock) {
    co_return tl::unexpected(lock.error());
  }
  if (!*lock) {
    co_return failure("another command holds " + said_lock());
  }
  SaidChange result;
  if (auto said = read_said()) {
    result.before = *std::move(said);
  } else {
    const auto aside = set_state_aside(said_);
    if (!aside) {
      co_return failure(said.error().message + "; " + aside.error().message);
    }
    result.warning = said.error().message + "; it is now " + *aside;
  }
  result.now = change(result.before);
  if (result.now == result.before) {
    co_return result;
  }
  if (const auto written = replace_state(said_, to_json(result.now), Sync::yes); !written) {
    const auto there = read_said();
    if (!there || *there != result.now) {
      co_return tl::unexpected(written.error());
    }
    result.warning = written.error().message + "; a power failure may undo what was said";
  }
  co_return result;
}

Result<History> StateDirectory::read_history() const {
  return directory_.empty() ? History{} : ::read_history(history_);
}

Result<void> StateDirectory::append_history(const PastRun& run) const {
  return ::append_history(history_, run);
}

Result<std::string> StateDirectory::set_said_aside() const {
  const auto lock = Lock::try_acquire(said_lock());
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  if (!*lock || read_said()) {
    return failure("it is being replaced");
  }
  return set_state_aside(said_);
}
