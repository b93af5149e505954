#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "io/descriptor.h"
#include "value/result.h"

/// A command that runs in a process group of its own, without a terminal, without our descriptors
/// and with the signals' default actions. The destructor kills the group.
class ChildProcess {
 public:
  /// `environment` holds "NAME=value" strings, and is the whole of it.
  static Result<ChildProcess> start(std::vector<std::string> words,
                                    std::vector<std::string> environment);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  /// Becomes readable when the command itself has ended.
  int exit_descriptor() const { return exit_.get(); }

  /// Waits for the command's end, and ends what it left behind. Nothing if a signal ended it, or if
  /// that is not to be learned.
  std::optional<int> exit_status();

 private:
  ChildProcess(pid_t pid, Descriptor exit) : pid_(pid), exit_(std::move(exit)) {}

  pid_t pid_;  ///< 0 once it is waited for
  std::optional<int> exit_status_ = {};
  Descriptor exit_;
};
