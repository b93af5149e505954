#include "io/outbox.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "io/directory.h"
#include "io/state_file.h"

namespace {

constexpr std::string_view kLetter = ".json";
constexpr std::string_view kUnfinished = ".json.new";  // as `replace_state` names it

}  // namespace

Result<void> Outbox::add(const Letter& letter) const {
  if (const auto made = make_state_directory(directory_); !made) {
    return made;
  }
  // Ids begin with the time, so that names sort by age.
  const std::string path =
      directory_ + "/" + letter.notice.id + "." + letter.channel + std::string(kLetter);
  if (access(path.c_str(), F_OK) == 0) {
    return {};
  }
  return replace_state(path, to_json(letter), Sync::yes);
}

std::vector<std::string> Outbox::paths(std::string_view suffix) const {
  std::vector<std::string> paths;
  // What could not be listed waits for the next run; mostly there is no directory yet.
  any_name_in(directory_, [&](std::string_view name) {
    if (name.ends_with(suffix)) {
      paths.push_back(directory_ + "/" + std::string(name));
    }
    return false;
  });
  std::sort(paths.begin(), paths.end());
  return paths;
}

void Outbox::sweep(UnixTime now) const {
  constexpr std::chrono::hours kLongerThanAnyRun{1};
  const auto long_ago = std::chrono::floor<std::chrono::seconds>(now - kLongerThanAnyRun);
  for (const std::string& path : paths(kUnfinished)) {
    struct stat status {};
    if (stat(path.c_str(), &status) == 0 && status.st_mtime < long_ago.time_since_epoch().count()) {
      unlink(path.c_str());
    }
  }
}

std::vector<Letter> Outbox::letters() const {
  std::vector<Letter> letters;
  for (const std::string& path : paths(kLetter)) {
    const auto text = read_state(path);
    auto letter = text && *text ? parse_letter(**text) : std::nullopt;
    if (letter) {
      letter->path = path;
      letters.push_back(*std::move(letter));
    } else if (!text || *text) {
      (void)set_state_aside(path);  // Where that fails too it is passed over again next time.
    }
  }
  return letters;
}

std::size_t Outbox::size() const {
  return paths(kLetter).size();
}

Result<void> Outbox::postpone(const Letter& letter) const {
  return replace_state(letter.path, to_json(letter), Sync::no);
}

void Outbox::remove(const Letter& letter) const {
  unlink(letter.path.c_str());
}

Result<std::optional<Lock>> Outbox::try_lock() const {
  if (const auto made = make_state_directory(directory_); !made) {
    return tl::unexpected(made.error());
  }
  return Lock::try_acquire(directory_ + "/lock");
}
