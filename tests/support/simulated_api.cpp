#include "simulated_api.h"

#include <algorithm>
#include <string_view>

#include "simulated_json.h"
#include "simulated_query.h"
#include "simulated_request_json.h"

namespace simulated {
namespace {

constexpr std::string_view kBase = "/client/v4/";

// Where a path leads.

enum class Endpoint { none, verify_user, verify_account, zones, zone, records, record, batch };

struct Route {
  Endpoint endpoint = Endpoint::none;
  std::string zone_id = {};
  std::string record_id = {};

  bool is_verify() const {
    return endpoint == Endpoint::verify_user || endpoint == Endpoint::verify_account;
  }
  bool is_dns() const {
    return endpoint == Endpoint::records || endpoint == Endpoint::record ||
           endpoint == Endpoint::batch;
  }
};

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> parts;
  if (!path.starts_with(kBase)) {
    return parts;
  }
  path.remove_prefix(kBase.size());
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(path.size(), slash + 1));
  }
  return parts;
}

Route zone_route(const std::vector<std::string>& parts) {
  if (parts.size() == 1) {
    return {.endpoint = Endpoint::zones};
  }
  if (parts.size() == 2) {
    return {.endpoint = Endpoint::zone, .zone_id = parts[1]};
  }
  if (parts[2] != "dns_records" || parts.size() > 4) {
    return {};
  }
  if (parts.size() == 3) {
    return {.endpoint = Endpoint::records, .zone_id = parts[1]};
  }
  if (parts[3] == "batch") {
    return {.endpoint = Endpoint::batch, .zone_id = parts[1]};
  }
  return {.endpoint = Endpoint::record, .zone_id = parts[1], .record_id = parts[3]};
}

Route route_of(std::string_view path) {
  const auto parts = segments(path);
  if (parts == std::vector<std::string>{"user", "tokens", "verify"}) {
    return {.endpoint = Endpoint::verify_user};
  }
  if (parts.size() == 4 && parts[0] == "accounts" && parts[2] == "tokens" && parts[3] == "verify") {
    return {.endpoint = Endpoint::verify_account};
  }
  return parts.empty() || parts[0] != "zones" ? Route{} : zone_route(parts);
}

// What the gateway says.

tl::unexpected<ApiError> gateway_error(int status, int code, std::string message) {
  return tl::unexpected{ApiError{
      .status = status, .code = code, .message = std::move(message), .service = Service::gateway}};
}

tl::unexpected<ApiError> invalid_headers(int code, std::string message) {
  return tl::unexpected{ApiError{.code = 6003,
                                 .message = "Invalid request headers",
                                 .service = Service::gateway,
                                 .chain = {{code, std::move(message)}}}};
}

tl::unexpected<ApiError> unknown_token(const Route& route) {
  if (route.is_verify()) {
    return gateway_error(401, 1000, "Invalid API Token");
  }
  return route.is_dns() ? gateway_error(401, 10000, "Authentication error")
                        : gateway_error(403, 9109, "Invalid access token");
}

tl::unexpected<ApiError> not_permitted(const Route& route) {
  if (!route.is_dns()) {
    return gateway_error(403, 9109, "Unauthorized to access requested resource");
  }
  return tl::unexpected{
      ApiError{.status = 403,
               .code = 10000,
               .message = "Authentication error",
               .service = Service::gateway,
               .documentation_url =
                   "https://developers.cloudflare.com/fundamentals/api/get-started/create-token/"}};
}

tl::unexpected<ApiError> wrong_method() {
  return gateway_error(405, 10405, "Method not allowed for this authentication scheme");
}

tl::unexpected<ApiError> could_not_route(const std::string& path) {
  return gateway_error(
      404, 7003, "Could not route to " + path + ", perhaps your object identifier is invalid?");
}

// Who asks.

struct Caller {
  const Token* token = nullptr;  // none: the global key, which may do everything

