#include "io/cloudflare.h"

#include <algorithm>

#include "value/text.h"

namespace {

using Kind = ApiFailure::Kind;

constexpr std::size_t kLongestRay = 40;

ApiFailure to_api_failure(const HttpFailure& failure, const Url& api) {
  const Kind kind = failure.kind == HttpFailure::Kind::deadline      ? Kind::deadline
                    : failure.kind == HttpFailure::Kind::certificate ? Kind::untrusted
                                                                     : Kind::no_answer;
  return {.kind = kind, .message = what_happened(failure, api.host())};
}

Kind kind_of(int status) {
  constexpr int kTimedOut = 408;
  constexpr int kThrottled = 429;
  if (status == 404) {
    return Kind::gone;
  }
  const bool may_pass = status == kTimedOut || status == kThrottled || status >= 500;
  return may_pass ? Kind::server : Kind::refused;
}

ApiFailure to_api_failure(const HttpReply& reply) {
  ApiFailure failure = parse_error(reply.body);
  failure.kind = kind_of(reply.status);
  failure.status = reply.status;
  failure.ray = printable(reply.header("cf-ray"), kLongestRay);
  return failure;
}

/// What the answer says, if it is a good one.
template <typename T>
ApiResult<T> read_answer(const HttpResult& result, const Url& api,
                         const std::function<ApiResult<T>(const HttpReply&)>& parse) {
  if (!result) {
    return tl::unexpected(to_api_failure(result.error(), api));
  }
  if (!is_success(result->status)) {
    return tl::unexpected(to_api_failure(*result));
  }
  ApiResult<T> answer =
      result->too_large
          ? ApiResult<T>(tl::unexpected(
                ApiFailure{.kind = Kind::broken_answer, .message = "an answer of more than 1 MiB"}))
          : parse(*result);
  if (!answer) {
    answer.error().status = result->status;
    answer.error().ray = printable(result->header("cf-ray"), kLongestRay);
  }
  return answer;
}

bool may_pass(const ApiFailure& failure) {
  return failure.kind == Kind::no_answer || failure.kind == Kind::broken_answer ||
         failure.kind == Kind::server;
}

/// Half a second, doubled each time, up to eight seconds.
Milliseconds pause_after(int failures) {
  return Milliseconds(500) * (1 << std::min(failures, 4));
}

/// `"default";r=1187;t=242`: what is left of the quota.
/// https://developers.cloudflare.com/fundamentals/api/reference/limits/
std::optional<int> parse_rate_limit(std::string_view header) {
  for (const std::string_view part : split(header, ';')) {
    const std::string_view parameter = trim(part);
    if (parameter.starts_with("r=")) {
      return parse_number<int>(parameter.substr(2));
    }
  }
  return std::nullopt;
}

/// Nothing where the two times do not fit together.
std::optional<Milliseconds> age(std::optional<UnixTime> modified, std::optional<UnixTime> date) {
  constexpr std::chrono::seconds kDateIsCutTo{1};
  if (!modified || !date || *modified > *date + kDateIsCutTo) {
    return std::nullopt;
  }
  return std::max(*date - *modified, Milliseconds{0});
}

/// Only what was asked for: exactly this name and type, with an address of its family.
ApiResult<Record> as_address(const RawRecord& raw, std::optional<UnixTime> date,
                             std::string_view name, RecordType type) {
  const auto address = IpAddress::parse(raw.content);
  const bool asked_for = lower_case(raw.name) == name && raw.type == to_text(type);
  if (!asked_for || !address || address->family() != family_of(type)) {
    return tl::unexpected(
        ApiFailure{.kind = Kind::broken_answer, .message = "a record that was not asked for"});
  }
  return Record{raw.id, *address, raw.ttl, raw.proxied, age(raw.modified_on, date)};
}

ApiResult<std::vector<Record>> as_addresses(const std::vector<RawRecord>& list,
                                            std::optional<UnixTime> date, const Fqdn& name,
                                            RecordType type) {
  std::vector<Record> records;
  for (const RawRecord& raw : list) {
    const auto record = as_address(raw, date, name.str(), type);
    if (!record) {
      return tl::unexpected(record.error());
    }
    records.push_back(*record);
  }
  return records;
}

}  // namespace

Cloudflare::Cloudflare(Http& http, EventLoop& loop, ApiAccess access)
    : http_(http), loop_(loop), access_(std::move(access)) {}

