#include "value/probe_settings.h"

#include "value/text.h"

std::optional<ProbeTarget> parse_probe_target(std::string_view text) {
  constexpr std::string_view kTcp = "tcp:";
  if (text.starts_with(kTcp)) {
    const auto port = parse_number<std::uint16_t>(text.substr(kTcp.size()));
    return port && *port > 0 ? std::optional<ProbeTarget>(TcpTarget{*port}) : std::nullopt;
  }
  auto url = Url::parse(text);
  return url ? std::optional<ProbeTarget>(HttpTarget{*std::move(url)}) : std::nullopt;
}

std::string to_text(const ProbeTarget& target) {
  if (const auto* tcp = std::get_if<TcpTarget>(&target)) {
    return "tcp:" + std::to_string(tcp->port);
  }
  return std::get<HttpTarget>(target).url.str();
}
