#include "fault.h"

#include <utility>

namespace fault {
namespace {

constexpr const char* kRefusal =
    R"({"success":false,"errors":[{"code":@code,"message":"@message"}],)"
    R"("messages":[],"result":null})";

constexpr const char* kEdgePage = R"(<!DOCTYPE html>
<html><head><title>api.cloudflare.com | @status</title></head>
<body><h1>Error @status</h1></body></html>
)";

// RFC 9457 with Cloudflare's members.
constexpr const char* kEdgeProblem =
    R"({"type":"https://developers.cloudflare.com/support/troubleshooting/http-status-codes/)"
    R"(cloudflare-5xx-errors/error-@status/","title":"Error @status","status":@status,)"
    R"("detail":"The origin did not answer.","instance":"9f140b785e57c458","error_code":@status,)"
    R"("error_name":"edge_error","error_category":"origin","ray_id":"9f140b785e57c458",)"
    R"("timestamp":"2026-04-24T09:22:40Z","zone":"api.cloudflare.com","cloudflare_error":true,)"
    R"("retryable":true,"retry_after":@retry_after,"owner_action_required":true})";

// A text with each `@name` replaced.
std::string filled_in(std::string text,
                      const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, value] : values) {
    text = replace(name, value).body(std::move(text));
  }
  return text;
}

// What stands between the quotes of a JSON string.
std::string escaped(const std::string& plain) {
  std::string result;
  for (const char c : plain) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20) {
      result += std::string{R"(\u00)"} + (code < 0x10 ? '0' : '1') + "0123456789abcdef"[code % 16];
    } else {
      result += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    }
  }
  return result;
}

}  // namespace

Answer applied(Answer answer) {
  answer.effect = Effect::applied;
  return answer;
}

Answer too_many_requests(std::string retry_after) {
  Answer answer = refusal(429, 971, "Please wait and consider throttling your request speed");
  if (!retry_after.empty()) {
    answer.headers.emplace_back("Retry-After", std::move(retry_after));
  }
  return answer;
}

Answer refusal(int status, int code, const std::string& message) {
  return {.status = status,
          .body = filled_in(kRefusal,
                            {{"@code", std::to_string(code)}, {"@message", escaped(message)}})};
}

Answer edge_page(int status) {
  return {.status = status,
          .body = filled_in(kEdgePage, {{"@status", std::to_string(status)}}),
          .content_type = "text/html; charset=UTF-8"};
}

Answer edge_problem(int status, int retry_after) {
  const std::string wait = std::to_string(retry_after);
  return {.status = status,
          .body = filled_in(kEdgeProblem,
                            {{"@status", std::to_string(status)}, {"@retry_after", wait}}),
          .content_type = "application/problem+json",
          .headers = {{"Retry-After", wait}}};
}

Answer challenge() {
  return {.status = 403,
          .body = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>\n",
          .content_type = "text/html; charset=UTF-8",
          .headers = {{"cf-mitigated", "challenge"}}};
}

Answer redirect(std::string location) {
  return {.status = 307, .headers = {{"Location", std::move(location)}}};
}

Answer html(std::string body) {
  return {.body = std::move(body), .content_type = "text/html; charset=UTF-8"};
}

Answer empty_body() {
  return {};
}

Answer deeply_nested(std::size_t depth) {
  return {.body = R"({"success":true,"errors":[],"messages":[],"result":)" +
                  std::string(depth, '[') + std::string(depth, ']') + "}"};
}

Answer not_utf8() {
  return {.body = R"({"success":true,"errors":[],"messages":[")"
                  "\xC3\x28\xFF"
                  R"("],"result":[]})"};
}

Rewrite replace(std::string from, std::string to) {
  return {[from = std::move(from), to = std::move(to)](std::string body) {
    for (std::size_t at = body.find(from); at != std::string::npos;
         at = body.find(from, at + to.size())) {
      body.replace(at, from.size(), to);
    }
    return body;
  }};
}

Rewrite pad(std::size_t bytes) {
  return {[bytes](std::string body) {
    return body.insert(body.empty() ? 0 : body.size() - 1, bytes, ' ');
  }};
}

}  // namespace fault
