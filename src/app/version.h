#pragma once

#include <string>

inline std::string program_and_version() {
  return "cf-failover/" CF_FAILOVER_VERSION;
}
