#include "io/lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "io/aside.h"
#include "io/owned_file.h"

namespace {

Result<std::shared_ptr<Descriptor>> open_lock(const std::string& path) {
  auto file = std::make_shared<Descriptor>(create_owned(path));
  if (!*file && errno == EEXIST) {
    file->reset(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  }
  if (!*file) {
    return failure("cannot open " + path + ": " + std::strerror(errno));
  }
  return file;
}

tl::unexpected<Error> cannot_lock(const std::string& path, int error) {
  return failure("cannot lock " + path + ": " + std::strerror(error));
}

/// The errno of a lock that was not to be had; 0 for one that was.
int lock_file(int descriptor, int how) {
  int result = 0;
  do {
    result = flock(descriptor, how);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

}  // namespace

Result<std::optional<Lock>> Lock::try_acquire(const std::string& path) {
  auto file = open_lock(path);
  if (!file) {
    return tl::unexpected(file.error());
  }
  const int error = lock_file((*file)->get(), LOCK_EX | LOCK_NB);
  if (error == 0) {
    return std::optional(Lock(*std::move(file)));
  }
  if (error == EWOULDBLOCK) {
    return std::optional<Lock>();
  }
  return cannot_lock(path, error);
}

Task<Result<std::optional<Lock>>> Lock::acquire(EventLoop& loop, std::string path,
                                                Milliseconds at_most) {
  auto at_once = try_acquire(path);
  if (!at_once || at_once->has_value()) {
    co_return at_once;
  }
  const auto file = open_lock(path);
  if (!file) {
    co_return tl::unexpected(file.error());
  }
  const auto error = std::make_shared<int>(0);
  auto waiting = aside(
      loop, [file = *file, error] { *error = lock_file(file->get(), LOCK_EX); }, at_most);
  const Result<bool>& done = co_await waiting;
  if (!done) {
    co_return tl::unexpected(done.error());
  }
  if (!*done) {
    co_return std::optional<Lock>();
  }
  if (*error != 0) {
    co_return cannot_lock(path, *error);
  }
  co_return std::optional(Lock(*file));
}
