#pragma once

#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "value/text.h"

// RapidJSON with memory that throws where there is none: its own hands out null, and dereferences
// it. For the files that turn text into values and back.

struct ThrowingAllocator {
  // The names are RapidJSON's.
  // NOLINTBEGIN(readability-identifier-naming, cppcoreguidelines-no-malloc)
  static const bool kNeedFree = true;

  void* Malloc(std::size_t size) { return size == 0 ? nullptr : or_throw(std::malloc(size)); }
  void* Realloc(void* memory, std::size_t, std::size_t size) {
    if (size == 0) {
      std::free(memory);
      return nullptr;
    }
    return or_throw(std::realloc(memory, size));
  }
  static void Free(void* memory) { std::free(memory); }
  // NOLINTEND(readability-identifier-naming, cppcoreguidelines-no-malloc)

 private:
  static void* or_throw(void* memory) {
    return memory != nullptr ? memory : throw std::bad_alloc();
  }
};

using JsonText = rapidjson::UTF8<>;
using JsonDocument =
    rapidjson::GenericDocument<JsonText, rapidjson::MemoryPoolAllocator<ThrowingAllocator>,
                               ThrowingAllocator>;
using JsonValue = JsonDocument::ValueType;
using JsonReader = rapidjson::GenericReader<JsonText, JsonText, ThrowingAllocator>;
using JsonBuffer = rapidjson::GenericStringBuffer<JsonText, ThrowingAllocator>;
using LineWriter = rapidjson::Writer<JsonBuffer, JsonText, JsonText, ThrowingAllocator>;
using PrettyWriter = rapidjson::PrettyWriter<JsonBuffer, JsonText, JsonText, ThrowingAllocator>;

// The recursive parser overflows the stack on deep nesting, and text that is not UTF-8 would reach
// people's terminals.
constexpr unsigned kJsonParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

/// Null for what is no JSON. RapidJSON takes a NUL for the end, and would not see what follows it.
inline JsonDocument parse_json(std::string_view text) {
  JsonDocument document;
  if (text.find('\0') == std::string_view::npos) {
    document.Parse<kJsonParseFlags>(text.data(), text.size());
  }
  if (document.HasParseError()) {
    document.SetNull();
  }
  return document;
}

/// With U+FFFD in place of what is not UTF-8.
template <typename Writer>
void write_text(Writer& writer, std::string_view text) {
  const std::string good = as_utf8(text);
  writer.String(good.data(), static_cast<rapidjson::SizeType>(good.size()));
}

template <typename Writer>
void member(Writer& writer, const char* name, std::string_view text) {
  writer.Key(name);
  write_text(writer, text);
}

/// Null for an empty text.
template <typename Writer>
void member_or_null(Writer& writer, const char* name, std::string_view text) {
  writer.Key(name);
  if (text.empty()) {
    writer.Null();
  } else {
    write_text(writer, text);
  }
}

template <typename Writer, std::integral Number>
void member(Writer& writer, const char* name, Number number) {
  writer.Key(name);
  if constexpr (std::same_as<Number, bool>) {
    writer.Bool(number);
  } else {
    writer.Int64(number);
  }
}

/// Null for nothing.
template <typename Writer, std::integral Number>
void member(Writer& writer, const char* name, const std::optional<Number>& number) {
  if (number) {
    member(writer, name, *number);
  } else {
    member_or_null(writer, name, "");
  }
}

/// An object with the members that `write_members` writes into the Writer it is given.
template <typename Writer = LineWriter, typename WriteMembers>
std::string json_object(WriteMembers write_members) {
  JsonBuffer text;
  Writer writer(text);
  writer.StartObject();
  write_members(writer);
  writer.EndObject();
  return {text.GetString(), text.GetSize()};
}
