#pragma once

#include <map>

#include "value/ip_address.h"

/// What this run knows of an address: *accessible* is `up`, *inaccessible* `down`; `unknown` is a
/// probe that ended without a verdict, because the probing host itself is at fault.
enum class Health { pending, up, down, unknown };

/// The verdicts of one run, by address.
class HealthReport {
 public:
  void set(const IpAddress& address, Health health) {
    by_address_.insert_or_assign(address, health);
  }

  /// `pending` for an address that nothing has been said of.
  Health of(const IpAddress& address) const {
    const auto found = by_address_.find(address);
    return found == by_address_.end() ? Health::pending : found->second;
  }

 private:
  std::map<IpAddress, Health> by_address_;
};
