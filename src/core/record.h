#pragma once

#include <string>

#include "value/ip_address.h"

/// An address record as Cloudflare holds it.
struct Record {
  std::string id;
  IpAddress content;

  friend bool operator==(const Record&, const Record&) = default;
};
