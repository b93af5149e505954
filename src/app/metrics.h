#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/run.h"
#include "core/counters.h"

/// One record's run, as a monitoring system wants to see it.
struct MeasuredRun {
  RunReport report;
  Counters counters;
};

/// The metrics of these runs in the Prometheus text format
/// (https://prometheus.io/docs/instrumenting/exposition_formats/), and those of other records as
/// `before` had them: a run may be about some of the records only. `outbox`: how many notices have
/// not been delivered yet.
std::string metrics_text(const std::vector<MeasuredRun>& runs, std::size_t outbox,
                         const std::string& before);
