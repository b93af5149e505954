#pragma once

#include <cerrno>
#include <system_error>

#include "io/descriptor.h"

/// What a system call returned, owned; throws std::system_error with errno if that was -1.
inline Descriptor checked_descriptor(int number, const char* call) {
  if (number < 0) {
    throw std::system_error{errno, std::generic_category(), call};
  }
  return Descriptor{number};
}
