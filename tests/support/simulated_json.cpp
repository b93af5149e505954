#include "simulated_json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <cstdio>
#include <ctime>

namespace simulated {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void write(Writer& out, const std::string& text) {
  out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write(Writer& out, const char* key, const std::string& text) {
  out.Key(key);
  write(out, text);
}

void write(Writer& out, const char* key, bool value) {
  out.Key(key);
  out.Bool(value);
}

void write(Writer& out, const char* key, int value) {
  out.Key(key);
  out.Int(value);
}

void write_null(Writer& out, const char* key) {
  out.Key(key);
  out.Null();
}

void write_raw(Writer& out, const char* key, const std::string& json) {
  out.Key(key);
  out.RawValue(json.data(), json.size(), rapidjson::kObjectType);
}

void write_time(Writer& out, const char* key, const std::optional<Time>& time) {
  if (time) {
    write(out, key, timestamp(*time));
  }
}

template <typename Body>
std::string object(Body body) {
  rapidjson::StringBuffer buffer;
  Writer out{buffer};
  out.StartObject();
  body(out);
  out.EndObject();
  return buffer.GetString();
}

template <typename T>
std::string array(const std::vector<T>& items) {
  std::string text;
  for (const T& item : items) {
    text += (text.empty() ? "" : ",") + to_json(item);
  }
  return "[" + text + "]";
}

std::string tags_json(const std::vector<std::string>& tags) {
  rapidjson::StringBuffer buffer;
  Writer out{buffer};
  out.StartArray();
  for (const std::string& tag : tags) {
    write(out, tag);
  }
  out.EndArray();
  return buffer.GetString();
}

std::string settings_json(const std::map<std::string, bool>& settings) {
  return object([&](Writer& out) {
    for (const auto& [name, value] : settings) {
      write(out, name.c_str(), value);
    }
  });
}

void write_parts(Writer& out, const Record& record) {
  if (!record.data.empty()) {
    write_raw(out, "data", record.data);
  }
  if (record.priority) {
    write(out, "priority", *record.priority);
  }
}

void write_comment(Writer& out, const Record& record) {
  if (record.comment) {
    write(out, "comment", *record.comment);
  } else {
    write_null(out, "comment");
  }
}

std::string plan_json(const std::string& plan) {
  const std::string id = "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
  return object([&](Writer& out) {
    write(out, "id", id);
    write(out, "name", plan == "free" ? std::string{"Free Website"} : plan);
    write(out, "legacy_id", plan);
  });
}

std::string account_json(const Zone& zone) {
  return object([&](Writer& out) {
    write(out, "id", zone.account_id);
    write(out, "name", zone.account_name);
  });
}

void write_constant_members(Writer& out) {
  write(out, "development_mode", 0);
  write_raw(out, "name_servers", R"(["bob.ns.cloudflare.com","lola.ns.cloudflare.com"])");
  write_null(out, "original_name_servers");
  write_null(out, "original_registrar");
  write_null(out, "original_dnshost");
  write_raw(out, "meta",
            R"({"step":2,"custom_certificate_quota":0,"page_rule_quota":3,)"
            R"("phishing_detected":false})");
  write_raw(out, "owner", R"({"id":"d8e8fca2dc0f896fd7cb4cb0031ba249","type":"user"})");
}

void write_activation(Writer& out, const Zone& zone) {
  if (zone.status == "pending" || zone.status == "initializing") {
    write_null(out, "activated_on");
  } else {
    write(out, "activated_on", timestamp(zone.created_on));
  }
}

std::string result_info(const std::array<std::size_t, 5>& numbers) {
  const auto [page, per_page, count, total_count, total_pages] = numbers;
  return "{\"page\":" + std::to_string(page) + ",\"per_page\":" + std::to_string(per_page) +
         ",\"count\":" + std::to_string(count) + ",\"total_count\":" + std::to_string(total_count) +
         ",\"total_pages\":" + std::to_string(total_pages) + "}";
}

std::string chain_json(const ApiError& error) {
  std::string text;
  for (const auto& [code, message] : error.chain) {
    text += (text.empty() ? "" : ",") + object([&, code = code, &message = message](Writer& out) {
              write(out, "code", code);
              write(out, "message", message);
            });
  }
  return "[" + text + "]";
}

std::string error_json(const ApiError& error) {
  return object([&](Writer& out) {
    write(out, "code", error.code);
    write(out, "message", error.message);
    if (!error.documentation_url.empty()) {
      write(out, "documentation_url", error.documentation_url);
    }
    if (!error.chain.empty()) {
      write_raw(out, "error_chain", chain_json(error));
    }
  });
}

}  // namespace

std::string to_json(const Record& record) {
  return object([&](Writer& out) {
    write(out, "id", record.id);
    write(out, "name", record.name);
    write(out, "type", record.type);
    write(out, "content", record.content);
    write_parts(out, record);
    write(out, "proxiable", is_proxiable(record));
    write(out, "proxied", record.proxied);
    write(out, "ttl", record.ttl);
    write_raw(out, "settings", settings_json(record.settings));
    write_raw(out, "meta", "{}");
    write_comment(out, record);
    write_raw(out, "tags", tags_json(record.tags));
    if (record.private_routing) {
      write(out, "private_routing", true);
    }
    write_time(out, "created_on", record.created_on);
    write_time(out, "modified_on", record.modified_on);
    write_time(out, "comment_modified_on", record.comment_modified_on);
    write_time(out, "tags_modified_on", record.tags_modified_on);
  });
}

std::string to_json(const Zone& zone) {
  return object([&](Writer& out) {
    write(out, "id", zone.id);
    write(out, "name", zone.name);
    write(out, "status", zone.status);
    write(out, "paused", zone.paused);
    write(out, "type", zone.type);
    write_constant_members(out);
    write(out, "created_on", timestamp(zone.created_on));
    write(out, "modified_on", timestamp(zone.modified_on));
    write_activation(out, zone);
    write_raw(out, "account", account_json(zone));
    write_raw(out, "plan", plan_json(zone.plan));
  });
}

std::string to_json(const Token& token) {
  return object([&](Writer& out) {
    constexpr const char* kStatus[] = {"active", "disabled", "expired"};
    write(out, "id", token.id);
    write(out, "status", std::string{kStatus[static_cast<std::size_t>(token.status)]});
    if (!token.not_before.empty()) {
      write(out, "not_before", token.not_before);
    }
    if (!token.expires_on.empty()) {
      write(out, "expires_on", token.expires_on);
    }
  });
}

std::string to_json(const std::vector<Record>& records) {
  return array(records);
}

std::string to_json(const std::vector<Zone>& zones) {
  return array(zones);
}

std::string to_json(const BatchResult& result) {
  return object([&](Writer& out) {
    write_raw(out, "deletes", array(result.deletes));
    write_raw(out, "patches", array(result.patches));
    write_raw(out, "puts", array(result.puts));
    write_raw(out, "posts", array(result.posts));
  });
}

std::string success(std::string_view result) {
  return "{\"result\":" + std::string{result} + R"(,"success":true,"errors":[],"messages":[]})";
}

template <typename T>
std::string success(const Page<T>& page) {
  return "{\"result\":" + array(page.items) +
         R"(,"success":true,"errors":[],"messages":[],"result_info":)" +
         result_info(
             {page.page, page.per_page, page.items.size(), page.total_count, page.total_pages}) +
         "}";
}

template std::string success(const Page<Record>& page);
template std::string success(const Page<Zone>& page);

std::string verified(std::string_view result) {
  return "{\"result\":" + std::string{result} +
         R"(,"success":true,"errors":[],"messages":[{"code":10000,)"
         R"("message":"This API Token is valid and active","type":null}]})";
}

// The DNS service writes `result` first, the gateway `success`.
std::string failure(const ApiError& error) {
  const std::string errors = "[" + error_json(error) + "]";
  return error.service == Service::dns
             ? R"({"result":null,"success":false,"errors":)" + errors + R"(,"messages":[]})"
             : R"({"success":false,"errors":)" + errors + R"(,"messages":[],"result":null})";
}

std::string timestamp(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t whole = std::chrono::system_clock::to_time_t(seconds);
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string fraction = std::to_string(1'000'000 + (time - seconds).count()).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return std::string{date.data()} + (fraction.empty() ? "" : "." + fraction) + "Z";
}

}  // namespace simulated
