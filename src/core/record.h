#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "value/ip_address.h"

/// An address record as Cloudflare holds it.
struct Record {
  std::string id;
  IpAddress content;
  int ttl = 1;  ///< seconds; 1 is automatic
  bool proxied = false;
  /// Since its last change, by Cloudflare's own clock at the time of the answer.
  std::optional<std::chrono::milliseconds> age = {};

  /// As far as a decision rests on it: other members are not ours, and may change as they like.
  friend bool operator==(const Record& a, const Record& b) {
    return a.id == b.id && a.content == b.content;
  }
};
