#pragma once

#include <string>

#include "core/history.h"
#include "value/result.h"

/// The runs of a file with one JSON object on each line, oldest first; none if there is no such
/// file. Lines that make no sense, as a killed run may leave one, are passed over.
Result<History> read_history(const std::string& path);

/// Adds a run at the end. Of a file that has grown beyond 512 KiB only the latest half is kept;
/// what is lost, however a run ends, is the run that was being written.
Result<void> append_history(const std::string& path, const PastRun& run);
