#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/narrator.h"
#include "core/history.h"
#include "value/error.h"

// What `history` and `explain` say.

/// All that is kept of one record.
struct Past {
  RecordKey record;
  History runs = {};
  std::optional<PastRun> last = {};  ///< the last run, also where it was like the one before
  UnixTime watched_until;
  UnixTime now;
};

/// A change, an outage, or a time in which nobody looked.
struct PastEvent {
  UnixTime time;
  std::string name;  ///< failover, failback, switch, outage, unwatched
  std::optional<PastChange> change = {};
  std::optional<Milliseconds> duration = {};  ///< of what lasts
  bool lasts = false;                         ///< until now
  std::string reason = {};
  std::string host = {};
  std::string by = {};
};

/// Oldest first; those that were over before `since` are left out.
std::vector<PastEvent> events(const Past& past, std::optional<UnixTime> since);

/// The strip and the events. Without `since` the strip shows the last day, and all events are told.
/// `width`: of the terminal; 0: it is none.
std::string history_text(const Past& past, std::optional<UnixTime> since, Colour colour,
                         std::size_t width);

/// The last run, or the one that was the last at that time; nothing if it is not kept.
std::optional<PastRun> explained_run(const Past& past, std::optional<UnixTime> at);

std::string explanation(const Past& past, const PastRun& run, Colour colour);
Error nothing_to_explain(const Past& past, std::optional<UnixTime> at);
