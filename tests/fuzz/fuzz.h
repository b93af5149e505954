#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

/// What a target tries with one input.
void fuzz(std::string_view input);

/// Ends the process, and with it the search, where that which always holds does not hold.
inline void always(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
  }
}

/// RapidJSON and the C library would not see what follows it.
inline bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}
