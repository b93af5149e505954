#pragma once

#include <string_view>

#include "simulated_zone.h"

// The JSON of request bodies. What has the wrong type is refused, what is unknown ignored.
namespace simulated {

ApiResult<RecordChange> read_change(std::string_view body);
ApiResult<Batch> read_batch(std::string_view body);

}  // namespace simulated
