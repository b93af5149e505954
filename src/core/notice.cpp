#include "core/notice.h"

#include <algorithm>
#include <array>
#include <utility>

namespace {

constexpr std::array<std::pair<Event, std::string_view>, 10> kNames{{
    {Event::failover, "failover"},
    {Event::failback, "failback"},
    {Event::cannot_fail_over, "cannot-fail-over"},
    {Event::refused, "refused"},
    {Event::unconfirmed, "unconfirmed"},
    {Event::conflict, "conflict"},
    {Event::standby_down, "standby-down"},
    {Event::standby_up, "standby-up"},
    {Event::unknown, "unknown"},
    {Event::recovered, "recovered"},
}};

}  // namespace

std::string_view to_text(Event event) {
  for (const auto& [known, name] : kNames) {
    if (known == event) {
      return name;
    }
  }
  return {};
}

std::optional<Event> parse_event(std::string_view text) {
  for (const auto& [event, name] : kNames) {
    if (name == text) {
      return event;
    }
  }
  return std::nullopt;
}

Milliseconds pause_after(int failures) {
  constexpr int kDoublings = 6;
  constexpr Milliseconds kLongest = std::chrono::hours(1);
  const Milliseconds pause =
      std::chrono::minutes(1) * (1 << std::clamp(failures - 1, 0, kDoublings));
  return std::min(pause, kLongest);
}
