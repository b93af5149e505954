#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/exit_status.h"
#include "app/run_command.h"

/// What is kept of some records' past.
struct PastRequest {
  std::vector<RecordKey> records;
  std::string state_dir = {};
  std::optional<UnixTime> time = {};  ///< history: what is older is left out; explain: the run then
  Json json = Json::no;
};

/// `cf-failover history`: changes and outages, and who served when. Contacts nobody; status 2 where
/// what is kept cannot be read.
ExitStatus history_command(const PastRequest& request, const Audience& audience);

/// `cf-failover explain`: a past run in words. Contacts nobody; status 1 where no such run is kept.
ExitStatus explain_command(const PastRequest& request, const Audience& audience);
