#pragma once

#include <map>
#include <set>

#include "value/ip_address.h"

/// What this run knows of an address: *accessible* is `up`, *inaccessible* `down`; `unknown` is a
/// probe that ended without a verdict, because the probing host itself is at fault.
enum class Health { pending, up, down, unknown };

/// The verdicts that one run decides on, by address.
class HealthReport {
 public:
  /// What the address counts as where it is the origin, and where it would become the origin: the
  /// two differ while earlier runs are remembered.
  struct Verdict {
    Health as_origin = Health::pending;
    Health as_target = Health::pending;
  };

  void set(const IpAddress& address, Verdict verdict) {
    by_address_.insert_or_assign(address, verdict);
  }
  void set(const IpAddress& address, Health health) { set(address, {health, health}); }

  /// Pending for an address that nothing has been said of.
  Verdict of(const IpAddress& address) const {
    const auto found = by_address_.find(address);
    return found == by_address_.end() ? Verdict{} : found->second;
  }

  /// MAIN may be accessible and yet not have been so for long enough to fail back to it.
  void set_settling(const IpAddress& address) { settling_.insert(address); }
  bool is_settling(const IpAddress& address) const { return settling_.contains(address); }

 private:
  std::map<IpAddress, Verdict> by_address_;
  std::set<IpAddress> settling_;
};
