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

/// A change as it will be told of and remembered if it comes about; for the next run, should this
/// one be killed before it knows.
struct BegunChange {
  PastRun run;  ///< has a change
  Event event;  ///< as people will be told
  std::string sentence;
  std::string report;  ///< what the run would have printed with --json

  friend bool operator==(const BegunChange&, const BegunChange&) = default;
};

/// What runs saw of one record.
struct Seen {
  struct CachedZone {
    std::string api;  ///< the address of the API that knows the id
    Zone zone;
  };

  std::optional<CachedZone> zone = {};
  std::optional<Pace> pace = {};
  std::map<IpAddress, Track> tracks = {};
  std::vector<FormerAddress> gone = {};  ///< former addresses that the record held no more
  std::optional<PastRun> last = {};
  Counters counters = {};
  Told told = {};
  std::optional<BegunChange> begun = {};  ///< only from right before a write to the run's end
};

// Each reads what `to_json` wrote; nothing if the text is anything else.

std::optional<Seen> parse_seen(std::string_view text);
std::optional<Said> parse_said(std::string_view text);
std::optional<PastRun> parse_past_run(std::string_view text);

std::string to_json(const Seen& seen);
std::string to_json(const Said& said);
/// In one line, with its end.
std::string to_json(const PastRun& run);
