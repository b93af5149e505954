#include "app/history_json.h"

#include "io/json_library.h"
#include "value/text.h"

namespace {

using Writer = LineWriter;

void member(Writer& writer, const char* name, std::string_view text) {
  writer.Key(name);
  if (text.empty()) {
    writer.Null();
  } else {
    const std::string good = as_utf8(text);
    writer.String(good.data(), static_cast<rapidjson::SizeType>(good.size()));
  }
}

void write_written(Writer& writer, const std::optional<PastChange>& change) {
  writer.Key("written");
  if (change && change->written) {
    writer.Bool(*change->written);
  } else {
    writer.Null();
  }
}

void write_change(Writer& writer, const std::optional<PastChange>& change) {
  writer.Key("change");
  if (!change) {
    writer.Null();
    return;
  }
  writer.StartObject();
  member(writer, "action", to_text(change->kind));
  member(writer, "from", change->from.str());
  member(writer, "to", change->to.str());
  write_written(writer, change);
  member(writer, "reason", change->reason);
  writer.EndObject();
}

void write_lines(Writer& writer, const std::vector<StepLine>& lines) {
  writer.Key("lines");
  writer.StartArray();
  for (const StepLine& line : lines) {
    writer.StartObject();
    member(writer, "step", line.number);
    member(writer, "text", line.text);
    writer.EndObject();
  }
  writer.EndArray();
}

}  // namespace

std::string to_json(const RecordKey& record, const PastRun& run) {
  JsonBuffer text;
  Writer writer(text);
  writer.StartObject();
  member(writer, "record", record.name.str());
  member(writer, "type", to_text(record.type));
  member(writer, "time", to_text(run.time));
  member(writer, "origin", run.origin ? run.origin->str() : "");
  writer.Key("exit");
  writer.Int(run.status);
  member(writer, "error", run.trouble);
  write_change(writer, run.change);
  write_lines(writer, run.lines);
  member(writer, "host", run.host);
  member(writer, "by", to_text(run.by));
  writer.EndObject();
  return {text.GetString(), text.GetSize()};
}

std::string to_json(const RecordKey& record, const PastEvent& event) {
  JsonBuffer text;
  Writer writer(text);
  writer.StartObject();
  member(writer, "record", record.name.str());
  member(writer, "type", to_text(record.type));
  member(writer, "time", to_text(event.time));
  member(writer, "event", event.name);
  member(writer, "from", event.change ? event.change->from.str() : "");
  member(writer, "to", event.change ? event.change->to.str() : "");
  write_written(writer, event.change);
  member(writer, "reason", event.reason);
  writer.Key("duration_ms");
  if (event.duration) {
    writer.Int64(event.duration->count());
  } else {
    writer.Null();
  }
  writer.Key("ongoing");
  writer.Bool(event.lasts);
  member(writer, "host", event.host);
  member(writer, "by", event.by);
  writer.EndObject();
  return {text.GetString(), text.GetSize()};
}