  bool sees(const Zone& zone) const {
    return token == nullptr || token->zones.empty() ||
           std::find(token->zones.begin(), token->zones.end(), zone.name) != token->zones.end();
  }
  bool may_list_zones() const { return token == nullptr || token->zone_read; }
  bool may_read_zone() const { return may_list_zones() || may_read_records(); }
  bool may_read_records() const { return token == nullptr || token->dns_read || token->dns_edit; }
  bool may_edit_records() const { return token == nullptr || token->dns_edit; }
};

bool is_visible_ascii(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

bool is_global_key(std::string_view key) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  const bool old_shape =
      key.size() >= 37 && key.size() <= 45 && std::all_of(key.begin(), key.end(), is_digit);
  return old_shape || key.starts_with("cfk_");
}

ApiResult<Caller> by_token(const Api& api, const std::string& authorization, const Route& route) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string value = authorization.substr(std::min(authorization.size(), kScheme.size()));
  if (!authorization.starts_with(kScheme) || !is_visible_ascii(value)) {
    return invalid_headers(6111, "Invalid format for Authorization header");
  }
  const auto token = std::find_if(api.tokens.begin(), api.tokens.end(),
                                  [&](const Token& one) { return one.value == value; });
  if (token == api.tokens.end()) {
    return unknown_token(route);
  }
  if (token->status != TokenStatus::active && !route.is_verify()) {
    return unknown_token(route);
  }
  if (!token->at_allowed_location) {
    return gateway_error(403, 9109, "Cannot use the access token from location: 203.0.113.7");
  }
  return Caller{&*token};
}

ApiResult<Caller> by_key(const Api& api, const ApiRequest& request) {
  if (!is_global_key(request.auth_key)) {
    return invalid_headers(6103, "Invalid format for X-Auth-Key header");
  }
  const bool known = std::any_of(api.keys.begin(), api.keys.end(), [&](const GlobalKey& key) {
    return key.email == request.auth_email && key.key == request.auth_key;
  });
  if (!known) {
    return gateway_error(403, 9103, "Unknown X-Auth-Key or X-Auth-Email");
  }
  return Caller{};
}

