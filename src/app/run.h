#pragma once

#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "app/config.h"
#include "core/change.h"
#include "core/decision.h"
#include "core/ports.h"

/// Cloudflare has `found` records of the name and type, and not just one.
struct NotOneRecord {
  std::size_t found;
};

using ReadTrouble = std::variant<ApiFailure, NotOneRecord>;

/// What a run of one record has found out and done so far.
struct RunReport {
  Fqdn name;
  RecordType type;
  Sites sites;
  Unfamiliar unfamiliar;
  DryRun dry_run;
  bool busy = false;      ///< another run holds the lock: nothing was done
  std::string zone = {};  ///< its name, or its id where only that is known; else empty
  std::optional<Record> record = {};
  std::optional<ReadTrouble> read_trouble = {};
  std::vector<ProbeResult> probes = {};  ///< MAIN, the backups, then an unfamiliar origin
  std::optional<Decision> decision = {};
  std::optional<Change> change = {};
  int api_requests = 0;
  double elapsed_ms = 0;

  const ProbeResult* probe_of(const IpAddress& address) const;
};

RunReport begin_report(const RecordConfig& config, DryRun dry_run);

/// Told whenever another step of a run is settled.
using Progress = std::function<void(const RunReport&)>;

/// One run of one record: reads it and probes its sites side by side, decides as soon as the facts
/// suffice, changes the record if need be, and waits for the other probes for the report's sake.
/// What is referred to must outlive the task.
Task<RunReport> run_record(const RecordConfig& config, DryRun dry_run, RecordStore& store,
                           Prober& prober, const Progress& progress);
