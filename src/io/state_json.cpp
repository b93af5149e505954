#include "io/state_json.h"

#include <array>

#include "io/json_library.h"
#include "value/fqdn.h"
#include "value/text.h"

namespace {

constexpr int kVersion = 1;

// --- What is one of a few, by its word ---

constexpr std::array kServed{Served::main, Served::backup, Served::other, Served::nobody,
                             Served::unknown};
constexpr std::array kBy{By::run, By::hook, By::hand};
constexpr std::array kChange{PastChange::Kind::failover, PastChange::Kind::failback,
                             PastChange::Kind::switched};
constexpr std::array kTone{StepLine::Tone::plain, StepLine::Tone::good, StepLine::Tone::bad,
                           StepLine::Tone::doubtful};

// --- Reading ---

const JsonValue* member(const JsonValue& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::optional<std::string> text_member(const JsonValue& object, const char* name) {
  const JsonValue* const value = member(object, name);
  if (value == nullptr || !value->IsString()) {
    return std::nullopt;
  }
  std::string text(value->GetString(), value->GetStringLength());
  return is_utf8(text) ? std::optional(std::move(text)) : std::nullopt;  // "\\udc00" is no text.
}

std::optional<UnixTime> time_member(const JsonValue& object, const char* name) {
  const auto text = text_member(object, name);
  return text ? parse_unix_time(*text) : std::nullopt;
}

std::optional<IpAddress> address_member(const JsonValue& object, const char* name) {
  const auto text = text_member(object, name);
  return text ? IpAddress::parse(*text) : std::nullopt;
}

template <typename T, std::size_t N>
std::optional<T> one_of(const std::array<T, N>& values, const JsonValue& object, const char* name) {
  const auto text = text_member(object, name);
  for (const T value : values) {
    if (text == to_text(value)) {
      return value;
    }
  }
  return std::nullopt;
}

/// Nothing for what is no number, is negative, or so large that counting on would overflow.
std::optional<std::int64_t> count_member(const JsonValue& object, const char* name) {
  constexpr std::int64_t kMost = 1'000'000'000'000'000;
  const JsonValue* const value = member(object, name);
  const bool is_count =
      value != nullptr && value->IsInt64() && value->GetInt64() >= 0 && value->GetInt64() <= kMost;
  return is_count ? std::optional(value->GetInt64()) : std::nullopt;
}

/// An object with the version that we write; null for anything else.
JsonDocument parse_state(std::string_view text) {
  JsonDocument json = parse_json(text);
  if (json.IsObject() && count_member(json, "version") != kVersion) {
    json.SetNull();
  }
  return json;
}

/// A member that may be missing, and must make sense if it is there.
template <typename T>
bool read_optional(const JsonValue& object, const char* name,
                   std::optional<T> (*read)(const JsonValue&), std::optional<T>& place) {
  const JsonValue* const value = member(object, name);
  if (value == nullptr) {
    return true;
  }
  place = value->IsObject() ? read(*value) : std::nullopt;
  return place.has_value();
}

template <typename T>
bool read_list(const JsonValue& object, const char* name,
               std::optional<T> (*read)(const JsonValue&), std::vector<T>& list) {
  const JsonValue* const values = member(object, name);
  if (values == nullptr) {
    return true;
  }
  if (!values->IsArray()) {
    return false;
  }
  for (const JsonValue& value : values->GetArray()) {
    auto item = value.IsObject() ? read(value) : std::nullopt;
    if (!item) {
      return false;
    }
    list.push_back(*std::move(item));
  }
  return true;
}

std::optional<Seen::CachedZone> to_zone(const JsonValue& json) {
  const auto api = text_member(json, "api");
  const auto id = text_member(json, "id");
  const auto name = text_member(json, "name");
  if (!api || !id || !name || !is_cloudflare_id(*id) || !Fqdn::parse(*name)) {
    return std::nullopt;
  }
  return Seen::CachedZone{*api, Zone{.id = *id, .name = *name}};
}

std::optional<Pace> to_pace(const JsonValue& json) {
  const auto last_run = time_member(json, "last_run");
  const auto interval = count_member(json, "interval_ms");
  return last_run && interval ? std::optional(Pace{*last_run, Milliseconds(*interval)})
                              : std::nullopt;
}

struct AddressTrack {
  IpAddress address;
  Track track;
};

std::optional<AddressTrack> to_track(const JsonValue& json) {
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

std::optional<FormerAddress> to_former(const JsonValue& json) {
  const auto address = address_member(json, "address");
  const auto lost = time_member(json, "lost");
  return address && lost ? std::optional(FormerAddress{*address, *lost}) : std::nullopt;
}

std::optional<Announcement> to_announcement(const JsonValue& json) {
  const auto configured = text_member(json, "configured");
  const auto host = configured ? Host::parse(*configured) : std::nullopt;
  const auto address = address_member(json, "address");
  std::vector<FormerAddress> former;
  if (!host || !address || !read_list(json, "former", to_former, former)) {
    return std::nullopt;
  }
  return Announcement{*host, *address, std::move(former)};
}

std::optional<Hold> to_hold(const JsonValue& json) {
  const auto until = time_member(json, "until");
  return until ? std::optional(Hold{*until, text_member(json, "why").value_or("")}) : std::nullopt;
}

std::optional<StepLine> to_line(const JsonValue& json) {
  const auto text = text_member(json, "text");
  const auto tone = one_of(kTone, json, "tone");
  if (!text || !tone) {
    return std::nullopt;
  }
  return StepLine{text_member(json, "step").value_or(""), *text, *tone};
}

std::optional<PastChange> to_change(const JsonValue& json) {
  const auto kind = one_of(kChange, json, "action");
  const auto from = address_member(json, "from");
  const auto to = address_member(json, "to");
  const JsonValue* const written = member(json, "written");
  if (!kind || !from || !to || written == nullptr || !(written->IsBool() || written->IsNull())) {
    return std::nullopt;
  }
  return PastChange{.kind = *kind,
                    .from = *from,
                    .to = *to,
                    .written = written->IsBool() ? std::optional(written->GetBool()) : std::nullopt,
                    .reason = text_member(json, "reason").value_or("")};
}

std::optional<PastRun> to_past_run(const JsonValue& json) {
  constexpr int kLargestStatus = 255;
  const auto time = time_member(json, "time");
  const auto by = one_of(kBy, json, "by");
  const auto served = one_of(kServed, json, "served");
  const auto status = count_member(json, "exit");
  if (!time || !by || !served || !status || *status > kLargestStatus) {
    return std::nullopt;
  }
  PastRun run{.time = *time,
              .host = text_member(json, "host").value_or(""),
              .by = *by,
              .served = *served,
              .origin = address_member(json, "origin"),
              .status = static_cast<int>(*status),
              .trouble = text_member(json, "error").value_or(""),
              .unwatched_since = time_member(json, "unwatched_since"),
              .likeness = text_member(json, "likeness").value_or("")};
  const bool good = read_optional(json, "change", to_change, run.change) &&
                    read_list(json, "lines", to_line, run.lines);
  return good ? std::optional(std::move(run)) : std::nullopt;
}

std::optional<Counters> to_counters(const JsonValue& json) {
  const auto failures = count_member(json, "failures_in_a_row");
  if (!failures) {
    return std::nullopt;
  }
  Counters counters{.failures_in_a_row = *failures,
                    .last_success = time_member(json, "last_success"),
                    .last_change = time_member(json, "last_change")};
  for (const PastChange::Kind kind : kChange) {
    if (const auto count = count_member(json, std::string(to_text(kind)).c_str())) {
      counters.changes[kind] = *count;
    }
  }
  return counters;
}

struct EventTime {
  Event event;
  UnixTime time;
};

std::optional<EventTime> to_event_time(const JsonValue& json) {
  const auto name = text_member(json, "event");
  const auto event = name ? parse_event(*name) : std::nullopt;
  const auto time = time_member(json, "time");
  return event && time ? std::optional(EventTime{*event, *time}) : std::nullopt;
}

std::optional<Trouble> to_trouble(const JsonValue& json) {
  const auto since = time_member(json, "since");
  std::vector<EventTime> told;
  if (!since || !read_list(json, "told", to_event_time, told)) {
    return std::nullopt;
  }
  Trouble trouble{*since, {}};
  for (const EventTime& entry : told) {
    trouble.told.insert_or_assign(entry.event, entry.time);
  }
  return trouble;
}

struct AddressTime {
  IpAddress address;
  UnixTime time;
};

std::optional<AddressTime> to_address_time(const JsonValue& json) {
  const auto address = address_member(json, "address");
  const auto since = time_member(json, "since");
  return address && since ? std::optional(AddressTime{*address, *since}) : std::nullopt;
}

std::optional<BegunChange> to_begun_change(const JsonValue& json) {
  std::optional<PastRun> run;
  const auto sentence = text_member(json, "sentence");
  const auto report = text_member(json, "report");
  const auto name = text_member(json, "event");
  const auto event = name ? parse_event(*name) : std::nullopt;
  const bool good = read_optional(json, "run", to_past_run, run) && run && run->change && event &&
                    sentence && report;
  return good ? std::optional(BegunChange{*std::move(run), *event, *sentence, *report})
              : std::nullopt;
}

// --- Writing ---

template <typename Writer>
void write_unless_empty(Writer& writer, const char* name, const std::string& text) {
  if (!text.empty()) {
    member(writer, name, text);
  }
}

template <typename Writer, typename Items, typename WriteMembers>
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

void write_former(PrettyWriter& writer, const char* name,
                  const std::vector<FormerAddress>& former) {
  write_list(writer, name, former, [&](const FormerAddress& address) {
    member(writer, "address", address.address.str());
    member(writer, "lost", to_text(address.lost));
  });
}

void write_tracks(PrettyWriter& writer, const std::map<IpAddress, Track>& tracks) {
  write_list(writer, "addresses", tracks, [&](const auto& entry) {
    const Track& track = entry.second;
    member(writer, "address", entry.first.str());
    member(writer, "counts_as", track.counts_as == Health::up ? "accessible" : "inaccessible");
    member(writer, "since", to_text(track.since));
    member(writer, "against", track.against);
    if (track.up_since) {
      member(writer, "up_since", to_text(*track.up_since));
    }
  });
}

void write_counters(PrettyWriter& writer, const Counters& counters) {
  writer.Key("counters");
  writer.StartObject();
  for (const auto& [kind, count] : counters.changes) {
    member(writer, std::string(to_text(kind)).c_str(), count);
  }
  member(writer, "failures_in_a_row", counters.failures_in_a_row);
  if (counters.last_success) {
    member(writer, "last_success", to_text(*counters.last_success));
  }
  if (counters.last_change) {
    member(writer, "last_change", to_text(*counters.last_change));
  }
  writer.EndObject();
}

template <typename Writer>
void write_change(Writer& writer, const PastChange& change) {
  writer.Key("change");
  writer.StartObject();
  member(writer, "action", to_text(change.kind));
  member(writer, "from", change.from.str());
  member(writer, "to", change.to.str());
  member(writer, "written", change.written);
  member(writer, "reason", change.reason);
  writer.EndObject();
}

template <typename Writer>
void write_past_run(Writer& writer, const PastRun& run) {
  writer.StartObject();
  member(writer, "time", to_text(run.time));
  member(writer, "host", run.host);
  member(writer, "by", to_text(run.by));
  member(writer, "served", to_text(run.served));
  if (run.origin) {
    member(writer, "origin", run.origin->str());
  }
  member(writer, "exit", run.status);
  write_unless_empty(writer, "error", run.trouble);
  if (run.unwatched_since) {
    member(writer, "unwatched_since", to_text(*run.unwatched_since));
  }
  if (run.change) {
    write_change(writer, *run.change);
  }
  write_list(writer, "lines", run.lines, [&](const StepLine& line) {
    write_unless_empty(writer, "step", line.number);
    member(writer, "text", line.text);
    member(writer, "tone", to_text(line.tone));
  });
  member(writer, "likeness", run.likeness);
  writer.EndObject();
}

void write_told(PrettyWriter& writer, const Told& told) {
  if (told.trouble) {
    writer.Key("trouble");
    writer.StartObject();
    member(writer, "since", to_text(told.trouble->since));
    write_list(writer, "told", told.trouble->told, [&](const auto& entry) {
      member(writer, "event", to_text(entry.first));
      member(writer, "time", to_text(entry.second));
    });
    writer.EndObject();
  }
  write_list(writer, "dead_standbys", told.dead_standbys, [&](const auto& entry) {
    member(writer, "address", entry.first.str());
    member(writer, "since", to_text(entry.second));
  });
}

/// The text of an object with the version and what `write_members` adds.
template <typename WriteMembers>
std::string state_text(WriteMembers write_members) {
  const std::string text = json_object<PrettyWriter>([&](PrettyWriter& writer) {
    member(writer, "version", kVersion);
    write_members(writer);
  });
  return text + "\n";
}

}  // namespace

std::optional<Seen> parse_seen(std::string_view text) {
  const JsonDocument json = parse_state(text);
  Seen seen;
  std::vector<AddressTrack> tracks;
  std::optional<Counters> counters;
  std::vector<AddressTime> dead_standbys;
  const bool good = json.IsObject() && read_optional(json, "zone", to_zone, seen.zone) &&
                    read_optional(json, "runs", to_pace, seen.pace) &&
                    read_list(json, "addresses", to_track, tracks) &&
                    read_list(json, "gone", to_former, seen.gone) &&
                    read_optional(json, "last", to_past_run, seen.last) &&
                    read_optional(json, "counters", to_counters, counters) &&
                    read_optional(json, "trouble", to_trouble, seen.told.trouble) &&
                    read_list(json, "dead_standbys", to_address_time, dead_standbys) &&
                    read_optional(json, "begun", to_begun_change, seen.begun);
  if (!good) {
    return std::nullopt;
  }
  seen.counters = counters.value_or(Counters{});
  for (AddressTrack& entry : tracks) {
    seen.tracks.insert_or_assign(entry.address, entry.track);
  }
  for (const AddressTime& entry : dead_standbys) {
    seen.told.dead_standbys.insert_or_assign(entry.address, entry.time);
  }
  return seen;
}

std::optional<Said> parse_said(std::string_view text) {
  const JsonDocument json = parse_state(text);
  Said said;
  const bool good = json.IsObject() && read_optional(json, "hold", to_hold, said.hold) &&
                    read_list(json, "backups", to_announcement, said.backups);
  return good ? std::optional(std::move(said)) : std::nullopt;
}

std::optional<PastRun> parse_past_run(std::string_view text) {
  const JsonDocument json = parse_json(text);
  return json.IsObject() ? to_past_run(json) : std::nullopt;
}

std::string to_json(const Seen& seen) {
  return state_text([&](PrettyWriter& writer) {
    if (seen.zone) {
      writer.Key("zone");
      writer.StartObject();
      member(writer, "api", seen.zone->api);
      member(writer, "id", seen.zone->zone.id);
      member(writer, "name", seen.zone->zone.name);
      writer.EndObject();
    }
    if (seen.pace) {
      writer.Key("runs");
      writer.StartObject();
      member(writer, "last_run", to_text(seen.pace->last_run));
      member(writer, "interval_ms", seen.pace->interval.count());
      writer.EndObject();
    }
    write_tracks(writer, seen.tracks);
    write_former(writer, "gone", seen.gone);
    if (seen.counters != Counters{}) {
      write_counters(writer, seen.counters);
    }
    write_told(writer, seen.told);
    if (seen.begun) {
      writer.Key("begun");
      writer.StartObject();
      member(writer, "event", to_text(seen.begun->event));
      member(writer, "sentence", seen.begun->sentence);
      member(writer, "report", seen.begun->report);
      writer.Key("run");
      write_past_run(writer, seen.begun->run);
      writer.EndObject();
    }
    if (seen.last) {
      writer.Key("last");
      write_past_run(writer, *seen.last);
    }
  });
}

std::string to_json(const Said& said) {
  return state_text([&](PrettyWriter& writer) {
    if (said.hold) {
      writer.Key("hold");
      writer.StartObject();
      member(writer, "until", to_text(said.hold->until));
      member(writer, "why", said.hold->why);
      writer.EndObject();
    }
    write_list(writer, "backups", said.backups, [&](const Announcement& announcement) {
      member(writer, "configured", announcement.configured.str());
      member(writer, "address", announcement.address.str());
      write_former(writer, "former", announcement.former);
    });
  });
}

std::string to_json(const PastRun& run) {
  JsonBuffer text;
  LineWriter writer(text);
  write_past_run(writer, run);
  return std::string(text.GetString(), text.GetSize()) + "\n";
}
