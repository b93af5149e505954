#include "io/cloudflare_json.h"

#include <algorithm>

#include "io/json_library.h"
#include "value/text.h"

namespace {

constexpr std::size_t kLongestMessage = 4096;

ApiFailure broken(std::string message) {
  return {.kind = ApiFailure::Kind::broken_answer, .message = std::move(message)};
}

/// Null where there is none; and where there are two, since nobody knows which one is meant.
const JsonValue* member(const JsonValue& object, const char* name) {
  const JsonValue* found = nullptr;
  for (const auto& entry : object.GetObject()) {
    if (entry.name == name) {
      if (found != nullptr) {
        return nullptr;
      }
      found = &entry.value;
    }
  }
  return found;
}

std::string text_member(const JsonValue& object, const char* name) {
  const JsonValue* const value = member(object, name);
  return value != nullptr && value->IsString()
             ? std::string(value->GetString(), value->GetStringLength())
             : std::string();
}

int int_member(const JsonValue& object, const char* name) {
  const JsonValue* const value = member(object, name);
  return value != nullptr && value->IsInt() ? value->GetInt() : 0;
}

bool is_true(const JsonValue* value) {
  return value != nullptr && value->IsTrue();
}

/// Null where the list is none, or does not begin (or end) with an object.
const JsonValue* first_object(const JsonValue* list) {
  const bool usable = list != nullptr && list->IsArray() && !list->Empty();
  return usable && (*list)[0].IsObject() ? &(*list)[0] : nullptr;
}

const JsonValue* last_object(const JsonValue* list) {
  const bool usable = list != nullptr && list->IsArray() && !list->Empty();
  return usable && (*list)[list->Size() - 1].IsObject() ? &(*list)[list->Size() - 1] : nullptr;
}

/// Older answers wrap the error that matters: the last of its chain is the effective one.
ApiFailure error_in(const JsonValue& envelope) {
  ApiFailure failure{.kind = ApiFailure::Kind::refused};
  if (const JsonValue* const error = first_object(member(envelope, "errors"))) {
    const JsonValue* const inner = last_object(member(*error, "error_chain"));
    const JsonValue& effective = inner != nullptr ? *inner : *error;
    failure.code = int_member(effective, "code");
    failure.message = printable(text_member(effective, "message"), kLongestMessage);
  } else {
    failure.message = printable(text_member(envelope, "title"), kLongestMessage);  // RFC 9457
  }
  return failure;
}

/// Parses `body` and hands `result` of the envelope to `read`, which returns an ApiResult.
template <typename Read>
auto with_result(std::string_view body, Read read)
    -> decltype(read(std::declval<const JsonValue&>())) {
  const JsonDocument envelope = parse_json(body);
  if (!envelope.IsObject()) {
    return tl::unexpected(broken("an answer that is not JSON"));
  }
  const JsonValue* const success = member(envelope, "success");
  if (success == nullptr || !success->IsBool()) {
    return tl::unexpected(broken("JSON that is not Cloudflare's envelope"));
  }
  if (!success->GetBool()) {
    return tl::unexpected(error_in(envelope));
  }
  const JsonValue* const result = member(envelope, "result");
  if (result == nullptr) {
    return tl::unexpected(broken("an answer without a result"));
  }
  return read(*result);
}

ApiResult<RawRecord> to_record(const JsonValue& json) {
  if (!json.IsObject()) {
    return tl::unexpected(broken("a record that is not an object"));
  }
  RawRecord record{.id = text_member(json, "id"),
                   .name = text_member(json, "name"),
                   .type = text_member(json, "type"),
                   .content = text_member(json, "content"),
                   .ttl = std::max(int_member(json, "ttl"), 1),
                   .proxied = is_true(member(json, "proxied")),
                   .modified_on = parse_unix_time(text_member(json, "modified_on"))};
  if (!is_cloudflare_id(record.id) || record.name.empty() || record.content.empty()) {
    return tl::unexpected(broken("a record without id, name or content"));
  }
  return record;
}

ApiResult<Zone> to_zone(const JsonValue& json) {
  if (!json.IsObject()) {
    return tl::unexpected(broken("a zone that is not an object"));
  }
  Zone zone{.id = text_member(json, "id"),
            .name = text_member(json, "name"),
            .status = text_member(json, "status"),
            .type = text_member(json, "type")};
  if (!is_cloudflare_id(zone.id) || zone.name.empty()) {
    return tl::unexpected(broken("a zone without id or name"));
  }
  return zone;
}

template <typename Item>
ApiResult<std::vector<Item>> to_list(const JsonValue& json,
                                     ApiResult<Item> (*read)(const JsonValue&)) {
  if (!json.IsArray()) {
    return tl::unexpected(broken("a result that is not a list"));
  }
  std::vector<Item> items;
  for (const JsonValue& element : json.GetArray()) {
    auto item = read(element);
    if (!item) {
      return tl::unexpected(item.error());
    }
    items.push_back(*std::move(item));
  }
  return items;
}

}  // namespace

bool is_cloudflare_id(std::string_view text) {
  constexpr std::size_t kLongest = 32;
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), is_alphanumeric);
}

ApiResult<std::vector<Zone>> parse_zones(std::string_view body) {
  return with_result(body, [](const JsonValue& result) { return to_list<Zone>(result, to_zone); });
}

ApiResult<std::vector<RawRecord>> parse_records(std::string_view body) {
  return with_result(body,
                     [](const JsonValue& result) { return to_list<RawRecord>(result, to_record); });
}

ApiResult<RawRecord> parse_record(std::string_view body) {
  return with_result(body, to_record);
}

ApiFailure parse_error(std::string_view body) {
  const JsonDocument envelope = parse_json(body);
  if (!envelope.IsObject()) {
    return {.kind = ApiFailure::Kind::refused};
  }
  return error_in(envelope);
}

std::string write_content(const IpAddress& content, int ttl) {
  JsonBuffer text;
  LineWriter writer(text);
  writer.StartObject();
  writer.Key("content");
  writer.String(content.str().c_str());
  if (ttl > 0) {
    writer.Key("ttl");
    writer.Int(ttl);
  }
  writer.EndObject();
  return {text.GetString(), text.GetSize()};
}
