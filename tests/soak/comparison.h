#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../support/process.h"
#include "../support/report_line_json.h"
#include "model.h"

namespace soak {

/// What came of a run.
struct Reality {
  ProcessResult process = {};
  std::optional<ReportLine> report = {};  ///< nothing where nothing was printed
  std::string broken_report = {};         ///< why it is not what `--json` promises
  std::vector<std::string> holds = {};    ///< what the records of the name hold after it
  int writes = 0;

  /// A signal of ours has ended it.
  bool was_killed() const { return process.signal.has_value() && !process.killed_at_limit; }
};

Reality reality_of(ProcessResult process, std::vector<std::string> holds, int writes);

/// Where the two differ, a line each. Of a killed run only that is compared which holds for it.
std::vector<std::string> differences(const Outcome& model, const Reality& reality,
                                     const Facts& facts);

std::string describe(const Outcome& outcome);
std::string describe(const Memory& memory);

}  // namespace soak
