#pragma once

#include <string>

/// What went wrong in a sentence without a full stop, and what helps where that is known.
struct Error {
  std::string message;
  std::string hint = {};

  friend bool operator==(const Error&, const Error&) = default;
};
