#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

// What the contract says of a run, worked out anew and as plainly as possible: nothing here is
// taken from the program. The harness tells what the world is like, the model what must come of it.
namespace soak {

using Time = std::chrono::milliseconds;  // since 1970 by the host's clock, or a span

enum class Unfamiliar { follow, main_first, keep };

/// What a run is configured with.
struct Rules {
  std::string main;
  std::string backup;
  int fall = 1;
  int rise = 1;
  Time failback_delay{0};
  Unfamiliar unfamiliar = Unfamiliar::follow;
};

/// What is remembered of an address.
struct Track {
  bool counts_as_up = false;
  int against = 0;                    ///< so many runs in a row have found the contrary
  std::optional<Time> up_since = {};  ///< every run since then has found it accessible

  friend bool operator==(const Track&, const Track&) = default;
};

/// What a host knows of a record between two runs.
struct Memory {
  std::map<std::string, Track> tracks = {};
  std::optional<Time> last_run = {};
  Time interval{0};
  std::optional<Time> held_until = {};
  std::string backup = {};               ///< where the backup is now
  std::vector<std::string> former = {};  ///< where it was, as far as the record may still say so

  friend bool operator==(const Memory&, const Memory&) = default;
};

/// What goes wrong between a run and Cloudflare. All but the first four wait for a change.
enum class Mishap {
  none,
  refused,         ///< every request is answered with 403
  unavailable,     ///< the first read is answered with 503, the next one is not
  too_many,        ///< likewise with 429
  reread_refused,  ///< the read before the write is answered with 403
  meddled_before_reread,
  second_before_reread,  ///< somebody adds another record of that name
  held_before_write,     ///< somebody says hold
  meddled_before_write,
  write_refused,
  write_gone,         ///< the write is answered with 404
  write_lost,         ///< no answer, no effect
  answer_lost,        ///< no answer, but the effect
  write_lost_unseen,  ///< and neither can be read afterwards
  answer_lost_unseen,
  killed_at_reread,  ///< the run is killed when its read before the write arrives
  killed_at_write,   ///< when the write arrives, which has no effect
  killed_after_write,
};

/// What a run says of an address.
struct Probe {
  std::string result;
  std::string counts_as = {};  ///< empty: null

  friend bool operator==(const Probe&, const Probe&) = default;
};

/// What the world is like during a run, and how it is asked for.
struct Facts {
  Time now{0};
  std::vector<std::string> holds =
      {};                         ///< what the records of that name hold; usually there is one
  Time record_age{0};             ///< since its last change, by Cloudflare's clock
  std::set<std::string> up = {};  ///< who answers a probe
  bool is_cut_off = false;        ///< no canary answers
  Mishap mishap = Mishap::none;
  std::string meddled = {};  ///< what somebody else puts into the record
  Time hold_length{0};       ///< for Mishap::held_before_write
  bool is_dry = false;
};

/// What must come of a run.
struct Outcome {
  int status = 0;
  bool is_killed = false;  ///< by a mishap; nothing but the record counts then
  bool prints = true;      ///< false: no steps are taken, so there is no JSON
  std::vector<int> steps = {1};
  std::string role = {};  ///< empty: null, as are `from` and `to`
  std::string action = "none";
  std::string from = {};
  std::string to = {};
  std::optional<bool> written = false;
  std::string state = "normal";
  std::optional<Time> pending_until = {};
  std::map<std::string, Probe> probes = {};   ///< by address
  int writes = 0;                             ///< that reach Cloudflare
  std::vector<std::string> holds_after = {};  ///< what the records of that name hold then
  bool met_mishap = false;
  Memory memory = {};  ///< for the next run
};

Outcome run(const Rules& rules, const Memory& memory, const Facts& facts);

/// `set-backup ADDRESS`, and the run that it ends with.
Outcome set_backup(const Rules& rules, const Memory& memory, const Facts& facts,
                   const std::string& address);

}  // namespace soak
