#include "app/check_json.h"

#include "app/report.h"
#include "io/json_library.h"

namespace {

using Writer = LineWriter;

void write_lines(Writer& writer, const std::vector<SettingLine>& lines) {
  writer.StartObject();
  for (const SettingLine& line : lines) {
    writer.Key(line.name.c_str());
    writer.StartObject();
    member(writer, "value", line.value);
    member(writer, "source", line.source);
    writer.EndObject();
  }
  writer.EndObject();
}

void write_reaction(Writer& writer, const ReactionTime& time) {
  writer.StartObject();
  member(writer, "best_ms", time.best().count());
  member(writer, "worst_ms", time.worst().count());
  member(writer, "probes_worst_ms", time.probes_worst.count());
  member(writer, "fall_ms", time.until_fall.count());
  member(writer, "ttl_ms", time.ttl.count());
  writer.EndObject();
}

void write_found_record(Writer& writer, const Finding& finding) {
  const auto& record = finding.report.record;
  writer.Key("record");
  if (!record) {
    writer.Null();
    return;
  }
  writer.StartObject();
  member(writer, "content", record->content.str());
  member(writer, "ttl", record->ttl);
  member(writer, "proxied", record->proxied);
  writer.EndObject();
}

void write_probe(Writer& writer, const ProbeResult& probe) {
  std::optional<std::int64_t> expires;
  if (probe.certificate_expires) {
    expires = unix_seconds(*probe.certificate_expires);
  }
  writer.StartObject();
  member(writer, "address", probe.address.str());
  member(writer, "result", verdict_name(probe.health));
  member_or_null(writer, "reason", probe.failure ? reason(*probe.failure) : "");
  member(writer, "certificate_expires", expires);
  writer.EndObject();
}

void write_probe(Writer& writer, const Unresolved& unresolved) {
  writer.StartObject();
  member_or_null(writer, "address", "");
  member(writer, "name", unresolved.name.str());
  member(writer, "result", verdict_name(Health::unknown));
  member(writer, "reason", unresolved.why);
  member_or_null(writer, "certificate_expires", "");
  writer.EndObject();
}

void write_finding(Writer& writer, const Finding* finding) {
  if (finding == nullptr) {
    writer.Null();
    return;
  }
  writer.StartObject();
  member(writer, "zone", finding->report.zone);
  write_found_record(writer, *finding);
  writer.Key("probes");
  writer.StartArray();
  for (const ProbeResult& probe : finding->report.probes) {
    write_probe(writer, probe);
  }
  for (const Unresolved& unresolved : finding->report.unresolved) {
    write_probe(writer, unresolved);
  }
  writer.EndArray();
  const auto trouble = check_problem(*finding);
  member_or_null(writer, "error", trouble ? trouble->message : "");
  writer.EndObject();
}

void write_record(Writer& writer, const CheckRequest& request, std::size_t index,
                  const Finding* finding) {
  const RecordConfig& record = request.config.records[index];
  const ReactionTime time = expected_reaction(record, finding);
  writer.StartObject();
  member(writer, "record", record.name.str());
  writer.Key("settings");
  write_lines(writer, setting_lines(record, request.layers[index]));
  writer.Key("reaction");
  write_reaction(writer, time);
  writer.Key("cautions");
  writer.StartArray();
  for (const std::string& caution : cautions(record, request.config, time)) {
    write_text(writer, caution);
  }
  writer.EndArray();
  writer.Key("online");
  write_finding(writer, finding);
  writer.EndObject();
}

}  // namespace

std::string to_json(const CheckRequest& request, const std::vector<Finding>& findings) {
  return json_object([&](Writer& writer) {
    writer.Key("run");
    write_lines(writer, run_lines(request));
    writer.Key("records");
    writer.StartArray();
    for (std::size_t i = 0; i < request.config.records.size(); ++i) {
      const Finding* const finding = i < findings.size() ? &findings[i] : nullptr;
      write_record(writer, request, i, finding);
    }
    writer.EndArray();
  });
}
