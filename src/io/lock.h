#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/task.h"
#include "io/descriptor.h"
#include "io/event_loop.h"
#include "value/result.h"

/// A lock on a file, which the kernel drops with the process however it ends. The file stays:
/// unlinking it would let two processes hold locks on two files of one name. Copies share the one
/// lock; the last to go lets go of it.
class Lock {
 public:
  /// Nothing if another process holds it; an Error if the file cannot be had.
  static Result<std::optional<Lock>> try_acquire(const std::string& path);

  /// Waits until whoever holds it lets go; nothing if that takes longer, or the loop's deadline
  /// comes first.
  static Task<Result<std::optional<Lock>>> acquire(EventLoop& loop, std::string path,
                                                   Milliseconds at_most);

 private:
  explicit Lock(std::shared_ptr<Descriptor> file) : file_(std::move(file)) {}

  std::shared_ptr<Descriptor> file_;
};
