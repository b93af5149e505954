#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "simulated_zone.h"

namespace simulated {

using Parameters = std::map<std::string, std::string>;

// One page of a list, and what `result_info` says about it.
template <typename T>
struct Page {
  std::vector<T> items = {};
  std::size_t page = 1;
  std::size_t per_page = 0;
  std::size_t total_count = 0;
  std::size_t total_pages = 0;
};

// The records that the parameters of a list request ask for. Unknown parameters are ignored.
ApiResult<Page<Record>> select_records(const std::vector<Record>& records,
                                       const Parameters& parameters);

// The same for zones.
ApiResult<Page<Zone>> select_zones(const std::vector<Zone>& zones, const Parameters& parameters);

}  // namespace simulated
