#pragma once

#include <string>

#include "app/history_report.h"

/// The event as one line of JSON, without its end.
std::string to_json(const RecordKey& record, const PastEvent& event);

/// The run as one line of JSON, without its end.
std::string to_json(const RecordKey& record, const PastRun& run);
