#pragma once

#include <string>
#include <variant>

#include "app/check_command.h"
#include "app/config.h"
#include "app/environment.h"
#include "app/history_command.h"
#include "app/hold_command.h"
#include "app/notify_test_command.h"
#include "app/set_backup_command.h"
#include "app/status_command.h"
#include "app/switch_command.h"
#include "value/result.h"
#include "value/unix_time.h"

/// What else decides on the configuration: facts about the process that `main` collects.
struct Surroundings {
  Environment environment;
  std::string usual_config_file = {};  ///< read if it is there and no other is named
  bool is_root = false;
  bool output_is_terminal = false;
  std::string host = {};  ///< the name of this machine
  UnixTime now = {};
};

// What the command line asks for.

struct ShowText {
  std::string text;  ///< the help or the version, to be printed as it is
};

struct StatusRequest {
  Config config;
  Nagios nagios = Nagios::no;
};

struct HistoryRequest {
  PastRequest past;
};

struct ExplainRequest {
  PastRequest past;
};

using Request =
    std::variant<ShowText, Config, StatusRequest, SetBackupRequest, SwitchRequest, HoldRequest,
                 HistoryRequest, ExplainRequest, CheckRequest, NotifyTestRequest>;

/// Reads argv and the environment; contacts nothing. The Error says what is wrong and what is
/// right.
Result<Request> parse_options(int argc, const char* const* argv, const Surroundings& surroundings);

/// Whether the command line is one of `status`, whose exit statuses have their own meaning.
bool is_for_status(int argc, const char* const* argv);
