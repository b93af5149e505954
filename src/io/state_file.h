#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/owned_file.h"
#include "value/result.h"

/// The content of a regular file of at most 1 MiB; nothing if there is none of that name. Symbolic
/// links are not followed.
Result<std::optional<std::string>> read_state(const std::string& path);

enum class Sync { no, yes };

/// Replaces the file as a whole: readers see the old content or the new. Mode 0600, or 0644 for
/// everybody. Unless synced, a power failure may bring the old content back. An Error may also mean
/// that the new content is there, but not known to be on the disk.
Result<void> replace_state(const std::string& path, std::string_view content, Sync sync,
                           Readers readers = Readers::owner);

/// Renames a file that nobody can make sense of to `path` + ".bad", for a person to look at. Not
/// one that we are only not allowed to read, or not able to just now.
Result<std::string> set_state_aside(const std::string& path);

/// Makes the directory where it is missing, closed to others, and its parents as usual.
Result<void> make_state_directory(const std::string& path);
