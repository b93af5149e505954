#include "core/said.h"

#include <algorithm>

namespace {

template <typename Items, typename Value>
bool contains(const Items& items, const Value& value) {
  return std::find(items.begin(), items.end(), value) != items.end();
}

}  // namespace

Host in_force(const Host& configured, const Said& said) {
  for (const Announcement& announcement : said.backups) {
    if (announcement.configured == configured) {
      return announcement.address;
    }
  }
  return configured;
}

std::vector<Host> backups_in_force(const SiteHosts& configured, const Said& said) {
  std::vector<Host> hosts;
  for (const Host& backup : configured.backups) {
    hosts.push_back(in_force(backup, said));
  }
  return hosts;
}

std::vector<FormerAddress> former_in_force(const SiteHosts& configured, const Said& said,
                                           const std::vector<FormerAddress>& gone) {
  const std::vector<Host> backups = backups_in_force(configured, said);
  std::vector<FormerAddress> former;
  for (const Announcement& announcement : said.backups) {
    if (!contains(configured.backups, announcement.configured)) {
      continue;
    }
    for (const FormerAddress& address : announcement.former) {
      const bool is_back = address.address == configured.main || contains(backups, address.address);
      if (!is_back && !contains(gone, address)) {
        former.push_back(address);
      }
    }
  }
  return former;
}

std::optional<Host> configured_backup(const SiteHosts& configured, const Said& said,
                                      const Host& host) {
  for (const Host& backup : configured.backups) {
    if (backup == host || in_force(backup, said) == host) {
      return backup;
    }
  }
  return std::nullopt;
}

Said announced(Said said, const SiteHosts& configured, const Host& configured_backup,
               const IpAddress& address, UnixTime now) {
  constexpr std::size_t kMostFormer = 16;
  std::erase_if(said.backups, [&](const Announcement& announcement) {
    return !contains(configured.backups, announcement.configured);
  });
  const Host before = in_force(configured_backup, said);
  if (before == Host(address)) {
    return said;
  }
  auto announcement = std::find_if(
      said.backups.begin(), said.backups.end(),
      [&](const Announcement& other) { return other.configured == configured_backup; });
  if (announcement == said.backups.end()) {
    said.backups.push_back({configured_backup, address});
    announcement = std::prev(said.backups.end());
  }
  announcement->address = address;
  if (before.address() != nullptr) {
    announcement->former.push_back({*before.address(), now});
  }
  std::erase_if(announcement->former,
                [&](const FormerAddress& former) { return former.address == address; });
  if (announcement->former.size() > kMostFormer) {
    announcement->former.erase(announcement->former.begin());
  }
  return said;
}
