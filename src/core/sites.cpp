#include "core/sites.h"

#include <algorithm>

bool Site::has(const IpAddress& address) const {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

Role Sites::role_of(const IpAddress& address) const {
  if (main.has(address)) {
    return Role::main;
  }
  const bool is_backup = std::any_of(backups.begin(), backups.end(),
                                     [&](const Site& backup) { return backup.has(address); }) ||
                         std::find(former.begin(), former.end(), address) != former.end();
  return is_backup ? Role::backup : Role::other;
}
