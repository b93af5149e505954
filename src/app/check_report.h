#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/check_command.h"
#include "app/reaction_time.h"
#include "app/run.h"
#include "io/cloudflare_json.h"

/// What looking at one record online has found.
struct Finding {
  RunReport report;
  std::optional<Zone> zone;
};

/// A setting, what it came to and where from: a place in the file, "command line" or "default".
struct SettingLine {
  std::string name;
  std::string value;
  std::string source;
};

std::vector<SettingLine> setting_lines(const RecordConfig& record, const Layer& layer);
std::vector<SettingLine> run_lines(const CheckRequest& request);

/// What should give a person pause although it is allowed.
std::vector<std::string> cautions(const RecordConfig& record, const Config& config,
                                  const ReactionTime& time);

/// The reaction time with what is known of the record: its TTL and whether it is proxied.
ReactionTime expected_reaction(const RecordConfig& record, const Finding* finding);

/// The tables for people; without findings only what is configured is shown. Certificates are told
/// how long they still have from `now` on.
std::string check_report(const CheckRequest& request, const std::vector<Finding>& findings,
                         UnixTime now);

/// 0, 3 for Cloudflare's side, or 1 for an inaccessible origin.
ExitStatus check_status(const Finding& finding);
std::optional<Error> check_problem(const Finding& finding);
