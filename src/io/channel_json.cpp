#include "io/channel_json.h"

#include "io/json_library.h"

namespace {

using Writer = LineWriter;

/// Slack takes these three for markup: https://docs.slack.dev/messaging/formatting-message-text
std::string escaped_for_slack(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  }
  return escaped;
}

}  // namespace

std::string slack_body(const Message& message) {
  return json_object(
      [&](Writer& writer) { member(writer, "text", escaped_for_slack(message.text)); });
}

std::string telegram_body(const Message& message, const std::string& chat) {
  return json_object([&](Writer& writer) {
    member(writer, "chat_id", chat);
    member(writer, "text", message.text);
    writer.Key("link_preview_options");
    writer.StartObject();
    member(writer, "is_disabled", true);
    writer.EndObject();
  });
}

std::string pushbullet_body(const Message& message, const std::string& device) {
  return json_object([&](Writer& writer) {
    member(writer, "type", "note");
    member(writer, "title", message.subject);
    member(writer, "body", message.text);
    member(writer, "guid", message.notice.id);  // Their own way to know a push again.
    if (!device.empty()) {
      member(writer, "device_iden", device);
    }
  });
}

std::string webhook_body(const Message& message) {
  const Notice& notice = message.notice;
  std::string body = json_object([&](Writer& writer) {
    member(writer, "event", to_text(notice.event));
    member(writer, "id", notice.id);
    member(writer, "sentence", message.subject);
    member(writer, "host", notice.host);
  });
  if (notice.json.size() > 2) {  // Not just "{}".
    body.back() = ',';
    body += notice.json.substr(1);
  }
  return body;
}
