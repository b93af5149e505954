#pragma once

#include <optional>
#include <string>
#include <vector>

// What `--json` says of a probe.
struct ProbeLine {
  std::string address = {};  // empty for a name that does not resolve
  std::string role = {};
  std::string result = {};
  std::optional<std::string> reason = {};
  int attempts = 0;
  double ms = 0;
  std::optional<std::string> name = {};
  std::optional<std::string> counts_as = {};
  std::optional<std::string> since = {};
};

// What `--json` says of a record. A member that may be null is an optional.
struct ReportLine {
  std::vector<std::string> members = {};  // their names, in order
  std::string record = {};
  std::string type = {};
  std::optional<std::string> zone = {};
  std::optional<std::string> origin = {};
  std::optional<std::string> role = {};
  std::vector<int> steps = {};
  std::string action = {};
  std::optional<std::string> from = {};
  std::optional<std::string> to = {};
  std::optional<bool> written = {};
  std::vector<ProbeLine> probes = {};
  int api_requests = 0;
  double elapsed_ms = 0;
  int exit = 0;
  std::optional<std::string> error = {};
  std::string time = {};
  std::string state = {};
  std::optional<std::string> held_until = {};
  std::optional<std::string> pending_until = {};

  // The only probe of that address; throws if there is none, or another.
  const ProbeLine& probe(const std::string& address) const;
};

// Takes apart what a run with `--json` has printed: one line with one object in it, in UTF-8, no
// member missing and none of another type. Throws a std::runtime_error if it is anything else.
ReportLine parse_report_line(const std::string& out);
