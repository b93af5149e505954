#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "core/health.h"
#include "value/unix_time.h"

/// How slowly a record's owner wants to believe what a single run finds.
struct Damping {
  int fall = 1;  ///< runs in a row that must fail before an accessible address counts as down
  int rise = 1;  ///< runs in a row that must succeed before an inaccessible one counts as up
  std::chrono::milliseconds failback_delay{0};  ///< MAIN must have been up in every run so long

  friend bool operator==(const Damping&, const Damping&) = default;
};

/// What all runs so far say of one address.
struct Track {
  Health counts_as;  ///< up or down
  UnixTime since;    ///< when it came to count as that
  int against = 0;   ///< how many runs in a row, up to the last, have found the contrary
  std::optional<UnixTime> up_since = {};  ///< since when every run has found it accessible

  friend bool operator==(const Track&, const Track&) = default;
};

/// The track after one more run that found the address `found`. A first verdict is believed; a run
/// that could not judge counts neither way, but it did not find the address accessible.
std::optional<Track> followed(std::optional<Track> before, Health found, UnixTime now,
                              const Damping& damping);

/// What an address counts as in this run. As a target only what this run itself found accessible
/// is `up`, whatever is remembered.
HealthReport::Verdict damped(const std::optional<Track>& after, Health found);

/// When the runs went.
struct Pace {
  UnixTime last_run;
  std::chrono::milliseconds interval{0};  ///< between the last two; zero if there was only one

  friend bool operator==(const Pace&, const Pace&) = default;
};

/// The pace with one more run.
Pace paced(const std::optional<Pace>& before, UnixTime now);

/// Whether what earlier runs found still says anything: not after a gap of more than 15 minutes and
/// three times the usual interval, nor after the clock has jumped back.
bool still_holds(const Pace& pace, UnixTime now);

/// When MAIN may be failed back to: after having been accessible for the whole delay, and after the
/// record itself has rested for as long, if its age is known.
UnixTime failback_due(UnixTime up_since, std::optional<std::chrono::milliseconds> record_age,
                      UnixTime now, const Damping& damping);
