#pragma once

#include <tl/expected.hpp>

#include "value/error.h"

/// A value, or the reason why there is none.
template <typename T>
using Result = tl::expected<T, Error>;

/// Shorthand for returning a failure: `return failure("no such file: x", "create it")`.
inline tl::unexpected<Error> failure(std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(Error{std::move(message), std::move(hint)});
}
