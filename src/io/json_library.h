#pragma once

#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdlib>
#include <new>

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
