#include "io/seen_json.h"

#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "value/fqdn.h"

namespace {

using Json = rapidjson::Value;

constexpr int kVersion = 1;
constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

const Json* member(const Json& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::optional<std::string> text_member(const Json& object, const char* name) {
  const Json* const value = member(object, name);
  if (value == nullptr || !value->IsString()) {
    return std::nullopt;
  }
  return std::string(value->GetString(), value->GetStringLength());
}

std::optional<Seen::CachedZone> to_zone(const Json& json) {
  const auto api = text_member(json, "api");
  const auto id = text_member(json, "id");
  const auto name = text_member(json, "name");
  if (!api || !id || !name || !is_cloudflare_id(*id) || !Fqdn::parse(*name)) {
    return std::nullopt;
  }
  return Seen::CachedZone{*api, Zone{.id = *id, .name = *name}};
}

}  // namespace

std::optional<Seen> parse_seen(std::string_view text) {
  rapidjson::Document json;
  json.Parse<kParseFlags>(text.data(), text.size());
  const bool whole = text.find('\0') == std::string_view::npos;  // RapidJSON's end of text.
  if (!whole || json.HasParseError() || !json.IsObject()) {
    return std::nullopt;
  }
  const auto version = json.FindMember("version");
  const bool is_ours =
      version != json.MemberEnd() && version->value.IsInt() && version->value.GetInt() == kVersion;
  if (!is_ours) {
    return std::nullopt;
  }
  Seen seen;
  const auto zone = json.FindMember("zone");
  if (zone != json.MemberEnd()) {
    seen.zone = zone->value.IsObject() ? to_zone(zone->value) : std::nullopt;
    if (!seen.zone) {
      return std::nullopt;
    }
  }
  return seen;
}

std::string to_json(const Seen& seen) {
  rapidjson::StringBuffer text;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(text);
  writer.StartObject();
  writer.Key("version");
  writer.Int(kVersion);
  if (seen.zone) {
    writer.Key("zone");
    writer.StartObject();
    writer.Key("api");
    writer.String(seen.zone->api.c_str());
    writer.Key("id");
    writer.String(seen.zone->zone.id.c_str());
    writer.Key("name");
    writer.String(seen.zone->zone.name.c_str());
    writer.EndObject();
  }
  writer.EndObject();
  return std::string(text.GetString(), text.GetSize()) + "\n";
}
