#include "io/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "io/descriptor.h"

namespace {

constexpr std::size_t kLargest = 1024 * 1024;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

tl::unexpected<NoFile> system_failure() {
  const bool exists = errno != ENOENT && errno != ENOTDIR;
  return tl::unexpected(NoFile{exists, std::strerror(errno)});
}

}  // namespace

tl::expected<SmallFile, NoFile> read_small_file(const std::string& path, Links links) {
  const int no_follow = links == Links::refuse ? O_NOFOLLOW : 0;
  Descriptor descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | no_follow));
  struct stat status {};
  if (!descriptor || fstat(descriptor.get(), &status) != 0) {
    return system_failure();
  }
  const std::unique_ptr<std::FILE, CloseFile> file(fdopen(descriptor.get(), "r"));
  if (!file) {
    return system_failure();
  }
  static_cast<void>(descriptor.release());
  if (!S_ISREG(status.st_mode)) {
    return tl::unexpected(NoFile{true, "not a regular file"});
  }
  std::string text;
  std::array<char, 4096> part{};
  while (text.size() <= kLargest) {
    const std::size_t count = std::fread(part.data(), 1, part.size(), file.get());
    if (count == 0) {
      break;
    }
    text.append(part.data(), count);
  }
  if (std::ferror(file.get()) != 0) {
    return system_failure();
  }
  if (text.size() > kLargest) {
    return tl::unexpected(NoFile{true, "larger than 1 MiB"});
  }
  return SmallFile{std::move(text), status.st_mode};
}
