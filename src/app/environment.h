#pragma once

#include <map>
#include <string>
#include <string_view>

/// The environment as one value, so that nothing but `main` asks the process for it.
class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string, std::less<>> variables)
      : variables_(std::move(variables)) {}

  /// From "NAME=value" strings as in environ(7); null is an empty environment.
  static Environment from(const char* const* strings);

  /// Empty where the variable is unset: nobody here tells the two apart.
  std::string get(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};
