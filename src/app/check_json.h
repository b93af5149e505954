#pragma once

#include <string>
#include <vector>

#include "app/check_report.h"

/// One line of JSON with all that `check_report` shows; what does not apply is null.
std::string to_json(const CheckRequest& request, const std::vector<Finding>& findings);
