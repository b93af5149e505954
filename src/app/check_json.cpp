#include "app/check_json.h"

#include "app/report.h"
#include "io/json_library.h"
#include "value/text.h"

namespace {

using Writer = LineWriter;

void member(Writer& writer, const char* name, std::string_view text) {
  writer.Key(name);
  const std::string good = as_utf8(text);
  writer.String(good.data(), static_cast<rapidjson::SizeType>(good.size()));
}

void member(Writer& writer, const char* name, Milliseconds duration) {
  writer.Key(name);
  writer.Int64(duration.count());
}

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
  member(writer, "best_ms", time.best());
  member(writer, "worst_ms", time.worst());
  member(writer, "probes_worst_ms", time.probes_worst);
  member(writer, "fall_ms", time.until_fall);
  member(writer, "ttl_ms", time.ttl);
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
  writer.Key("ttl");
  writer.Int(record->ttl);
  writer.Key("proxied");
  writer.Bool(record->proxied);
  writer.EndObject();
}

void write_probe(Writer& writer, const ProbeResult& probe) {
  writer.StartObject();
  member(writer, "address", probe.address.str());
  member(writer, "result", verdict_name(probe.health));
  writer.Key("reason");
  if (probe.failure) {
    writer.String(reason(*probe.failure).c_str());
  } else {
    writer.Null();
  }
  writer.Key("certificate_expires");
  if (probe.certificate_expires) {
    writer.Int64(*probe.certificate_expires);
  } else {
    writer.Null();
  }
  writer.EndObject();
}

void write_probe(Writer& writer, const Unresolved& unresolved) {
  writer.StartObject();
  writer.Key("address");
  writer.Null();
  member(writer, "name", unresolved.name.str());
  member(writer, "result", verdict_name(Health::unknown));
  member(writer, "reason", unresolved.why);
  writer.Key("certificate_expires");
  writer.Null();
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
  writer.Key("error");
  if (trouble) {
    writer.String(trouble->message.c_str());
  } else {
    writer.Null();
  }
  writer.EndObject();
}

}  // namespace

std::string to_json(const CheckRequest& request, const std::vector<Finding>& findings) {
  JsonBuffer text;
  Writer writer(text);
  writer.StartObject();
  writer.Key("run");
  write_lines(writer, run_lines(request));
  writer.Key("records");
  writer.StartArray();
  for (std::size_t i = 0; i < request.config.records.size(); ++i) {
    const RecordConfig& record = request.config.records[i];
    const Finding* const finding = i < findings.size() ? &findings[i] : nullptr;
    writer.StartObject();
    member(writer, "record", record.name.str());
    writer.Key("settings");
    write_lines(writer, setting_lines(record, request.layers[i]));
    writer.Key("reaction");
    const ReactionTime time = expected_reaction(record, finding);
    write_reaction(writer, time);
    writer.Key("cautions");
    writer.StartArray();
    for (const std::string& caution : cautions(record, request.config.deadline, time)) {
      writer.String(caution.c_str());
    }
    writer.EndArray();
    writer.Key("online");
    write_finding(writer, finding);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return {text.GetString(), text.GetSize()};
}
