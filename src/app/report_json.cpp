#include "app/report_json.h"

#include <cmath>
#include <string_view>

#include "app/report.h"
#include "app/status_report.h"
#include "io/json_library.h"

namespace {

using Writer = LineWriter;

void milliseconds(Writer& writer, const char* name, double ms) {
  constexpr double kTenths = 10;
  writer.Key(name);
  writer.Double(std::round(ms * kTenths) / kTenths);
}

std::string seconds(UnixTime time) {
  return to_text(std::chrono::floor<std::chrono::seconds>(time));
}

/// The host name that stands for the address; empty if there is none.
std::string name_of(const IpAddress& address, const Sites& sites) {
  std::vector<Site> all = sites.backups;
  all.insert(all.begin(), sites.main);
  for (const Site& site : all) {
    if (site.host.name() != nullptr && site.has(address)) {
      return site.host.str();
    }
  }
  return {};
}

void write_probe(Writer& writer, const Unresolved& unresolved) {
  writer.StartObject();
  member_or_null(writer, "address", "");
  member(writer, "role", role_name(unresolved.role));
  member(writer, "result", verdict_name(Health::unknown));
  member_or_null(writer, "reason", unresolved.why);
  member(writer, "attempts", 0);
  milliseconds(writer, "ms", 0);
  member_or_null(writer, "name", unresolved.name.str());
  member_or_null(writer, "counts_as", "");
  member_or_null(writer, "since", "");
  writer.EndObject();
}

void write_probe(Writer& writer, const ProbeResult& probe, const RunReport& report) {
  const Sites& sites = report.sites;
  const Track* const track = report.track_of(probe.address);
  writer.StartObject();
  member_or_null(writer, "address", probe.address.str());
  member(writer, "role", role_name(sites.role_of(probe.address)));
  member(writer, "result", verdict_name(probe.health));
  member_or_null(writer, "reason", probe.failure ? reason(*probe.failure) : "");
  member(writer, "attempts", probe.attempts);
  milliseconds(writer, "ms", probe.ms);
  member_or_null(writer, "name", name_of(probe.address, sites));
  member_or_null(writer, "counts_as", track != nullptr ? verdict_name(track->counts_as) : "");
  member_or_null(writer, "since", track != nullptr ? seconds(track->since) : "");
  writer.EndObject();
}

void write_steps(Writer& writer, const RunReport& report) {
  writer.StartArray();
  for (const int step : steps_taken(report)) {
    writer.Int(step);
  }
  writer.EndArray();
}

/// True when confirmed, null when nobody knows.
void write_written(Writer& writer, const std::optional<Change>& change) {
  if (change && std::holds_alternative<Unconfirmed>(*change)) {
    writer.Null();
  } else {
    writer.Bool(change && std::holds_alternative<Written>(*change));
  }
}

/// What keeps a change that the steps alone would make.
void write_state(Writer& writer, const RunReport& report) {
  const bool pending = is_pending(report);
  member(writer, "state", report.hold ? "held" : pending ? "pending" : "normal");
  member_or_null(writer, "held_until", report.hold ? to_text(report.hold->until) : "");
  member_or_null(writer, "pending_until", pending ? to_text(*report.failback_due) : "");
}

void write_move(Writer& writer, const RunReport& report) {
  const auto* const move = report.decision ? std::get_if<PointTo>(&*report.decision) : nullptr;
  member(writer, "action", action(report));
  member_or_null(writer, "from", move != nullptr ? report.record->content.str() : "");
  member_or_null(writer, "to", move != nullptr ? move->target.str() : "");
  writer.Key("written");
  write_written(writer, report.change);
}

void write_members(Writer& writer, const RunReport& report, int exit) {
  member(writer, "record", report.name.str());
  member(writer, "type", to_text(report.type));
  member_or_null(writer, "zone", report.zone);
  member_or_null(writer, "origin", report.record ? report.record->content.str() : "");
  member_or_null(writer, "role",
                 report.record ? role_name(report.sites.role_of(report.record->content)) : "");
  writer.Key("steps");
  write_steps(writer, report);
  write_move(writer, report);
  writer.Key("probes");
  writer.StartArray();
  for (const ProbeResult& probe : report.probes) {
    write_probe(writer, probe, report);
  }
  for (const Unresolved& unresolved : report.unresolved) {
    write_probe(writer, unresolved);
  }
  writer.EndArray();
  member(writer, "api_requests", report.api_requests);
  milliseconds(writer, "elapsed_ms", report.elapsed_ms);
  member(writer, "exit", exit);
  const auto trouble = problem(report);
  member_or_null(writer, "error", trouble ? trouble->message : "");
  member_or_null(writer, "time", seconds(report.now));
  write_state(writer, report);
}

}  // namespace

std::string to_json(const RunReport& report) {
  return json_object(
      [&](Writer& writer) { write_members(writer, report, to_int(exit_status(report))); });
}

std::string to_json(const RecordKey& record, const std::optional<Hold>& hold) {
  return json_object([&](Writer& writer) {
    member(writer, "record", record.name.str());
    member(writer, "type", to_text(record.type));
    member_or_null(writer, "held_until", hold ? to_text(hold->until) : "");
    member_or_null(writer, "why", hold ? hold->why : "");
  });
}

std::string to_status_json(const RunReport& report) {
  return json_object([&](Writer& writer) {
    write_members(writer, report, static_cast<int>(level(report)));
    member(writer, "level", to_text(level(report)));
  });
}
