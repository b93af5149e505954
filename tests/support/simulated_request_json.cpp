#include "simulated_request_json.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace simulated {
namespace {

using rapidjson::Value;

tl::unexpected<ApiError> wrong_member(const std::string& name) {
  return dns_error(400, 9207, "Invalid value for " + name + ".");
}

const Value* member(const Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::string text_of(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

std::string json_of(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> out{buffer};
  value.Accept(out);
  return buffer.GetString();
}

bool read(const Value& value, std::optional<std::string>& into) {
  into = value.IsString() ? std::optional{text_of(value)} : std::nullopt;
  return into.has_value();
}

bool read(const Value& value, std::optional<bool>& into) {
  into = value.IsBool() ? std::optional{value.GetBool()} : std::nullopt;
  return into.has_value();
}

bool read(const Value& value, std::optional<int>& into) {
  into = value.IsInt() ? std::optional{value.GetInt()} : std::nullopt;
  return into.has_value();
}

bool read(const Value& value, std::optional<std::vector<std::string>>& into) {
  if (!value.IsArray()) {
    return false;
  }
  into.emplace();
  for (const Value& item : value.GetArray()) {
    if (!item.IsString()) {
      return false;
    }
    into->push_back(text_of(item));
  }
  return true;
}

bool read(const Value& value, std::optional<std::map<std::string, bool>>& into) {
  if (!value.IsObject()) {
    return false;
  }
  into.emplace();
  for (const auto& setting : value.GetObject()) {
    if (setting.value.IsBool()) {
      into->insert_or_assign(text_of(setting.name), setting.value.GetBool());
    }
  }
  return true;
}

// Reads a member if it is there; false if it has the wrong type.
template <typename T>
bool read_member(const Value& object, const char* name, std::optional<T>& into) {
  const Value* const value = member(object, name);
  return value == nullptr || read(*value, into);
}

ApiResult<std::optional<int>> read_ttl(const Value& object) {
  const Value* const value = member(object, "ttl");
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->IsString()) {
    return dns_error(400, 9022, "TTL must be a number, not a string.");
  }
  if (!value->IsNumber()) {
    return wrong_member("ttl");
  }
  constexpr int kRefused = -1;
  return value->IsInt() ? value->GetInt() : kRefused;
}

bool read_comment(const Value& object, std::optional<std::string>& into) {
  const Value* const value = member(object, "comment");
  if (value != nullptr && value->IsNull()) {
    into = "";
    return true;
  }
  return value == nullptr || read(*value, into);
}

// The name of the first member of the wrong type, or nothing.
std::optional<std::string> read_members(const Value& object, RecordChange& change) {
  const std::pair<const char*, bool> members[] = {
      {"id", read_member(object, "id", change.id)},
      {"name", read_member(object, "name", change.name)},
      {"type", read_member(object, "type", change.type)},
      {"content", read_member(object, "content", change.content)},
      {"proxied", read_member(object, "proxied", change.proxied)},
      {"comment", read_comment(object, change.comment)},
      {"tags", read_member(object, "tags", change.tags)},
      {"settings", read_member(object, "settings", change.settings)},
      {"private_routing", read_member(object, "private_routing", change.private_routing)},
      {"priority", read_member(object, "priority", change.priority)}};
  for (const auto& [name, fine] : members) {
    if (!fine) {
      return name;
    }
  }
  if (const Value* const data = member(object, "data"); data != nullptr && data->IsObject()) {
    change.data = json_of(*data);
  }
  return std::nullopt;
}

ApiResult<RecordChange> change_of(const Value& value) {
  if (!value.IsObject()) {
    return wrong_member("the record");
  }
  RecordChange change;
  const auto ttl = read_ttl(value);
  if (!ttl) {
    return tl::unexpected{ttl.error()};
  }
  change.ttl = *ttl;
  if (const auto wrong = read_members(value, change)) {
    return wrong_member(*wrong);
  }
  return change;
}

ApiResult<rapidjson::Document> parse(std::string_view body) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  rapidjson::Document document;
  document.Parse<kFlags>(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject()) {
    return dns_error(400, 6007, "Malformed JSON in request body");
  }
  return document;
}

ApiResult<std::vector<RecordChange>> changes_of(const Value& batch, const char* name) {
  std::vector<RecordChange> changes;
  const Value* const list = member(batch, name);
  if (list == nullptr || list->IsNull()) {
    return changes;
  }
  if (!list->IsArray()) {
    return wrong_member(name);
  }
  for (const Value& item : list->GetArray()) {
    auto change = change_of(item);
    if (!change) {
      return tl::unexpected{std::move(change).error()};
    }
    changes.push_back(*std::move(change));
  }
  return changes;
}

// Other members than the id do not matter to a deletion; without one it finds no record.
std::vector<std::string> ids_of(const Value& batch, const char* name) {
  std::vector<std::string> ids;
  const Value* const list = member(batch, name);
  if (list == nullptr || !list->IsArray()) {
    return ids;
  }
  for (const Value& item : list->GetArray()) {
    const Value* const id = item.IsObject() ? member(item, "id") : nullptr;
    ids.push_back(id != nullptr && id->IsString() ? text_of(*id) : "");
  }
  return ids;
}

}  // namespace

ApiResult<RecordChange> read_change(std::string_view body) {
  return parse(body).and_then(
      [](const rapidjson::Document& document) { return change_of(document); });
}

ApiResult<Batch> read_batch(std::string_view body) {
  const auto document = parse(body);
  if (!document) {
    return tl::unexpected{document.error()};
  }
  auto patches = changes_of(*document, "patches");
  auto puts = changes_of(*document, "puts");
  auto posts = changes_of(*document, "posts");
  for (const auto* const list : {&patches, &puts, &posts}) {
    if (!*list) {
      return tl::unexpected{list->error()};
    }
  }
  return Batch{.deletes = ids_of(*document, "deletes"),
               .patches = *std::move(patches),
               .puts = *std::move(puts),
               .posts = *std::move(posts)};
}

}  // namespace simulated
