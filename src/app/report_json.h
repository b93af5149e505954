#pragma once

#include <string>

#include "app/run.h"

/// The report as one line of JSON, without its end.
std::string to_json(const RunReport& report);

/// The same for `status`: with its level, and a monitoring plug-in's exit status.
std::string to_status_json(const RunReport& report);

/// What `hold` or `release` came to.
std::string to_json(const RecordKey& record, const std::optional<Hold>& hold);
