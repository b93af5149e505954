#pragma once

#include <optional>
#include <string>
#include <variant>

#include "app/config.h"
#include "app/exit_status.h"
#include "app/run_command.h"
#include "value/url.h"

// Where the backup's new address comes from.

/// The interface's own, as it is now.
struct FromInterface {
  std::string name;
};

/// What a server answers that tells its callers their address.
struct FromUrl {
  Url url;
};

using AddressSource = std::variant<IpAddress, FromInterface, FromUrl>;

/// A backup has a new address.
struct SetBackupRequest {
  Config config;  ///< of one record
  AddressSource source;
  std::optional<Host> replaces = {};  ///< nothing: the first backup
  bool vouches = false;               ///< the address need not be probed
  bool allows_private = false;
  By by = By::hook;
};

/// `cf-failover set-backup`: stores the address, then takes the eight steps. The status is that of
/// the run; 0 without one where there is nothing to do, and 2 where nothing was stored.
ExitStatus set_backup_command(const SetBackupRequest& request, const Clock& clock,
                              const Audience& audience);
