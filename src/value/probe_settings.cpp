#include "value/probe_settings.h"

#include "value/shell_words.h"
#include "value/text.h"

namespace {

constexpr std::string_view kTcp = "tcp:";
constexpr std::string_view kIcmp = "icmp";
constexpr std::string_view kExec = "exec:";

std::optional<ProbeTarget> parse_tcp(std::string_view text) {
  const auto port = parse_number<std::uint16_t>(text);
  return port && *port > 0 ? std::optional<ProbeTarget>(TcpTarget{*port}) : std::nullopt;
}

std::optional<ProbeTarget> parse_exec(std::string_view text) {
  auto words = split_words(text);
  if (!words || words->empty() || words->front().empty()) {
    return std::nullopt;
  }
  return ExecTarget{*std::move(words), std::string(text)};
}

}  // namespace

std::optional<ProbeTarget> parse_probe_target(std::string_view text) {
  if (text.starts_with(kTcp)) {
    return parse_tcp(text.substr(kTcp.size()));
  }
  if (text == kIcmp) {
    return IcmpTarget{};
  }
  if (text.starts_with(kExec)) {
    return parse_exec(text.substr(kExec.size()));
  }
  auto url = Url::parse(text);
  return url ? std::optional<ProbeTarget>(HttpTarget{*std::move(url)}) : std::nullopt;
}

namespace {

std::string text_of(const HttpTarget& target) {
  return target.url.str();
}
std::string text_of(const TcpTarget& target) {
  return std::string(kTcp) + std::to_string(target.port);
}
std::string text_of(const IcmpTarget&) {
  return std::string(kIcmp);
}
std::string text_of(const ExecTarget& target) {
  return std::string(kExec) + target.text;
}

}  // namespace

std::string to_text(const ProbeTarget& target) {
  return std::visit([](const auto& kind) { return text_of(kind); }, target);
}
