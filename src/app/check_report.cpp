#include "app/check_report.h"

#include <algorithm>

#include "app/aftermath.h"
#include "app/report.h"
#include "app/table.h"
#include "value/text.h"

namespace {

std::string source_of(const Layer& layer, const std::string& name) {
  const auto found = layer.find(name);
  if (found == layer.end() || found->second.empty()) {
    return "default";
  }
  const std::string& where = found->second.front().where;
  return where.starts_with("--") ? "command line" : where.substr(0, where.rfind(": "));
}

/// What `text_of` makes of each, in one line.
template <typename Items, typename TextOf>
std::string listed(const Items& items, TextOf text_of) {
  std::vector<std::string> texts;
  for (const auto& item : items) {
    texts.push_back(text_of(item));
  }
  return joined(texts);
}

std::string to_text(Unfamiliar unfamiliar) {
  switch (unfamiliar) {
    case Unfamiliar::follow:
      return "follow";
    case Unfamiliar::main_first:
      return "main-first";
    case Unfamiliar::keep:
      return "keep";
  }
  return {};
}

std::string zone_text(const ZoneChoice& zone) {
  return !zone.id.empty() ? zone.id : zone.name ? zone.name->str() : "found by the record's name";
}

std::string ttl_text(int ttl) {
  return ttl == 1 ? "automatic" : describe(std::chrono::seconds(ttl));
}

std::string or_none(const std::string& text) {
  return text.empty() ? "none" : text;
}

/// What an address's certificate still has to live.
std::string certificate_text(const ProbeResult& probe, UnixTime now) {
  if (!probe.certificate_expires) {
    return "";
  }
  if (*probe.certificate_expires <= now) {
    return "certificate expired";
  }
  const auto days = std::chrono::floor<std::chrono::days>(*probe.certificate_expires - now).count();
  return "certificate valid for " + std::to_string(days) + (days == 1 ? " day" : " days");
}

std::string ping_text(const Config& config) {
  if (!config.ping) {
    return "none";
  }
  const auto url = config.ping();
  return url ? url->describe() : url.error().message;
}

std::string settings_table(const std::vector<SettingLine>& lines) {
  Table table;
  for (const SettingLine& line : lines) {
    table.add({line.name, line.value, line.source});
  }
  return table.str(2);
}

std::string reaction_table(const ReactionTime& time) {
  Table table;
  table.add({"a run begins", "0 s", describe(time.until_run), "every minute, as from cron"});
  table.add({"probes fail", describe(time.probes_best), describe(time.probes_worst),
             "all attempts and the pauses between them"});
  if (time.until_fall > Milliseconds{0}) {
    table.add({"it must fail again", describe(time.until_fall), describe(time.until_fall),
               "in each of the next runs, as --fall says"});
  }
  table.add({"resolvers ask again", "0 s", describe(time.ttl),
             time.ttl == Milliseconds{0} ? "the record is proxied"
             : time.ttl_is_known         ? "the record's TTL"
                                         : "if its TTL is automatic; --online knows"});
  table.add({"together", describe(time.best()), describe(time.worst()), ""});
  return "  A failure is followed after, at best and at worst:\n" + table.str(4);
}

std::string online_table(const Finding& finding, UnixTime now) {
  Table table;
  if (finding.zone) {
    table.add({"zone", or_none(finding.zone->name), finding.zone->status});
  }
  const RunReport& report = finding.report;
  if (report.record) {
    table.add({"token", "accepted", "may read"});
    table.add({"record", report.record->content.str(),
               std::string(to_text(report.sites.role_of(report.record->content))),
               "TTL " + ttl_text(report.record->ttl),
               report.record->proxied ? "proxied" : "not proxied"});
  }
  for (const ProbeResult& probe : report.probes) {
    table.add(
        {"probe", probe.address.str(), std::string(to_text(report.sites.role_of(probe.address))),
         probe.failure ? describe(*probe.failure) : "accessible", certificate_text(probe, now)});
  }
  if (report.hold) {
    table.add({"hold", "until " + ::to_text(report.hold->until), printable(report.hold->why)});
  }
  for (const Unresolved& unresolved : report.unresolved) {
    table.add(
        {"probe", unresolved.name.str(), std::string(to_text(unresolved.role)), unresolved.why});
  }
  return "  Found online:\n" + table.str(4);
}

const Finding* finding_at(const std::vector<Finding>& findings, std::size_t i) {
  return i < findings.size() ? &findings[i] : nullptr;
}

}  // namespace

