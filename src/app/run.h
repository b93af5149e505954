#pragma once

#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "app/config.h"
#include "core/change.h"
#include "core/damping.h"
#include "core/decision.h"
#include "core/ports.h"
#include "core/said.h"

/// Cloudflare has `found` records of the name and type, and not just one.
struct NotOneRecord {
  std::size_t found;
};

using ReadTrouble = std::variant<ApiFailure, NotOneRecord>;

/// A name among the sites that does not resolve, and why.
struct Unresolved {
  Fqdn name;
  Role role;
  std::string why;
};

using Tracks = std::map<IpAddress, Track>;

/// A change that a person wants, whatever the steps say.
struct Switch {
  Role to;              ///< MAIN or BACKUP
  bool forced = false;  ///< also to a site that is not known to be accessible
};

/// What a run knows before it looks.
struct Memory {
  UnixTime now;
  Said said = {};
  std::vector<FormerAddress> gone = {};   ///< former addresses that the record held no more
  Tracks tracks = {};                     ///< empty where it is void
  std::optional<UnixTime> last_run = {};  ///< the one before this; nothing: none is kept
  bool is_watched = false;                ///< whether it was recent enough to go on from
  std::optional<IpAddress> vouched = {};  ///< taken for accessible on somebody's word
  std::optional<Switch> wanted = {};
};

/// What a run of one record has found out and done so far.
struct RunReport {
  Fqdn name;
  RecordType type;
  Sites sites;
  Unfamiliar unfamiliar;
  DryRun dry_run;
  Damping damping = {};
  UnixTime now = {};                      ///< when the run began
  std::optional<UnixTime> last_run = {};  ///< as in Memory, as is the next
  bool is_watched = false;
  bool busy = false;      ///< another run holds the lock: nothing was done
  std::string zone = {};  ///< its name, or its id where only that is known; else empty
  std::optional<Record> record = {};
  std::optional<ReadTrouble> read_trouble = {};
  std::vector<Unresolved> unresolved = {};
  std::vector<ProbeResult> probes = {};  ///< MAIN, the backups, then an unfamiliar origin
  std::optional<IpAddress> vouched = {};
  std::optional<Switch> wanted = {};
  Tracks tracks = {};                         ///< of the addresses probed, this run included
  std::optional<UnixTime> failback_due = {};  ///< MAIN is accessible, and has to be until then
  std::optional<Hold> hold = {};              ///< in force: what is decided is not done
  std::vector<FormerAddress> gone = {};       ///< as in Memory, after this run
  std::optional<Decision> decision = {};
  std::optional<Change> change = {};
  int api_requests = 0;
  std::optional<int> api_requests_left = {};  ///< as Cloudflare's last answer said
  double elapsed_ms = 0;

  const ProbeResult* probe_of(const IpAddress& address) const;
  /// Null for an address that no run has judged.
  const Track* track_of(const IpAddress& address) const;
  /// What the record holds after the run, as far as that is known.
  std::optional<IpAddress> origin_after() const;
};

RunReport begin_report(const RecordConfig& config, DryRun dry_run);

/// Told whenever another step of a run is settled.
using Progress = std::function<void(const RunReport&)>;

/// What a run deals with. The hooks are called during the run only.
struct World {
  RecordStore& store;
  Prober& prober;
  LastWord last_word;
  Progress progress;
  /// Before the record is read again: nothing is to take time between that and the write.
  std::function<void(const RunReport&)> about_to_change = [](const RunReport&) {};
};

/// One run of one record: reads it and probes its sites side by side, decides as soon as the facts
/// suffice, changes the record if need be, and waits for the other probes for the report's sake.
/// What is referred to must outlive the task.
Task<RunReport> run_record(const RecordConfig& config, DryRun dry_run, const Memory& memory,
                           const World& world);
