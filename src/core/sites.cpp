#include "core/sites.h"

#include <algorithm>

Role Sites::role_of(const IpAddress& address) const {
  if (address == main) {
    return Role::main;
  }
  const bool is_backup = std::find(backups.begin(), backups.end(), address) != backups.end();
  return is_backup ? Role::backup : Role::other;
}
