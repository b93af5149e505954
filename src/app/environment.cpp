#include "app/environment.h"

Environment Environment::from(const char* const* strings) {
  Environment environment;
  for (; strings != nullptr && *strings != nullptr; ++strings) {
    const std::string_view entry = *strings;
    const auto equals = entry.find('=');
    if (equals != std::string_view::npos) {
      environment.variables_.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
  }
  return environment;
}

std::string Environment::get(std::string_view name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() ? std::string() : found->second;
}
