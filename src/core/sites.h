#pragma once

#include <vector>

#include "value/ip_address.h"

/// What an address is to us.
enum class Role { main, backup, other };

/// The places that a record may point to: MAIN, and the backups in the order of preference.
struct Sites {
  IpAddress main;
  std::vector<IpAddress> backups;

  Role role_of(const IpAddress& address) const;
};