ApiResult<Caller> identify(const Api& api, const ApiRequest& request, const Route& route) {
  if (!request.authorization.empty()) {
    return by_token(api, request.authorization, route);
  }
  if (!request.auth_key.empty() && !request.auth_email.empty()) {
    return by_key(api, request);
  }
  return gateway_error(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
}

// One request by somebody who is known.
class Call {
 public:
  Call(Api& api, const ApiRequest& request, const Route& route, const Caller& caller, Time now)
      : api_{api}, request_{request}, route_{route}, caller_{caller}, now_{now} {}

  // The body of a good answer.
  ApiResult<std::string> run() {
    switch (route_.endpoint) {
      case Endpoint::none:
        return gateway_error(404, 7000, "No route for that URI");
      case Endpoint::verify_user:
        return verify(TokenKind::user);
      case Endpoint::verify_account:
        return verify(TokenKind::account);
      case Endpoint::zones:
        return zones();
      case Endpoint::zone:
        return zone();
      case Endpoint::records:
        return records();
      case Endpoint::record:
        return record();
      case Endpoint::batch:
        return batch();
    }
    return gateway_error(404, 7000, "No route for that URI");
  }

 private:
  bool is(std::string_view method) const { return request_.method == method; }

  ApiResult<std::string> verify(TokenKind kind) const {
    if (!is("GET") || caller_.token == nullptr) {
      return wrong_method();
    }
    if (caller_.token->kind != kind) {
      return unknown_token(route_);
    }
    const std::string result = to_json(*caller_.token);
    return caller_.token->status == TokenStatus::active ? verified(result) : success(result);
  }

  ApiResult<std::string> zones() const {
    if (!is("GET")) {
      return wrong_method();
    }
    if (!caller_.may_list_zones()) {
      return not_permitted(route_);
    }
    std::vector<Zone> visible;
    std::copy_if(api_.zones.begin(), api_.zones.end(), std::back_inserter(visible),
                 [&](const Zone& one) { return caller_.sees(one); });
    return select_zones(visible, request_.parameters).map(success<Zone>);
  }

  ApiResult<std::string> zone() {
    if (!is("GET")) {
      return wrong_method();
    }
    return permitted_zone(caller_.may_read_zone()).map([](const Zone* found) {
      return success(to_json(*found));
    });
  }

  ApiResult<std::string> records() {
    if (!is("GET") && !is("POST")) {
      return wrong_method();
    }
    return dns_zone().and_then(
        [&](Zone* found) { return is("GET") ? list(*found) : create(*found); });
  }

  ApiResult<std::string> record() {
    if (!is("GET") && !is("PATCH") && !is("PUT") && !is("DELETE")) {
      return wrong_method();
    }
    return dns_zone().and_then([&](Zone* found) {
      if (is("GET")) {
        return one_record(found->get(route_.record_id));
      }
      return is("DELETE") ? remove(*found) : change(*found);
    });
  }

  ApiResult<std::string> batch() {
    if (!is("POST")) {
      return wrong_method();
    }
    return dns_zone().and_then([&](Zone* found) {
      return read_batch(request_.body)
          .and_then([&](const Batch& actions) { return found->run(actions, now_); })
          .map([](const BatchResult& result) { return success(to_json(result)); });
    });
  }

  ApiResult<std::string> list(const Zone& in) const {
    return select_records(in.records, request_.parameters).map(success<Record>);
  }

  ApiResult<std::string> create(Zone& in) const {
    return read_change(request_.body).and_then([&](const RecordChange& wanted) {
      return one_record(in.create(wanted, now_));
    });
  }

  ApiResult<std::string> change(Zone& in) const {
    return read_change(request_.body).and_then([&](const RecordChange& wanted) {
      return one_record(is("PUT") ? in.put(route_.record_id, wanted, now_)
                                  : in.patch(route_.record_id, wanted, now_));
    });
  }

  ApiResult<std::string> remove(Zone& in) const {
    return in.remove(route_.record_id).map([](const Record& removed) {
      return success("{\"id\":\"" + removed.id + "\"}");
    });
  }

  static ApiResult<std::string> one_record(const ApiResult<Record>& result) {
    return result.map([](const Record& record) { return success(to_json(record)); });
  }

  ApiResult<Zone*> dns_zone() {
    return permitted_zone(is("GET") ? caller_.may_read_records() : caller_.may_edit_records());
  }

  ApiResult<Zone*> permitted_zone(bool permitted) {
    const auto found = std::find_if(api_.zones.begin(), api_.zones.end(),
                                    [&](const Zone& one) { return one.id == route_.zone_id; });
    if (found == api_.zones.end()) {
      return could_not_route(request_.path);
    }
    return permitted && caller_.sees(*found) ? ApiResult<Zone*>{&*found} : not_permitted(route_);
  }

  Api& api_;
  const ApiRequest& request_;
  const Route& route_;
  const Caller& caller_;
  Time now_;
};

}  // namespace

// Credentials are looked at before anything else.
ApiAnswer Api::answer(const ApiRequest& request, Time now) {
  const Route route = route_of(request.path);
  const auto caller = identify(*this, request, route);
  const auto body =
      caller ? Call{*this, request, route, *caller, now}.run() : tl::unexpected{caller.error()};
  if (!body) {
    return {.status = body.error().status, .body = failure(body.error())};
  }
  return {.body = *body};
}

Zone* Api::zone_of(std::string_view name) {
  Zone* best = nullptr;
  for (Zone& zone : zones) {
    if (zone.holds(name) && (best == nullptr || zone.name.size() > best->name.size())) {
      best = &zone;
    }
  }
  return best;
}

std::vector<std::string> Api::secrets() const {
  std::vector<std::string> result;
  for (const Token& token : tokens) {
    result.push_back(token.value);
  }
  for (const GlobalKey& key : keys) {
    result.push_back(key.key);
  }
  return result;
}

}  // namespace simulated
