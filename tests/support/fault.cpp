#include "fault.h"

#include <utility>

namespace fault {
namespace {

std::string text(int number) {
  return std::to_string(number);
}

// Without quotes and backslashes in it.
std::string quoted(const std::string& plain) {
  return "\"" + plain + "\"";
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
          .body = "{\"success\":false,\"errors\":[{\"code\":" + text(code) +
                  ",\"message\":" + quoted(message) + "}],\"messages\":[],\"result\":null}"};
}

Answer edge_page(int status) {
  return {.status = status,
          .body = "<!DOCTYPE html>\n<html><head><title>api.cloudflare.com | " + text(status) +
                  "</title></head>\n<body><h1>Error " + text(status) + "</h1></body></html>\n",
          .content_type = "text/html; charset=UTF-8"};
}

Answer edge_problem(int status, int retry_after) {
  const std::string number = text(status);
  return {.status = status,
          .body = R"({"type":"https://developers.cloudflare.com/support/troubleshooting/)"
                  R"(http-status-codes/cloudflare-5xx-errors/error-)" +
                  number + R"(/","title":"Error )" + number + R"(","status":)" + number +
                  R"(,"detail":"The origin did not answer.","instance":"9f140b785e57c458",)"
                  R"("error_code":)" +
                  number +
                  R"(,"error_name":"edge_error","error_category":"origin",)"
                  R"("ray_id":"9f140b785e57c458","timestamp":"2026-04-24T09:22:40Z",)"
                  R"("zone":"api.cloudflare.com","cloudflare_error":true,"retryable":true,)"
                  R"("retry_after":)" +
                  text(retry_after) + R"(,"owner_action_required":true})",
          .content_type = "application/problem+json",
          .headers = {{"Retry-After", text(retry_after)}}};
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
  return {.body = "{\"success\":true,\"errors\":[],\"messages\":[\"\xC3\x28\xFF\"],\"result\":[]}"};
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
