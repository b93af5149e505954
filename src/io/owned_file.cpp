#include "io/owned_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace {

bool give_to_owner_of_directory(int descriptor, const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path();
  struct stat status {};
  if (stat(directory.c_str(), &status) != 0) {
    return false;
  }
  return status.st_uid == geteuid() || fchown(descriptor, status.st_uid, status.st_gid) == 0;
}

}  // namespace

Descriptor create_owned(const std::string& path) {
  constexpr mode_t kOwnerOnly = 0600;
  Descriptor file(
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly));
  const bool good = file && fchmod(file.get(), kOwnerOnly) == 0 &&  // Whatever the umask.
                    (geteuid() != 0 || give_to_owner_of_directory(file.get(), path));
  return good ? std::move(file) : Descriptor();
}
