#include <algorithm>

#include "io/json_library.h"
#include "io/outbox.h"
#include "value/text.h"

namespace {

constexpr int kVersion = 1;
constexpr int kMostFailures = 10000;

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
  return parse_json(text).IsObject() && text.starts_with('{') && text.ends_with('}');
}

}  // namespace

std::optional<Letter> parse_letter(std::string_view text) {
  const JsonDocument json = parse_json(text);
  if (!json.IsObject() || count_member(json, "version") != kVersion) {
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
  const std::string text = json_object([&](LineWriter& writer) {
    member(writer, "version", kVersion);
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
    member(writer, "failures", letter.failures);
    member(writer, "next_try", to_text(letter.next_try));
  });
  return text + "\n";
}
