#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "simulated_zone.h"

namespace simulated {

// So many requests in each window of five minutes.
class RateLimit {
 public:
  explicit RateLimit(std::size_t quota) : quota_{quota} {}

  // Counts a request; false if it is one too many.
  bool admit(Time now);

  // Until the next window begins.
  std::chrono::seconds reset_in(Time now) const;

  std::string ratelimit(Time now) const;  // the values of the header fields
  std::string policy() const;

 private:
  std::size_t quota_;
  std::size_t used_ = 0;
  Time window_start_{};
};

}  // namespace simulated
