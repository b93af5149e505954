#include "io/outbox.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "io/state_file.h"

namespace {

constexpr std::string_view kSuffix = ".json";

}  // namespace

Result<void> Outbox::add(const Letter& letter) const {
  if (const auto made = make_state_directory(directory_); !made) {
    return made;
  }
  // Ids begin with the time, so that names sort by age.
  const std::string path =
      directory_ + "/" + letter.notice.id + "." + letter.channel + std::string(kSuffix);
  if (access(path.c_str(), F_OK) == 0) {
    return {};
  }
  return replace_state(path, to_json(letter), Sync::yes);
}

std::vector<std::string> Outbox::paths() const {
  std::vector<std::string> paths;
  try {
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      if (entry.path().string().ends_with(kSuffix)) {
        paths.push_back(entry.path());
      }
    }
  } catch (const std::filesystem::filesystem_error&) {
    // What could not be listed waits for the next run; mostly there is no directory yet.
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<Letter> Outbox::letters() const {
  std::vector<Letter> letters;
  for (const std::string& path : paths()) {
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
  return paths().size();
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
