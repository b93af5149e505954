#include "app/history_json.h"

#include "io/json_library.h"

namespace {

using Writer = LineWriter;

void write_change(Writer& writer, const std::optional<PastChange>& change) {
  writer.Key("change");
  if (!change) {
    writer.Null();
    return;
  }
  writer.StartObject();
  member_or_null(writer, "action", to_text(change->kind));
  member_or_null(writer, "from", change->from.str());
  member_or_null(writer, "to", change->to.str());
  member(writer, "written", change->written);
  member_or_null(writer, "reason", change->reason);
  writer.EndObject();
}

void write_lines(Writer& writer, const std::vector<StepLine>& lines) {
  writer.Key("lines");
  writer.StartArray();
  for (const StepLine& line : lines) {
    writer.StartObject();
    member_or_null(writer, "step", line.number);
    member_or_null(writer, "text", line.text);
    writer.EndObject();
  }
  writer.EndArray();
}

}  // namespace

std::string to_json(const RecordKey& record, const PastRun& run) {
  return json_object([&](Writer& writer) {
    member(writer, "record", record.name.str());
    member(writer, "type", to_text(record.type));
    member(writer, "time", to_text(run.time));
    member_or_null(writer, "origin", run.origin ? run.origin->str() : "");
    member(writer, "exit", run.status);
    member_or_null(writer, "error", run.trouble);
    write_change(writer, run.change);
    write_lines(writer, run.lines);
    member_or_null(writer, "host", run.host);
    member(writer, "by", to_text(run.by));
  });
}

std::string to_json(const RecordKey& record, const PastEvent& event) {
  const auto& change = event.change;
  return json_object([&](Writer& writer) {
    member(writer, "record", record.name.str());
    member(writer, "type", to_text(record.type));
    member(writer, "time", to_text(event.time));
    member(writer, "event", event.name);
    member_or_null(writer, "from", change ? change->from.str() : "");
    member_or_null(writer, "to", change ? change->to.str() : "");
    member(writer, "written", change ? change->written : std::nullopt);
    member_or_null(writer, "reason", event.reason);
    member(writer, "duration_ms",
           event.duration ? std::optional(event.duration->count()) : std::nullopt);
    member(writer, "ongoing", event.lasts);
    member_or_null(writer, "host", event.host);
    member_or_null(writer, "by", event.by);
  });
}