std::vector<SettingLine> setting_lines(const RecordConfig& record, const Layer& layer) {
  const ProbeSettings& probe = record.probe;
  std::vector<SettingLine> lines;
  const auto add = [&](const char* name, std::string value) {
    lines.push_back({name, std::move(value), source_of(layer, name)});
  };
  add("type", std::string(to_text(record.type)));
  add("zone", zone_text(record.zone));
  add("main", record.sites.main.str());
  add("backup", listed(record.sites.backups, [](const Host& host) { return host.str(); }));
  add("unfamiliar", to_text(record.unfamiliar));
  add("ttl", record.ttl == 0 ? "unchanged" : ttl_text(record.ttl));
  add("fall", std::to_string(record.damping.fall));
  add("rise", std::to_string(record.damping.rise));
  const Milliseconds delay = record.damping.failback_delay;
  add("failback-delay", delay == Milliseconds{0} ? "none" : describe(delay));
  add("probe", to_text(probe.target));
  add("timeout", describe(probe.timeout));
  add("connect-timeout", describe(probe.connect_timeout));
  add("attempts", std::to_string(probe.attempts));
  add("retry-delay", describe(probe.retry_delay));
  if (std::holds_alternative<HttpTarget>(probe.target)) {
    add("expect-status", probe.expect_status.str());
    add("expect-body",
        probe.expect_body.empty() ? "none" : "\"" + printable(probe.expect_body) + "\"");
    add("max-body", probe.max_body ? std::to_string(*probe.max_body) + " bytes" : "none");
    add("method", probe.method);
    add("header", or_none(listed(probe.headers, [](const Header& header) { return header.name; })));
    add("ca-file", probe.ca_file.empty() ? "the system's" : probe.ca_file);
    add("insecure", probe.insecure ? "true" : "false");
  }
  return lines;
}

std::vector<SettingLine> run_lines(const CheckRequest& request) {
  const Config& config = request.config;
  const std::string canaries =
      listed(config.canaries, [](const Url& url) { return url.describe(); });
  return {
      {"configuration", request.file.empty() ? "none" : request.file, ""},
      {"api", config.api.base.describe(), ""},
      {"credential", config.credential_source, ""},
      {"deadline", describe(config.deadline), source_of(request.run, "deadline")},
      {"canary", or_none(canaries), source_of(request.run, "canary")},
      {"state-dir", or_none(config.state_dir), source_of(request.run, "state-dir")},
      {"notify",
       or_none(listed(config.channels, [](const Channel& channel) { return channel.name; })), ""},
      {"metrics-file", or_none(config.metrics_file), source_of(request.run, "metrics-file")},
      {"ping", ping_text(config), source_of(request.run, "ping")}};
}

std::vector<std::string> cautions(const RecordConfig& record, const Config& config,
                                  const ReactionTime& time) {
  std::vector<std::string> cautions;
  const Milliseconds left = config.deadline - time_to_tell(config);
  if (time.probes_worst >= left) {
    cautions.push_back(
        "the probes of a silent origin take up to " + describe(time.probes_worst) +
        ", and a run has " + describe(left) +
        " for them: such a failure would never be followed; lower timeout or attempts");
  }
  if (time.ttl_is_known && time.ttl > time.until_run + time.probes_worst) {
    cautions.push_back(
        "most of the time goes to the TTL: set the record's TTL to 60 in the dashboard");
  }
  if (record.probe.insecure && std::holds_alternative<HttpTarget>(record.probe.target)) {
    cautions.push_back("certificates are not checked: anybody on the way can look healthy");
  }
  return cautions;
}

ReactionTime expected_reaction(const RecordConfig& record, const Finding* finding) {
  const bool known = finding != nullptr && finding->report.record;
  const int ttl = record.ttl != 0 ? record.ttl : known ? finding->report.record->ttl : 0;
  return reaction_time(record, ttl, known && finding->report.record->proxied);
}

std::string check_report(const CheckRequest& request, const std::vector<Finding>& findings,
                         UnixTime now) {
  std::string text = "Every run\n" + settings_table(run_lines(request));
  for (std::size_t i = 0; i < request.config.records.size(); ++i) {
    const RecordConfig& record = request.config.records[i];
    const Finding* const finding = finding_at(findings, i);
    const ReactionTime time = expected_reaction(record, finding);
    text += "\n" + record.name.str() + " " + std::string(to_text(record.type)) + "\n" +
            settings_table(setting_lines(record, request.layers[i])) + "\n" + reaction_table(time);
    for (const std::string& caution : cautions(record, request.config, time)) {
      text += "  Caution: " + caution + "\n";
    }
    if (finding != nullptr) {
      text += "\n" + online_table(*finding, now);
    }
  }
  return text;
}

ExitStatus check_status(const Finding& finding) {
  if (finding.report.read_trouble) {
    return ExitStatus::unread;
  }
  const auto& probes = finding.report.probes;
  const bool all_up = std::all_of(probes.begin(), probes.end(), [](const ProbeResult& probe) {
    return probe.health == Health::up;
  });
  return all_up && finding.report.unresolved.empty() ? ExitStatus::ok : ExitStatus::inaccessible;
}

std::optional<Error> check_problem(const Finding& finding) {
  if (finding.report.read_trouble) {
    return problem(finding.report);
  }
  std::vector<std::string> failing;
  for (const ProbeResult& probe : finding.report.probes) {
    if (probe.failure) {
      failing.push_back(probe.address.str() + " " + describe(*probe.failure));
    }
  }
  for (const Unresolved& unresolved : finding.report.unresolved) {
    failing.push_back(unresolved.name.str() + " " + unresolved.why);
  }
  return failing.empty() ? std::nullopt
                         : std::optional(Error{"not accessible: " + joined(failing)});
}
