#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/damping.h"
#include "core/decision.h"
#include "core/said.h"
#include "io/channel.h"
#include "io/cloudflare.h"
#include "io/cloudflare_record.h"
#include "value/fqdn.h"
#include "value/probe_settings.h"
#include "value/record_type.h"
#include "value/result.h"

/// What tells one record from another.
struct RecordKey {
  Fqdn name;
  RecordType type;
};

/// One record and all that is configured for it.
struct RecordConfig {
  Fqdn name;
  RecordType type;
  ZoneChoice zone;
  SiteHosts sites;
  ProbeSettings probe;
  Unfamiliar unfamiliar = Unfamiliar::follow;
  int ttl = 0;  ///< seconds; 0 leaves it alone
  Damping damping = {};
};

enum class DryRun { no, yes };
enum class Json { no, yes };
enum class Detail { quiet, normal, steps };

/// What an invocation is to do, complete and checked.
struct Config {
  std::vector<RecordConfig> records;
  ApiAccess api;
  std::string credential_source;  ///< for people: where it was found
  SystemTrust trust;
  std::vector<Url> canaries = {};
  std::vector<std::string> child_environment = {};  ///< "NAME=value": all that commands see
  Milliseconds deadline;
  std::string state_dir;                   ///< empty: there is no place for it
  std::string host = {};                   ///< the name of this machine
  std::vector<Channel> channels = {};      ///< whom to tell
  Milliseconds remind{0};                  ///< of trouble that lasts; zero: never
  std::string metrics_file = {};           ///< empty: none
  std::function<Result<Url>()> ping = {};  ///< of a dead-man's switch
  DryRun dry_run = DryRun::no;
  Json json = Json::no;
  Detail detail = Detail::normal;
};