HttpRequest Cloudflare::request(std::string method, const std::string& path) const {
  // The environment's proxy must not see a token that travels in the clear.
  const bool encrypted = access_.base.scheme() == Url::Scheme::https;
  HttpRequest request{
      .url = access_.base.with_path(path),
      .method = std::move(method),
      .headers = access_.credentials,
      .timeout = access_.timeout,
      .connect_timeout = access_.timeout,
      .reuse = HttpRequest::Reuse::yes,
      .proxy = encrypted ? HttpRequest::Proxy::from_environment : HttpRequest::Proxy::none};
  request.headers.push_back({"Accept", Secret("application/json")});
  return request;
}

Task<HttpResult> Cloudflare::send(HttpRequest request) {
  ++requests_;
  HttpResult reply = co_await http_.fetch(std::move(request));
  if (reply) {
    requests_left_ = parse_rate_limit(reply->header("ratelimit"));
  }
  co_return reply;
}

/// A message that repeats what we sent must not show it.
void Cloudflare::hide_credentials(std::string& message) const {
  constexpr std::string_view kMask = "****";
  for (const HttpRequest::Header& header : access_.credentials) {
    const std::string& value = header.value.reveal();
    const std::string_view secret = std::string_view(value).substr(value.rfind(' ') + 1);
    std::size_t at = 0;
    while ((at = message.find(secret, at)) != std::string::npos) {
      message.replace(at, secret.size(), kMask);
      at += kMask.size();
    }
  }
}

template <typename T>
ApiResult<T> Cloudflare::read(const HttpResult& reply, const Parser<T>& parse) const {
  ApiResult<T> answer = read_answer(reply, access_.base, parse);
  if (!answer) {
    hide_credentials(answer.error().message);
    answer.error().message = printable(answer.error().message);
  }
  return answer;
}

template <typename T>
Task<ApiResult<T>> Cloudflare::get(std::string path, Parser<T> parse) {
  for (int failures = 0;; ++failures) {
    const HttpResult reply = co_await send(request("GET", path));
    ApiResult<T> answer = read(reply, parse);
    if (answer) {
      co_return answer;
    }
    const Milliseconds asked_for = reply ? Milliseconds(reply->retry_after) : Milliseconds{0};
    const Milliseconds pause = std::max(pause_after(failures), asked_for);
    if (!may_pass(answer.error()) || pause >= loop_.left()) {
      co_return answer;
    }
    co_await loop_.sleep(pause);
  }
}

Task<ApiResult<std::vector<Zone>>> Cloudflare::zones_named(Fqdn name) {
  return get<std::vector<Zone>>("/zones?name=" + name.str(),
                                [](const HttpReply& reply) { return parse_zones(reply.body); });
}

Task<ApiResult<std::vector<Record>>> Cloudflare::records(std::string zone_id, Fqdn name,
                                                         RecordType type) {
  const std::string query =
      "?name.exact=" + name.str() + "&type=" + std::string(to_text(type)) + "&per_page=100";
  return get<std::vector<Record>>(
      "/zones/" + zone_id + "/dns_records" + query,
      [name = std::move(name), type](const HttpReply& reply) -> ApiResult<std::vector<Record>> {
        const auto list = parse_records(reply.body);
        if (!list) {
          return tl::unexpected(list.error());
        }
        return as_addresses(*list, reply.date, name, type);
      });
}

Task<ApiResult<Record>> Cloudflare::set_content(std::string zone_id, std::string record_id,
                                                IpAddress content, int ttl) {
  HttpRequest patch = request("PATCH", "/zones/" + zone_id + "/dns_records/" + record_id);
  patch.headers.push_back({"Content-Type", Secret("application/json")});
  patch.body = write_content(content, ttl);
  patch.sends = HttpRequest::Sends::once;
  has_written_ = true;
  const HttpResult reply = co_await send(std::move(patch));
  const auto answer =
      read<RawRecord>(reply, [](const HttpReply& good) { return parse_record(good.body); });
  if (!answer) {
    ApiFailure failure = answer.error();
    if (failure.kind == Kind::refused && is_success(failure.status)) {
      failure.kind = Kind::server;  // A "no" that comes as 200: only a read tells what happened.
    }
    co_return tl::unexpected(failure);
  }
  const auto address = IpAddress::parse(answer->content);
  if (!address) {
    co_return tl::unexpected(ApiFailure{.kind = Kind::broken_answer,
                                        .status = reply->status,
                                        .message = "an answer whose content is no address"});
  }
  co_return Record{answer->id, *address, answer->ttl, answer->proxied};
}
