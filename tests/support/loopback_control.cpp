#include "loopback_control.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <exception>
#include <string>
#include <tl/expected.hpp>

#include "fault_json.h"
#include "simulated_json.h"
#include "simulated_request_json.h"

namespace {

using simulated::ApiAnswer;
using simulated::RecordChange;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void write(Writer& out, const char* key, const std::string& text) {
  out.Key(key);
  out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write(Writer& out, const LoggedRequest& request) {
  const auto time = std::chrono::floor<std::chrono::microseconds>(request.time);
  out.StartObject();
  write(out, "time", simulated::timestamp(time));
  out.Key("connection");
  out.Uint64(request.connection);
  write(out, "method", request.method);
  write(out, "path", request.path);
  write(out, "query", request.query);
  write(out, "body", request.body);
  write(out, "credential", request.credential);
  out.Key("status");
  out.Int(request.status);
  out.EndObject();
}

std::string log_json(const std::vector<LoggedRequest>& requests) {
  rapidjson::StringBuffer buffer;
  Writer out{buffer};
  out.StartArray();
  for (const LoggedRequest& request : requests) {
    write(out, request);
  }
  out.EndArray();
  return buffer.GetString();
}

ApiAnswer done() {
  return {.body = R"({"ok":true})"};
}

ApiAnswer refused(int status, const std::string& why) {
  rapidjson::StringBuffer buffer;
  Writer out{buffer};
  out.StartObject();
  write(out, "error", why);
  out.EndObject();
  return {.status = status, .body = buffer.GetString()};
}

// The value of "do".
std::string deed(const std::string& json) {
  rapidjson::Document object;
  object.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  const rapidjson::Value& members = object;
  const auto found = members.FindMember("do");
  const bool said = found != members.MemberEnd() && found->value.IsString();
  return said ? found->value.GetString() : "edit";
}

simulated::Record record_of(const RecordChange& wanted) {
  return {.name = wanted.name.value_or(""),
          .type = wanted.type.value_or("A"),
          .content = wanted.content.value_or(""),
          .ttl = wanted.ttl.value_or(1),
          .proxied = wanted.proxied.value_or(false),
          .comment = wanted.comment};
}

// What is wrong with the description, or nothing once it is done.
tl::expected<void, std::string> change_record(LoopbackCloudflare& cloudflare,
                                              const std::string& json) {
  const auto wanted = simulated::read_change(json);
  if (!wanted) {
    return tl::unexpected{wanted.error().message};
  }
  const std::string name = wanted->name.value_or("");
  const std::string type = wanted->type.value_or("A");
  const std::string what = deed(json);
  if (what == "edit") {
    cloudflare.edit(name, type, *wanted);
  } else if (what == "add") {
    cloudflare.add_record(record_of(*wanted));
  } else if (what == "remove") {
    cloudflare.remove(name, type);
  } else if (what == "recreate") {
    cloudflare.recreate(name, type, wanted->content.value_or(""));
  } else {
    return tl::unexpected{"no such deed: " + what};
  }
  return {};
}

ApiAnswer put_record(LoopbackCloudflare& cloudflare, const std::string& json) {
  try {
    const auto changed = change_record(cloudflare, json);
    return changed ? done() : refused(400, changed.error());
  } catch (const std::exception& problem) {
    return refused(400, problem.what());
  }
}

ApiAnswer arm_fault(LoopbackCloudflare& cloudflare, const std::string& json) {
  auto fault = read_fault(
      json, [&cloudflare](const std::string& change) { put_record(cloudflare, change); });
  if (!fault) {
    return refused(400, fault.error());
  }
  cloudflare.arm(*std::move(fault));
  return done();
}

}  // namespace

ApiAnswer control(LoopbackCloudflare& cloudflare, const simulated::ApiRequest& request) {
  const std::string what = request.method + " " + request.path;
  if (what == "GET /control/records") {
    return {.body = simulated::to_json(cloudflare.records())};
  }
  if (what == "GET /control/log") {
    return {.body = log_json(cloudflare.requests())};
  }
  if (what == "POST /control/fault") {
    return arm_fault(cloudflare, request.body);
  }
  if (what == "DELETE /control/fault") {
    cloudflare.disarm_all();
    return done();
  }
  if (what == "PUT /control/record") {
    return put_record(cloudflare, request.body);
  }
  if (what == "POST /control/quit") {
    return done();
  }
  return refused(404, "no such control: " + what);
}
