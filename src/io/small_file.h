#pragma once

#include <sys/types.h>

#include <string>

#include "value/result.h"

/// A regular file, read whole.
struct SmallFile {
  std::string text;
  mode_t mode = 0;
};

/// Why there is none: `exists` is false where nothing has that name. The text has no path in it.
struct NoFile {
  bool exists;
  std::string why;
};

enum class Links { follow, refuse };

/// Reads a regular file of at most 1 MiB. Never waits, as a pipe would make it.
tl::expected<SmallFile, NoFile> read_small_file(const std::string& path, Links links);
