#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/sites.h"
#include "value/unix_time.h"

// What people and hooks said of a record: `hold`, `release` and `set-backup`. Runs only read it.

constexpr std::chrono::hours kLongestHold{7 * 24};

/// No automatic writes until then.
struct Hold {
  UnixTime until;
  std::string why = {};  ///< what the person said; empty: nothing

  /// An end further away than a hold may be was set by a clock that was wrong; that a clock is set
  /// back by a little does not end a hold.
  bool is_in_force(UnixTime now) const {
    constexpr std::chrono::minutes kLittle{5};
    return now < until && until - now <= kLongestHold + kLittle;
  }

  friend bool operator==(const Hold&, const Hold&) = default;
};

/// An address that a backup had, and when it lost it.
struct FormerAddress {
  IpAddress address;
  UnixTime lost;

  friend bool operator==(const FormerAddress&, const FormerAddress&) = default;
};

/// The new address of a backup. Void while the configuration does not list the backup it is for.
struct Announcement {
  Host configured;
  IpAddress address;
  std::vector<FormerAddress> former = {};  ///< the latest last

  friend bool operator==(const Announcement&, const Announcement&) = default;
};

struct Said {
  std::optional<Hold> hold = {};
  std::vector<Announcement> backups = {};

  friend bool operator==(const Said&, const Said&) = default;
};

/// MAIN and the backups as configured.
struct SiteHosts {
  Host main;
  std::vector<Host> backups;
};

/// Where a configured backup is now.
Host in_force(const Host& configured_backup, const Said& said);

/// The backups with what was announced in place of what is configured.
std::vector<Host> backups_in_force(const SiteHosts& configured, const Said& said);

/// The former addresses of configured backups that are not among those known to be `gone`: the
/// record may still hold them.
std::vector<FormerAddress> former_in_force(const SiteHosts& configured, const Said& said,
                                           const std::vector<FormerAddress>& gone);

/// The configured backup that is, or is now, at `host`; nothing if there is none.
std::optional<Host> configured_backup(const SiteHosts& configured, const Said& said,
                                      const Host& host);

/// What is said once the backup `configured_backup` of the configuration has a new address. Says
/// the same again if it has it already.
Said announced(Said said, const SiteHosts& configured, const Host& configured_backup,
               const IpAddress& address, UnixTime now);
