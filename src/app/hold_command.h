#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/exit_status.h"
#include "core/ports.h"

/// Suspends the automatic writes to some records, or resumes them.
struct HoldRequest {
  std::vector<RecordKey> records;
  std::optional<Milliseconds> length = {};  ///< nothing: release
  std::string why = {};
  std::string state_dir = {};
  Milliseconds deadline{0};
  DryRun dry_run = DryRun::no;
  Json json = Json::no;
  Detail detail = Detail::normal;
};

/// `cf-failover hold` and `release`: contacts nobody. Status 2 where it could not be stored.
ExitStatus hold_command(const HoldRequest& request, const Clock& clock);
