#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/counters.h"
#include "core/damping.h"
#include "core/history.h"
#include "core/notice.h"
#include "core/said.h"
#include "io/cloudflare_json.h"

// What the state directory keeps of one record, as text.

/// What runs saw of one record.
struct Seen {
  struct CachedZone {
    std::string api;  ///< the address of the API that knows the id
    Zone zone;
  };

  std::optional<CachedZone> zone = {};
  std::optional<Pace> pace = {};
  std::map<IpAddress, Track> history = {};
  std::vector<FormerAddress> gone = {};  ///< former addresses that the record held no more
  std::optional<PastRun> last = {};
  Counters counters = {};
  std::optional<Trouble> trouble = {};
};

// Each reads what `to_json` wrote; nothing if the text is anything else.

std::optional<Seen> parse_seen(std::string_view text);
std::optional<Said> parse_said(std::string_view text);
std::optional<PastRun> parse_past_run(std::string_view text);

std::string to_json(const Seen& seen);
std::string to_json(const Said& said);
/// In one line, with its end.
std::string to_json(const PastRun& run);
