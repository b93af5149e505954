#include "io/history_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/owned_file.h"
#include "io/state_file.h"
#include "io/state_json.h"
#include "value/text.h"

namespace {

constexpr off_t kLargest = 512 * 1024;

tl::unexpected<Error> cannot_write(const std::string& path, int error) {
  return failure("cannot write " + path + ": " + std::strerror(error));
}

/// For reading and writing, at whatever the name stands for: a regular file or nothing.
Descriptor open_or_create(const std::string& path) {
  Descriptor file = create_owned(path);
  if (!file && errno == EEXIST) {
    file.reset(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  }
  return file;
}

bool ends_in_mid_line(int file, off_t size) {
  char last = '\n';
  return size > 0 && pread(file, &last, 1, size - 1) == 1 && last != '\n';
}

/// Whole, or not at all: what a full disk took of it is cut off again.
bool append(int file, off_t size, const std::string& text) {
  const ssize_t written = pwrite(file, text.data(), text.size(), size);
  if (written == static_cast<ssize_t>(text.size())) {
    return true;
  }
  const int error = written < 0 ? errno : ENOSPC;
  if (ftruncate(file, size) != 0) {
    errno = error;
    return false;  // The next reader passes the rest over.
  }
  errno = error;
  return false;
}

/// What stands at the end of the file, in whole lines of at most `most` bytes together.
Result<std::string> read_tail(int file, off_t size, off_t most) {
  const off_t begin = std::max<off_t>(size - most, 0);
  std::string text(static_cast<std::size_t>(size - begin), '\0');
  const ssize_t count = pread(file, text.data(), text.size(), begin);
  if (count < 0) {
    return failure(std::strerror(errno));
  }
  text.resize(static_cast<std::size_t>(count));
  if (begin > 0) {
    text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return text;
}

/// The latest lines, atomically in place of all.
Result<void> shorten(const std::string& path, int file, off_t size) {
  const auto tail = read_tail(file, size, kLargest / 2);
  return tail ? replace_state(path, *tail, Sync::no) : tl::unexpected(tail.error());
}

}  // namespace

Result<History> read_history(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file && errno == ENOENT) {
    return History{};
  }
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0) {
    return failure("cannot read " + path + ": " + std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) {
    return failure("cannot read " + path + ": not a regular file");
  }
  const auto text = read_tail(file.get(), status.st_size, 2 * kLargest);
  if (!text) {
    return failure("cannot read " + path + ": " + text.error().message);
  }
  History runs;
  for (const std::string_view line : split(*text, '\n')) {
    if (auto run = parse_past_run(line)) {
      runs.push_back(*std::move(run));
    }
  }
  return runs;
}

Result<void> append_history(const std::string& path, const PastRun& run) {
  Descriptor file = open_or_create(path);
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0) {
    return cannot_write(path, errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return failure("cannot write " + path + ": not a regular file");
  }
  const std::string line = to_json(run);
  const bool broken = ends_in_mid_line(file.get(), status.st_size);
  if (!append(file.get(), status.st_size, (broken ? "\n" : "") + line)) {
    return cannot_write(path, errno);
  }
  const off_t size = status.st_size + static_cast<off_t>(line.size()) + (broken ? 1 : 0);
  return size > kLargest ? shorten(path, file.get(), size) : Result<void>();
}
