#pragma once

#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

// Owns a file descriptor and closes it. Empty (-1) by default and after a move.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_{fd} {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~Descriptor() { reset(); }

  // What a system call returned, owned; throws std::system_error with errno if that was -1.
  static Descriptor checked(int fd, const char* call) {
    if (fd < 0) {
      throw std::system_error{errno, std::generic_category(), call};
    }
    return Descriptor{fd};
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

  // Closes what is owned and owns `fd` from now on.
  void reset(int fd = -1) {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = fd;
  }

  // Hands the descriptor to the caller, who closes it.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};
