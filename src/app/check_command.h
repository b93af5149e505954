#pragma once

#include "app/config.h"
#include "app/exit_status.h"
#include "app/settings.h"
#include "core/ports.h"

enum class Online { no, yes };

/// A configuration to be shown, with where each part of it comes from.
struct CheckRequest {
  Config config;
  std::vector<Layer> layers = {};  ///< one for each record: what was said of it, and where
  Layer run = {};                  ///< what was said of the run
  std::string file = {};           ///< the configuration file; empty: none
  Online online = Online::no;
};

/// `cf-failover check-config`: shows what a run would work with; online, also what it would find.
/// Writes nothing, and touches no file.
ExitStatus check_command(const CheckRequest& request, const Clock& clock);
