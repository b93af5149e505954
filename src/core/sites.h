#pragma once

#include <vector>

#include "value/host.h"

/// What an address is to us.
enum class Role { main, backup, other };

/// A place that a record may point to, and the addresses that it stands for in this run: its own,
/// or what its name resolved to, sorted; none where the name did not resolve.
struct Site {
  Site(IpAddress address) : host(address), addresses{std::move(address)} {}
  Site(Fqdn name, std::vector<IpAddress> resolved)
      : host(std::move(name)), addresses(std::move(resolved)) {}

  bool has(const IpAddress& address) const;

  Host host;
  std::vector<IpAddress> addresses;
};

/// The places that a record may point to: MAIN, and the backups in the order of preference.
struct Sites {
  Site main;
  std::vector<Site> backups;
  /// What a backup's address was before it changed: plays the part of BACKUP as long as the record
  /// holds it, and nobody is to be sent there.
  std::vector<IpAddress> former = {};

  Role role_of(const IpAddress& address) const;
};
