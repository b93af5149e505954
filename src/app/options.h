#pragma once

#include <string>
#include <variant>

#include "app/check_command.h"
#include "app/config.h"
#include "app/environment.h"
#include "app/hold_command.h"
#include "app/set_backup_command.h"
#include "value/result.h"

/// What else decides on the configuration: facts about the process that `main` collects.
struct Surroundings {
  Environment environment;
  std::string usual_config_file = {};  ///< read if it is there and no other is named
  bool is_root = false;
  bool output_is_terminal = false;
};

// What the command line asks for.

struct ShowText {
  std::string text;  ///< the help or the version, to be printed as it is
};

using Request = std::variant<ShowText, Config, CheckRequest, SetBackupRequest, HoldRequest>;

/// Reads argv and the environment; contacts nothing. The Error says what is wrong and what is
/// right.
Result<Request> parse_options(int argc, const char* const* argv, const Surroundings& surroundings);
