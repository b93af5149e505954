#include "environment.h"

#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

unsigned long number_from_environment(const char* name, unsigned long otherwise) {
  const char* const value = std::getenv(name);
  const std::string_view text = value == nullptr ? "" : value;
  if (text.empty()) {
    return otherwise;
  }
  unsigned long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument{std::string(name) + " must be a number, not " + value};
  }
  return number;
}
