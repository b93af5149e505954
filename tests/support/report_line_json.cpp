#include "report_line_json.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <stdexcept>

namespace {

using rapidjson::Value;

const Value& member(const Value& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd()) {
    throw std::runtime_error{std::string{"no member "} + name};
  }
  return found->value;
}

const Value& checked(const Value& value, bool good, const char* name) {
  if (!good) {
    throw std::runtime_error{std::string{"of another type than expected: "} + name};
  }
  return value;
}

std::string text(const Value& object, const char* name) {
  const Value& value = member(object, name);
  checked(value, value.IsString(), name);
  return {value.GetString(), value.GetStringLength()};
}

std::optional<std::string> text_or_null(const Value& object, const char* name) {
  return member(object, name).IsNull() ? std::nullopt : std::optional(text(object, name));
}

std::optional<bool> bool_or_null(const Value& object, const char* name) {
  const Value& value = member(object, name);
  return value.IsNull() ? std::nullopt
                        : std::optional(checked(value, value.IsBool(), name).GetBool());
}

int whole_number(const Value& object, const char* name) {
  const Value& value = member(object, name);
  return checked(value, value.IsInt(), name).GetInt();
}

double number(const Value& object, const char* name) {
  const Value& value = member(object, name);
  return checked(value, value.IsNumber(), name).GetDouble();
}

rapidjson::Document::ConstArray list(const Value& object, const char* name) {
  const Value& value = member(object, name);
  return checked(value, value.IsArray(), name).GetArray();
}

std::vector<int> steps(const Value& object) {
  std::vector<int> numbers;
  for (const Value& step : list(object, "steps")) {
    numbers.push_back(checked(step, step.IsInt(), "a step").GetInt());
  }
  return numbers;
}

ProbeLine probe_line(const Value& object) {
  checked(object, object.IsObject() && object.MemberCount() == 9, "a probe");
  return {.address = text_or_null(object, "address").value_or(""),
          .role = text(object, "role"),
          .result = text(object, "result"),
          .reason = text_or_null(object, "reason"),
          .attempts = whole_number(object, "attempts"),
          .ms = number(object, "ms"),
          .name = text_or_null(object, "name"),
          .counts_as = text_or_null(object, "counts_as"),
          .since = text_or_null(object, "since")};
}

std::vector<ProbeLine> probe_lines(const Value& object) {
  std::vector<ProbeLine> lines;
  for (const Value& probe : list(object, "probes")) {
    lines.push_back(probe_line(probe));
  }
  return lines;
}

std::vector<std::string> names(const Value& object) {
  std::vector<std::string> all;
  for (const auto& entry : object.GetObject()) {
    all.emplace_back(entry.name.GetString(), entry.name.GetStringLength());
  }
  return all;
}

ReportLine report_line(const Value& object) {
  checked(object, object.IsObject(), "the line");
  return {.members = names(object),
          .record = text(object, "record"),
          .type = text(object, "type"),
          .zone = text_or_null(object, "zone"),
          .origin = text_or_null(object, "origin"),
          .role = text_or_null(object, "role"),
          .steps = steps(object),
          .action = text(object, "action"),
          .from = text_or_null(object, "from"),
          .to = text_or_null(object, "to"),
          .written = bool_or_null(object, "written"),
          .probes = probe_lines(object),
          .api_requests = whole_number(object, "api_requests"),
          .elapsed_ms = number(object, "elapsed_ms"),
          .exit = whole_number(object, "exit"),
          .error = text_or_null(object, "error"),
          .time = text(object, "time"),
          .state = text(object, "state"),
          .held_until = text_or_null(object, "held_until"),
          .pending_until = text_or_null(object, "pending_until")};
}

}  // namespace

const ProbeLine& ReportLine::probe(const std::string& address) const {
  const auto is_it = [&](const ProbeLine& line) { return line.address == address; };
  if (std::count_if(probes.begin(), probes.end(), is_it) != 1) {
    throw std::runtime_error{"not just one probe of " + address};
  }
  return *std::find_if(probes.begin(), probes.end(), is_it);
}

ReportLine parse_report_line(const std::string& out) {
  if (out.find('\n') != out.size() - 1) {
    throw std::runtime_error{"not one line: " + out};
  }
  rapidjson::Document document;
  if (document.Parse<rapidjson::kParseValidateEncodingFlag>(out.c_str(), out.size())
          .HasParseError()) {
    throw std::runtime_error{"not JSON: " + out};
  }
  return report_line(document);
}
