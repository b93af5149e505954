#include "simulated_rate_limit.h"

#include <algorithm>

namespace simulated {
namespace {

constexpr std::chrono::seconds kWindow{300};

}  // namespace

bool RateLimit::admit(Time now) {
  if (now - window_start_ >= kWindow) {
    window_start_ = now;
    used_ = 0;
  }
  ++used_;
  return used_ <= quota_;
}

std::chrono::seconds RateLimit::reset_in(Time now) const {
  const auto left = std::chrono::ceil<std::chrono::seconds>(window_start_ + kWindow - now);
  return std::clamp(left, std::chrono::seconds{0}, kWindow);
}

std::string RateLimit::ratelimit(Time now) const {
  return "\"default\";r=" + std::to_string(quota_ - std::min(used_, quota_)) +
         ";t=" + std::to_string(reset_in(now).count());
}

std::string RateLimit::policy() const {
  return "\"default\";q=" + std::to_string(quota_) + ";w=" + std::to_string(kWindow.count());
}

}  // namespace simulated
