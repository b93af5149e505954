// The metrics file as somebody left it.

#include <set>

#include "app/metrics.h"
#include "fuzz.h"
#include "value/text.h"

namespace {

/// Takes a label, as `record="www.example.com"`, off the front.
bool take_label(std::string_view& text) {
  const auto name = text.find("=\"");
  if (name == 0 || name == text.npos ||
      text.substr(0, name).find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != text.npos) {
    return false;
  }
  text.remove_prefix(name + 2);
  while (!text.empty() && text.front() != '"') {
    const bool is_escape = text.front() == '\\';
    if (is_escape && (text.size() < 2 || std::string_view("\\\"n").find(text[1]) == text.npos)) {
      return false;
    }
    text.remove_prefix(is_escape ? 2 : 1);
  }
  if (text.empty()) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

bool is_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0';
}

/// One line of https://prometheus.io/docs/instrumenting/exposition_formats/, as far as we write it.
bool is_sample(std::string_view line) {
  const auto name = std::min(line.find_first_of("{ "), line.size());
  if (!line.starts_with("cf_failover_") || name == line.size()) {
    return false;
  }
  line.remove_prefix(name);
  if (line.front() == '{') {
    do {
      line.remove_prefix(1);
      if (!take_label(line) || line.empty()) {
        return false;
      }
    } while (line.front() == ',');
    if (line.front() != '}') {
      return false;
    }
    line.remove_prefix(1);
  }
  return line.starts_with(' ') && is_number(std::string(line.substr(1)));
}

}  // namespace

void fuzz(std::string_view input) {
  const std::string text = metrics_text({}, 0, std::string(input));

  std::set<std::string_view> seen;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty() && !line.starts_with('#')) {
      always(is_sample(line), "a collector can read every line");
      always(seen.insert(line.substr(0, line.rfind(' '))).second, "no sample stands twice");
    }
  }
  always(!has_nul(text), "no NUL in the metrics");
  always(metrics_text({}, 0, text) == text, "what was kept is kept");
}
