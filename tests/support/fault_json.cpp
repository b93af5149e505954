#include "fault_json.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace {

using rapidjson::Value;

const Value* member(const Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::string text(const Value& object, const char* name, const char* otherwise = "") {
  const Value* const value = member(object, name);
  return value != nullptr && value->IsString()
             ? std::string{value->GetString(), value->GetStringLength()}
             : otherwise;
}

std::size_t number(const Value& object, const char* name, std::size_t otherwise) {
  const Value* const value = member(object, name);
  return value != nullptr && value->IsUint64() ? value->GetUint64() : otherwise;
}

int status(const Value& object, int otherwise) {
  const Value* const value = member(object, "status");
  return value != nullptr && value->IsInt() ? value->GetInt() : otherwise;
}

std::chrono::milliseconds milliseconds(const Value& object) {
  return std::chrono::milliseconds{number(object, "ms", 0)};
}

fault::Effect effect(const Value& object) {
  return text(object, "effect") == "applied" ? fault::Effect::applied : fault::Effect::none;
}

fault::Moment moment(const Value& object, const char* name) {
  return text(object, name) == "after" ? fault::Moment::after : fault::Moment::before;
}

std::string json_of(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> out{buffer};
  value.Accept(out);
  return buffer.GetString();
}

fault::Answer answer(const Value& object) {
  fault::Answer result{.status = status(object, 200),
                       .body = text(object, "body"),
                       .content_type = text(object, "content_type", "application/json")};
  if (const Value* const headers = member(object, "headers"); headers && headers->IsObject()) {
    for (const auto& header : headers->GetObject()) {
      const char* const name = header.name.GetString();
      result.headers.emplace_back(name, text(*headers, name));
    }
  }
  return result;
}

fault::Cut cut(const Value& object) {
  return {
      .after = number(object, "after", 0),
      .of = text(object, "of") == "answer" ? fault::Part::answer : fault::Part::body,
      .ending = text(object, "ending") == "reset" ? fault::Ending::reset : fault::Ending::close};
}

fault::Chunked chunked(const Value& object) {
  const std::string flaw = text(object, "flaw");
  fault::Chunked result{.piece = number(object, "piece", 64)};
  if (flaw == "bad_size") {
    result.flaw = fault::Flaw::bad_size;
  } else if (flaw == "no_end") {
    result.flaw = fault::Flaw::no_end;
  }
  return result;
}

fault::Answer edge_problem(const Value& object) {
  return fault::edge_problem(status(object, 522),
                             static_cast<int>(number(object, "retry_after", 120)));
}

fault::Answer refusal(const Value& object) {
  return fault::refusal(status(object, 400), static_cast<int>(number(object, "code", 1004)),
                        text(object, "message", "DNS Validation Error"));
}

using Maker = fault::Mischief (*)(const Value&);

const std::map<std::string, Maker>& makers() {
  static const std::map<std::string, Maker> kTable = {
      {"delay",
       [](const Value& o) -> fault::Mischief {
         return fault::Delay{milliseconds(o), moment(o, "carried_out")};
       }},
      {"hang", [](const Value& o) -> fault::Mischief { return fault::Hang{effect(o)}; }},
      {"close", [](const Value& o) -> fault::Mischief { return fault::Close{effect(o)}; }},
      {"reset", [](const Value& o) -> fault::Mischief { return fault::Reset{effect(o)}; }},
      {"close-after-answer",
       [](const Value&) -> fault::Mischief { return fault::CloseAfterAnswer{}; }},
      {"endless", [](const Value&) -> fault::Mischief { return fault::Endless{}; }},
      {"cut", [](const Value& o) -> fault::Mischief { return cut(o); }},
      {"pause",
       [](const Value& o) -> fault::Mischief {
         return fault::Pause{number(o, "after", 0), milliseconds(o)};
       }},
      {"drip",
       [](const Value& o) -> fault::Mischief {
         return fault::Drip{number(o, "piece", 1), milliseconds(o)};
       }},
      {"chunked", [](const Value& o) -> fault::Mischief { return chunked(o); }},
      {"replace",
       [](const Value& o) -> fault::Mischief {
         return fault::replace(text(o, "from"), text(o, "to"));
       }},
      {"pad", [](const Value& o) -> fault::Mischief { return fault::pad(number(o, "bytes", 0)); }},
      {"answer", [](const Value& o) -> fault::Mischief { return answer(o); }},
      {"too-many-requests",
       [](const Value& o) -> fault::Mischief {
         return fault::too_many_requests(text(o, "retry_after"));
       }},
      {"refusal", [](const Value& o) -> fault::Mischief { return refusal(o); }},
      {"edge-page",
       [](const Value& o) -> fault::Mischief { return fault::edge_page(status(o, 502)); }},
      {"edge-problem", [](const Value& o) -> fault::Mischief { return edge_problem(o); }},
      {"challenge", [](const Value&) -> fault::Mischief { return fault::challenge(); }},
      {"redirect",
       [](const Value& o) -> fault::Mischief { return fault::redirect(text(o, "location")); }},
      {"html",
       [](const Value& o) -> fault::Mischief { return fault::html(text(o, "body", "<html>")); }},
      {"empty-body", [](const Value&) -> fault::Mischief { return fault::empty_body(); }},
      {"deeply-nested",
       [](const Value& o) -> fault::Mischief {
         return fault::deeply_nested(number(o, "depth", 1'000'000));
       }},
      {"not-utf8", [](const Value&) -> fault::Mischief { return fault::not_utf8(); }}};
  return kTable;
}

std::optional<fault::Mischief> meanwhile(const Value& object, const EditByJson& edit) {
  const Value* const record = member(object, "record");
  if (record == nullptr || !record->IsObject()) {
    return std::nullopt;
  }
  return fault::Meanwhile{moment(object, "moment"),
                          [edit, json = json_of(*record)] { edit(json); }};
}

std::optional<fault::Mischief> mischief(const Value& object, const EditByJson& edit) {
  const std::string name = text(object, "fault");
  if (name == "meanwhile") {
    return meanwhile(object, edit);
  }
  const auto maker = makers().find(name);
  if (maker == makers().end()) {
    return std::nullopt;
  }
  fault::Mischief made = maker->second(object);
  if (auto* const answer = std::get_if<fault::Answer>(&made)) {
    answer->effect = effect(object);
  }
  return made;
}

}  // namespace

tl::expected<Fault, std::string> read_fault(const std::string& json, const EditByJson& edit) {
  rapidjson::Document object;
  object.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (object.HasParseError() || !object.IsObject()) {
    return tl::unexpected{std::string{"not a JSON object"}};
  }
  auto what = mischief(object, edit);
  if (!what) {
    return tl::unexpected{"no such fault: " + text(object, "fault")};
  }
  const bool always = text(object, "times") == "always";
  return Fault{.method = text(object, "method"),
               .path = text(object, "path"),
               .nth = number(object, "nth", 1),
               .times = always ? fault::kAlways : number(object, "times", 1),
               .mischief = *std::move(what)};
}
