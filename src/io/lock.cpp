#include "io/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

Result<std::optional<Lock>> Lock::try_acquire(const std::string& path) {
  constexpr mode_t kOwnerOnly = 0600;
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
  if (descriptor < 0) {
    return failure("cannot open " + path + ": " + std::strerror(errno));
  }
  Lock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
    return std::optional(std::move(lock));
  }
  if (errno == EWOULDBLOCK) {
    return std::optional<Lock>();
  }
  return failure("cannot lock " + path + ": " + std::strerror(errno));
}

Lock::Lock(Lock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Lock& Lock::operator=(Lock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Lock::~Lock() {
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}
