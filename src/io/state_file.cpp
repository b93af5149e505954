#include "io/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr std::size_t kLargest = 1024 * 1024;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

tl::unexpected<Error> system_failure(const std::string& what, const std::string& path) {
  return failure("cannot " + what + " " + path + ": " + std::strerror(errno));
}

File open_file(const std::string& path, int flags, const char* mode) {
  const int descriptor =
      open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kOwnerOnly);
  return File(descriptor < 0 ? nullptr : fdopen(descriptor, mode));
}

bool is_regular(std::FILE* file) {
  struct stat status {};
  return fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
}

bool write_whole(File file, std::string_view content) {
  const bool written = std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
  return std::fclose(file.release()) == 0 && written;
}

}  // namespace

Result<std::optional<std::string>> read_state(const std::string& path) {
  const File file = open_file(path, O_RDONLY, "r");
  if (!file) {
    if (errno == ENOENT) {
      return std::optional<std::string>();
    }
    return system_failure("read", path);
  }
  if (!is_regular(file.get())) {
    return failure("cannot read " + path + ": not a regular file");
  }
  std::string content(kLargest + 1, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return system_failure("read", path);
  }
  if (content.size() > kLargest) {
    return failure("cannot read " + path + ": larger than 1 MiB");
  }
  return std::optional(std::move(content));
}

Result<void> replace_state(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".new";
  unlink(temporary.c_str());  // What a killed run left.
  File file = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, "w");
  if (!file) {
    return system_failure("write", temporary);
  }
  if (!write_whole(std::move(file), content) || rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = system_failure("write", path);
    unlink(temporary.c_str());
    return error;
  }
  return {};
}

Result<std::string> set_state_aside(const std::string& path) {
  const std::string aside = path + ".bad";
  if (rename(path.c_str(), aside.c_str()) != 0) {
    return system_failure("rename", path);
  }
  return aside;
}

Result<void> make_state_directory(const std::string& path) {
  std::error_code error;
  if (std::filesystem::create_directories(path, error)) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  }
  if (error) {
    return failure("cannot make the directory " + path + ": " + error.message());
  }
  return {};
}
