#include <algorithm>

#include "io/json_library.h"
#include "io/outbox.h"
#include "value/text.h"

namespace {

using Writer = LineWriter;

constexpr int kVersion = 1;
constexpr int kMostFailures = 10000;
constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

/// Empty where there is none, or no text.
std::string text_member(const JsonValue& object, const char* name) {
  const auto found = object.FindMember(name);
  return found != object.MemberEnd() && found->value.IsString()
             ? as_utf8({found->value.GetString(), found->value.GetStringLength()})
             : std::string();
}

std::optional<int> count_member(const JsonValue& object, const char* name) {
  const auto found = object.FindMember(name);
  const bool is_count =
      found != object.MemberEnd() && found->value.IsInt() && found->value.GetInt() >= 0;
  return is_count ? std::optional(found->value.GetInt()) : std::nullopt;
}

bool is_object(const std::string& text) {
  JsonDocument json;
  json.Parse<kParseFlags>(text.data(), text.size());
  return text.find('\0') == std::string::npos && !json.HasParseError() && json.IsObject() &&
         text.starts_with('{') && text.ends_with('}');
}

void member(Writer& writer, const char* name, std::string_view text) {
  writer.Key(name);
  const std::string good = as_utf8(text);
  writer.String(good.data(), static_cast<rapidjson::SizeType>(good.size()));
}

}  // namespace

std::optional<Letter> parse_letter(std::string_view text) {
  JsonDocument json;
  json.Parse<kParseFlags>(text.data(), text.size());
  const bool whole = text.find('\0') == std::string_view::npos;  // RapidJSON's end of text.
  if (!whole || json.HasParseError() || !json.IsObject() ||
      count_member(json, "version") != kVersion) {
    return std::nullopt;
  }
  const auto event = parse_event(text_member(json, "event"));
  const auto time = parse_unix_time(text_member(json, "time"));
  const auto next_try = parse_unix_time(text_member(json, "next_try"));
  const auto failures = count_member(json, "failures");
  Letter letter{.channel = text_member(json, "channel"),
                .notice = {.id = text_member(json, "id"),
                           .event = event.value_or(Event::unknown),
                           .time = time.value_or(UnixTime()),
                           .record = text_member(json, "record"),
                           .sentence = text_member(json, "sentence"),
                           .from = text_member(json, "from"),
                           .to = text_member(json, "to"),
                           .reason = text_member(json, "reason"),
                           .host = text_member(json, "host"),
                           .since = parse_unix_time(text_member(json, "since")),
                           .json = text_member(json, "report")},
                .failures = std::min(failures.value_or(0), kMostFailures),
                .next_try = next_try.value_or(UnixTime())};
  const bool good = event && time && next_try && failures && !letter.channel.empty() &&
                    !letter.notice.id.empty() && !letter.notice.sentence.empty() &&
                    (letter.notice.json.empty() || is_object(letter.notice.json));
  return good ? std::optional(std::move(letter)) : std::nullopt;
}

std::string to_json(const Letter& letter) {
  const Notice& notice = letter.notice;
  JsonBuffer text;
  Writer writer(text);
  writer.StartObject();
  writer.Key("version");
  writer.Int(kVersion);
  member(writer, "channel", letter.channel);
  member(writer, "id", notice.id);
  member(writer, "event", to_text(notice.event));
  member(writer, "time", to_text(notice.time));
  member(writer, "record", notice.record);
  member(writer, "sentence", notice.sentence);
  member(writer, "from", notice.from);
  member(writer, "to", notice.to);
  member(writer, "reason", notice.reason);
  member(writer, "host", notice.host);
  if (notice.since) {
    member(writer, "since", to_text(*notice.since));
  }
  member(writer, "report", notice.json);
  writer.Key("failures");
  writer.Int(letter.failures);
  member(writer, "next_try", to_text(letter.next_try));
  writer.EndObject();
  return std::string(text.GetString(), text.GetSize()) + "\n";
}
