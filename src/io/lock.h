#pragma once

#include <optional>
#include <string>

#include "io/descriptor.h"
#include "value/result.h"

/// A lock on a file, which the kernel drops with the process however it ends. The file stays:
/// unlinking it would let two processes hold locks on two files of one name.
class Lock {
 public:
  /// Nothing if another process holds it; an Error if the file cannot be had.
  static Result<std::optional<Lock>> try_acquire(const std::string& path);

 private:
  explicit Lock(Descriptor file) : file_(std::move(file)) {}

  Descriptor file_;
};
