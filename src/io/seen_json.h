#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/cloudflare_json.h"

/// What runs saw of one record, as the state directory keeps it.
struct Seen {
  struct CachedZone {
    std::string api;  ///< the address of the API that knows the id
    Zone zone;
  };

  std::optional<CachedZone> zone = {};
};

/// Nothing if the text is not what `to_json` wrote.
std::optional<Seen> parse_seen(std::string_view text);
std::string to_json(const Seen& seen);
