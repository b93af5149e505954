// Command lines, one word on each line: what hooks and people say.

#include "app/options.h"
#include "fuzz.h"
#include "value/text.h"

namespace {

Surroundings surroundings() {
  return {
      .environment = Environment({{"CLOUDFLARE_API_TOKEN", "0123456789abcdefghijklmnopqrstuvwx"},
                                  {"XDG_STATE_HOME", "/nonexistent"}}),
      .host = "host",
      .now = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31)};
}

void check(const HoldRequest& request) {
  always(!request.length || (request.length->count() > 0 && *request.length <= kLongestHold),
         "a hold is within bounds");
}

void check(const SetBackupRequest& request) {
  always(request.config.records.size() == 1, "a backup is of one record");
}

template <typename Other>
void check(const Other&) {}

}  // namespace

void fuzz(std::string_view input) {
  if (has_nul(input)) {
    return;  // No argument has one.
  }
  std::vector<std::string> words{"cf-failover"};
  for (const std::string_view word : split(input, '\n')) {
    words.emplace_back(word);
  }
  std::vector<const char*> argv;
  for (const std::string& word : words) {
    argv.push_back(word.c_str());
  }
  const int argc = static_cast<int>(argv.size());

  const auto request = parse_options(argc, argv.data(), surroundings());
  (void)is_for_status(argc, argv.data());

  if (request) {
    std::visit([](const auto& one) { check(one); }, *request);
  } else {
    always(!request.error().message.empty(), "a mistake is told");
  }
}
