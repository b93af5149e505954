#pragma once

#include <optional>

#include "simulated_zone.h"

namespace simulated {

// Brings name and content into the form in which answers hold them, and a proxied record's TTL
// to 1.
Record normalised(Record record, const Zone& zone);

// The first rule that a normalised record breaks, alone or beside the zone's other records; those
// with its own id are left out.
std::optional<ApiError> broken_rule(const Record& record, const Zone& zone);

}  // namespace simulated
