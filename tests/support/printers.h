#pragma once

// Teaches Catch2 to print our values, so that a failure tells the story.

#include <optional>
#include <string>

#include "catch.h"
#include "core/health.h"
#include "core/ports.h"
#include "core/record.h"
#include "value/error.h"
#include "value/fqdn.h"
#include "value/ip_address.h"
#include "value/record_type.h"
#include "value/status_set.h"
#include "value/url.h"

/// For whatever has a canonical text.
template <typename Value>
struct PrintByStr {
  static std::string convert(const Value& value) { return value.str(); }
};

/// Prints what is inside, or "nothing".
template <typename Value>
struct PrintOptional {
  static std::string convert(const std::optional<Value>& value) {
    return value ? Catch::StringMaker<Value>::convert(*value) : "nothing";
  }
};

namespace Catch {

template <>
struct StringMaker<IpAddress> : PrintByStr<IpAddress> {};
template <>
struct StringMaker<Fqdn> : PrintByStr<Fqdn> {};
template <>
struct StringMaker<StatusSet> : PrintByStr<StatusSet> {};
template <>
struct StringMaker<Url> : PrintByStr<Url> {};

template <>
struct StringMaker<RecordType> {
  static std::string convert(RecordType type) { return std::string(to_text(type)); }
};

template <>
struct StringMaker<Health> {
  static std::string convert(Health health) {
    switch (health) {
      case Health::pending:
        return "pending";
      case Health::up:
        return "up";
      case Health::down:
        return "down";
      case Health::unknown:
        return "unknown";
    }
    return "no health";
  }
};

template <>
struct StringMaker<Record> {
  static std::string convert(const Record& record) {
    return record.id + " " + record.content.str();
  }
};

template <>
struct StringMaker<Error> {
  static std::string convert(const Error& error) {
    return "error: " + error.message + "\nhint: " + error.hint;
  }
};

template <>
struct StringMaker<ApiFailure> {
  static std::string convert(const ApiFailure& failure) {
    return "kind " + std::to_string(static_cast<int>(failure.kind)) + ", HTTP " +
           std::to_string(failure.status) + ", code " + std::to_string(failure.code) + ": \"" +
           failure.message + "\" " + failure.ray;
  }
};

template <>
struct StringMaker<std::optional<IpAddress>> : PrintOptional<IpAddress> {};
template <>
struct StringMaker<std::optional<Fqdn>> : PrintOptional<Fqdn> {};
template <>
struct StringMaker<std::optional<RecordType>> : PrintOptional<RecordType> {};

}  // namespace Catch
