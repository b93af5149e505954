#include "io/owned_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace {

bool give_to_owner_of_directory(int descriptor, const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path();
  const std::string directory = parent.empty() ? "." : parent;
  struct stat status {};
  if (stat(directory.c_str(), &status) != 0) {
    return false;
  }
  return status.st_uid == geteuid() || fchown(descriptor, status.st_uid, status.st_gid) == 0;
}

}  // namespace

Descriptor create_owned(const std::string& path, Readers readers) {
  const mode_t mode = readers == Readers::owner ? 0600 : 0644;
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  const bool good = file && fchmod(file.get(), mode) == 0 &&  // Whatever the umask.
                    (geteuid() != 0 || give_to_owner_of_directory(file.get(), path));
  if (file && !good) {
    const int why = errno;
    unlink(path.c_str());
    errno = why;
  }
  return good ? std::move(file) : Descriptor();
}
