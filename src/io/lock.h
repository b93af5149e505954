#pragma once

#include <optional>
#include <string>

#include "value/result.h"

/// A lock on a file, which the kernel drops with the process however it ends. The file stays:
/// unlinking it would let two processes hold locks on two files of one name.
class Lock {
 public:
  /// Nothing if another process holds it; an Error if the file cannot be had.
  static Result<std::optional<Lock>> try_acquire(const std::string& path);

  Lock(Lock&& other) noexcept;
  Lock& operator=(Lock&& other) noexcept;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock();

 private:
  explicit Lock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};
