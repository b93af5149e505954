#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "value/result.h"

/// A value as somebody wrote it, and where: "--timeout", or "FILE:3:14: timeout".
struct Given {
  std::string text;
  std::string where;
  bool in_list = false;
};

/// What one place (a command line, a record of the file) says, by the name of the setting.
using Layer = std::map<std::string, std::vector<Given>, std::less<>>;

/// The lower layer with what the upper one says instead. A list is replaced, not prolonged.
Layer over(Layer lower, const Layer& upper);

/// What a value is, for the help and for the sentence about one that is not.
struct ValueKind {
  const char* argument;  ///< its placeholder in the help
  const char* what;      ///< "a duration"
  const char* hint;      ///< how to write it
};

struct RecordDraft;
struct RunDraft;

enum class Many { no, yes };

/// A setting of one record, by the name that it has as an option; as a key of the configuration
/// file it has '_' for '-'.
struct RecordSetting {
  const char* name;
  const ValueKind& kind;
  const char* help;
  bool (*take)(RecordDraft& draft, const std::string& text);
  Many many = Many::no;
};

/// A setting of the run as a whole, or of its dealings with Cloudflare.
struct RunSetting {
  const char* name;
  const ValueKind& kind;
  const char* help;
  bool (*take)(RunDraft& draft, const std::string& text);
  Many many = Many::no;
};

/// The settings in the order in which people should meet them.
std::span<const RecordSetting> record_settings();
std::span<const RecordSetting> probe_settings();
std::span<const RunSetting> run_settings();
/// No options, but keys of the file: whom to tell of every run.
std::span<const RunSetting> report_settings();
/// No options, but keys of the file's object "cloudflare".
std::span<const RunSetting> cloudflare_settings();

/// A whole record from all that was said of it; checks what one value alone does not show.
Result<RecordConfig> to_record(const Layer& layer);

/// Which record is meant: asks for its name, and for its type or what shows it.
Result<RecordKey> to_record_key(const Layer& layer);

/// What the run's settings come to.
struct RunSettings {
  Milliseconds deadline{50000};
  std::string state_dir = {};  ///< empty: not said
  std::vector<Url> canaries = {};
  Milliseconds remind{0};         ///< of trouble that lasts; zero: never
  std::string metrics_file = {};  ///< empty: none
  std::optional<Url> ping = {};
  std::string ping_file = {};       ///< holds the address of the ping; empty: not said
  std::string token_file = {};      ///< empty: not said
  Milliseconds api_timeout{10000};  ///< of one request
};
Result<RunSettings> to_run_settings(const Layer& run, const Layer& cloudflare);
