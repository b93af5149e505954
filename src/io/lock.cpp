#include "io/lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>

Result<std::optional<Lock>> Lock::try_acquire(const std::string& path) {
  constexpr mode_t kOwnerOnly = 0600;
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly));
  if (!file) {
    return failure("cannot open " + path + ": " + std::strerror(errno));
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
    return std::optional(Lock(std::move(file)));
  }
  if (errno == EWOULDBLOCK) {
    return std::optional<Lock>();
  }
  return failure("cannot lock " + path + ": " + std::strerror(errno));
}
