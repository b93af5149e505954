#include "io/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "io/descriptor.h"
#include "io/owned_file.h"
#include "io/small_file.h"
#include "io/system_error.h"

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

tl::unexpected<Error> system_failure(const std::string& what, const std::string& path) {
  return failure("cannot " + what + " " + path + ": " + std::strerror(errno));
}

File create(const std::string& path, Readers readers) {
  Descriptor descriptor = create_owned(path, readers);
  File file(descriptor ? fdopen(descriptor.get(), "w") : nullptr);
  if (file) {
    static_cast<void>(descriptor.release());
  } else if (descriptor) {
    const int why = errno;
    unlink(path.c_str());
    errno = why;
  }
  return file;
}

bool write_whole(File file, std::string_view content, Sync sync) {
  const bool written =
      std::fwrite(content.data(), 1, content.size(), file.get()) == content.size() &&
      (sync == Sync::no || (std::fflush(file.get()) == 0 && fsync(fileno(file.get())) == 0));
  return std::fclose(file.release()) == 0 && written;
}

Descriptor open_directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path();
  return Descriptor(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace

Result<std::optional<std::string>> read_state(const std::string& path) {
  auto file = read_small_file(path, Links::refuse);
  if (!file && file.error().exists) {
    file = read_small_file(path, Links::refuse);  // A failure that passes is no fault of the file.
  }
  if (file) {
    return std::optional(std::move(file->text));
  }
  if (!file.error().exists) {
    return std::optional<std::string>();
  }
  return failure("cannot read " + path + ": " + file.error().why);
}

Result<void> replace_state(const std::string& path, std::string_view content, Sync sync,
                           Readers readers) {
  const std::string temporary = path + ".new";
  unlink(temporary.c_str());  // What a killed run left.
  const Descriptor directory = sync == Sync::yes ? open_directory_of(path) : Descriptor();
  if (sync == Sync::yes && !directory) {
    return system_failure("open the directory of", path);
  }
  File file = create(temporary, readers);
  if (!file) {
    return system_failure("write", temporary);
  }
  if (!write_whole(std::move(file), content, sync) ||
      rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = system_failure("write", path);
    unlink(temporary.c_str());
    return error;
  }
  if (directory && fsync(directory.get()) != 0) {  // Only then is the rename on the disk.
    return system_failure("sync the directory of", path);
  }
  return {};
}

Result<std::string> set_state_aside(const std::string& path) {
  const std::string aside = path + ".bad";
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!file && (is_about_this_host(errno) || errno == EIO)) {
    return system_failure("read", path);  // It may make sense to its owner, or later.
  }
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
