#pragma once

#include <string>
#include <vector>

#include "app/settings.h"

/// What a configuration file says, not yet looked at value by value.
struct ConfigFile {
  std::string path;
  Layer run;                   ///< deadline, state_dir, canaries
  Layer cloudflare;            ///< token_file, timeout
  std::vector<Layer> records;  ///< each with the file's defaults below it
  std::vector<Layer> notify =
      {};  ///< channels, each with the key "channel" and the keys of its kind
};

/// Reads a configuration file: JSON with comments and trailing commas. A file that others may write
/// is refused. Every Error about its content begins with "PATH:LINE:COLUMN: ".
Result<ConfigFile> read_config_file(const std::string& path);
