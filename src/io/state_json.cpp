#include "io/state_json.h"

#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "value/fqdn.h"

namespace {

using Json = rapidjson::Value;
using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

constexpr int kVersion = 1;
constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

// --- Reading ---

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

std::optional<UnixTime> time_member(const Json& object, const char* name) {
  const auto text = text_member(object, name);
  return text ? parse_unix_time(*text) : std::nullopt;
}

std::optional<IpAddress> address_member(const Json& object, const char* name) {
  const auto text = text_member(object, name);
  return text ? IpAddress::parse(*text) : std::nullopt;
}

/// Nothing for what is no number, or is negative.
std::optional<std::int64_t> count_member(const Json& object, const char* name) {
  const Json* const value = member(object, name);
  const bool is_count = value != nullptr && value->IsInt64() && value->GetInt64() >= 0;
  return is_count ? std::optional(value->GetInt64()) : std::nullopt;
}

/// An object with the version that we write; null for anything else.
rapidjson::Document parse_state(std::string_view text) {
  rapidjson::Document json;
  json.Parse<kParseFlags>(text.data(), text.size());
  const bool whole = text.find('\0') == std::string_view::npos;  // RapidJSON's end of text.
  const bool is_object = whole && !json.HasParseError() && json.IsObject();
  if (!is_object || count_member(json, "version") != kVersion) {
    json.SetNull();
  }
  return json;
}

/// A member that may be missing, and must make sense if it is there.
template <typename T>
bool read_optional(const Json& object, const char* name, std::optional<T> (*read)(const Json&),
                   std::optional<T>& place) {
  const Json* const value = member(object, name);
  if (value == nullptr) {
    return true;
  }
  place = value->IsObject() ? read(*value) : std::nullopt;
  return place.has_value();
}

template <typename T>
bool read_list(const Json& object, const char* name, std::optional<T> (*read)(const Json&),
               std::vector<T>& list) {
  const Json* const values = member(object, name);
  if (values == nullptr) {
    return true;
  }
  if (!values->IsArray()) {
    return false;
  }
  for (const Json& value : values->GetArray()) {
    auto item = value.IsObject() ? read(value) : std::nullopt;
    if (!item) {
      return false;
    }
    list.push_back(*std::move(item));
  }
  return true;
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

std::optional<Pace> to_pace(const Json& json) {
  const auto last_run = time_member(json, "last_run");
  const auto interval = count_member(json, "interval_ms");
  return last_run && interval ? std::optional(Pace{*last_run, Milliseconds(*interval)})
                              : std::nullopt;
}

struct AddressTrack {
  IpAddress address;
  Track track;
};

std::optional<AddressTrack> to_track(const Json& json) {
  constexpr int kMostRuns = 1000;
  const auto address = address_member(json, "address");
  const auto counts_as = text_member(json, "counts_as");
  const auto since = time_member(json, "since");
  const auto against = count_member(json, "against");
  const bool known = counts_as == "accessible" || counts_as == "inaccessible";
  if (!address || !known || !since || !against || *against > kMostRuns) {
    return std::nullopt;
  }
  return AddressTrack{*address,
                      {.counts_as = counts_as == "accessible" ? Health::up : Health::down,
                       .since = *since,
                       .against = static_cast<int>(*against),
                       .up_since = time_member(json, "up_since")}};
}

std::optional<FormerAddress> to_former(const Json& json) {
  const auto address = address_member(json, "address");
  const auto lost = time_member(json, "lost");
  return address && lost ? std::optional(FormerAddress{*address, *lost}) : std::nullopt;
}

std::optional<Announcement> to_announcement(const Json& json) {
  const auto configured = text_member(json, "configured");
  const auto host = configured ? Host::parse(*configured) : std::nullopt;
  const auto address = address_member(json, "address");
  std::vector<FormerAddress> former;
  if (!host || !address || !read_list(json, "former", to_former, former)) {
    return std::nullopt;
  }
  return Announcement{*host, *address, std::move(former)};
}

std::optional<Hold> to_hold(const Json& json) {
  const auto until = time_member(json, "until");
  return until ? std::optional(Hold{*until, text_member(json, "why").value_or("")}) : std::nullopt;
}

// --- Writing ---

void write(Writer& writer, const char* name, const std::string& text) {
  writer.Key(name);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write(Writer& writer, const char* name, std::int64_t number) {
  writer.Key(name);
  writer.Int64(number);
}

template <typename Items, typename WriteMembers>
void write_list(Writer& writer, const char* name, const Items& items, WriteMembers write_members) {
  if (items.empty()) {
    return;
  }
  writer.Key(name);
  writer.StartArray();
  for (const auto& item : items) {
    writer.StartObject();
    write_members(item);
    writer.EndObject();
  }
  writer.EndArray();
}

void write_former(Writer& writer, const char* name, const std::vector<FormerAddress>& former) {
  write_list(writer, name, former, [&](const FormerAddress& address) {
    write(writer, "address", address.address.str());
    write(writer, "lost", to_text(address.lost));
  });
}

void write_history(Writer& writer, const std::map<IpAddress, Track>& history) {
  write_list(writer, "addresses", history, [&](const auto& entry) {
    const Track& track = entry.second;
    write(writer, "address", entry.first.str());
    write(writer, "counts_as", track.counts_as == Health::up ? "accessible" : "inaccessible");
    write(writer, "since", to_text(track.since));
    write(writer, "against", track.against);
    if (track.up_since) {
      write(writer, "up_since", to_text(*track.up_since));
    }
  });
}

/// The text of an object with the version and what `write_members` adds.
template <typename WriteMembers>
std::string state_text(WriteMembers write_members) {
  rapidjson::StringBuffer text;
  Writer writer(text);
  writer.StartObject();
  write(writer, "version", kVersion);
  write_members(writer);
  writer.EndObject();
  return std::string(text.GetString(), text.GetSize()) + "\n";
}

}  // namespace

std::optional<Seen> parse_seen(std::string_view text) {
  const rapidjson::Document json = parse_state(text);
  Seen seen;
  std::vector<AddressTrack> tracks;
  const bool good = json.IsObject() && read_optional(json, "zone", to_zone, seen.zone) &&
                    read_optional(json, "runs", to_pace, seen.pace) &&
                    read_list(json, "addresses", to_track, tracks) &&
                    read_list(json, "gone", to_former, seen.gone);
  if (!good) {
    return std::nullopt;
  }
  for (AddressTrack& entry : tracks) {
    seen.history.insert_or_assign(entry.address, entry.track);
  }
  return seen;
}

std::optional<Said> parse_said(std::string_view text) {
  const rapidjson::Document json = parse_state(text);
  Said said;
  const bool good = json.IsObject() && read_optional(json, "hold", to_hold, said.hold) &&
                    read_list(json, "backups", to_announcement, said.backups);
  return good ? std::optional(std::move(said)) : std::nullopt;
}

std::string to_json(const Seen& seen) {
  return state_text([&](Writer& writer) {
    if (seen.zone) {
      writer.Key("zone");
      writer.StartObject();
      write(writer, "api", seen.zone->api);
      write(writer, "id", seen.zone->zone.id);
      write(writer, "name", seen.zone->zone.name);
      writer.EndObject();
    }
    if (seen.pace) {
      writer.Key("runs");
      writer.StartObject();
      write(writer, "last_run", to_text(seen.pace->last_run));
      write(writer, "interval_ms", seen.pace->interval.count());
      writer.EndObject();
    }
    write_history(writer, seen.history);
    write_former(writer, "gone", seen.gone);
  });
}

std::string to_json(const Said& said) {
  return state_text([&](Writer& writer) {
    if (said.hold) {
      writer.Key("hold");
      writer.StartObject();
      write(writer, "until", to_text(said.hold->until));
      write(writer, "why", said.hold->why);
      writer.EndObject();
    }
    write_list(writer, "backups", said.backups, [&](const Announcement& announcement) {
      write(writer, "configured", announcement.configured.str());
      write(writer, "address", announcement.address.str());
      write_former(writer, "former", announcement.former);
    });
  });
}
