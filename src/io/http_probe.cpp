#include "io/http_probe.h"

#include <algorithm>

#include "value/text.h"

namespace {

using Kind = ProbeFailure::Kind;

Kind kind_of(HttpFailure::Kind kind) {
  switch (kind) {
    case HttpFailure::Kind::refused:
      return Kind::refused;
    case HttpFailure::Kind::unreachable:
      return Kind::unreachable;
    case HttpFailure::Kind::timeout_connecting:
      return Kind::timeout_connecting;
    case HttpFailure::Kind::timeout_reading:
      return Kind::timeout_reading;
    case HttpFailure::Kind::closed:
      return Kind::reset;
    case HttpFailure::Kind::tls:
      return Kind::tls;
    case HttpFailure::Kind::certificate:
      return Kind::certificate;
    case HttpFailure::Kind::not_http:
      return Kind::not_http;
    case HttpFailure::Kind::deadline:
      return Kind::deadline;
    case HttpFailure::Kind::name:
    case HttpFailure::Kind::proxy:
    case HttpFailure::Kind::denied:
    case HttpFailure::Kind::this_host:
      return Kind::this_host;
  }
  return Kind::this_host;
}

ProbeFailure to_probe_failure(const HttpFailure& failure) {
  return {kind_of(failure.kind), failure.detail, failure.after};
}

HttpRequest to_request(const ProbeSettings& settings, const Url& url, const IpAddress& address) {
  HttpRequest request{.url = url,
                      .method = settings.method,
                      .connect_to = address,
                      .timeout = settings.timeout,
                      .connect_timeout = settings.connect_timeout,
                      .ca_file = settings.ca_file,
                      .insecure = settings.insecure,
                      .certificate_dates = settings.certificate_dates};
  for (const Header& header : settings.headers) {
    request.headers.push_back({header.name, Secret(header.value)});
  }
  const bool body_matters = !settings.expect_body.empty() || settings.max_body;
  request.wants_body = [body_matters, expected = settings.expect_status](int status) {
    return body_matters && expected.contains(status);
  };
  if (settings.max_body) {
    request.max_body = *settings.max_body;
  } else {
    request.stop_at = settings.expect_body;
  }
  return request;
}

std::optional<ProbeFailure> judge(const ProbeSettings& settings, const HttpReply& reply) {
  if (!settings.expect_status.contains(reply.status)) {
    return ProbeFailure{Kind::status, std::to_string(reply.status)};
  }
  if (settings.max_body && reply.too_large) {
    return ProbeFailure{Kind::too_large};
  }
  if (reply.body.find(settings.expect_body) == std::string::npos) {
    return ProbeFailure{Kind::body_lacks, printable(settings.expect_body, 60)};
  }
  return std::nullopt;
}

}  // namespace

Task<ProbeAttempt> http_probe(Http& http, const ProbeSettings& settings, HttpTarget target,
                              IpAddress address) {
  const HttpResult result = co_await http.fetch(to_request(settings, target.url, address));
  if (!result) {
    co_return ProbeAttempt{to_probe_failure(result.error())};
  }
  co_return ProbeAttempt{judge(settings, *result), result->certificate_expires};
}

Task<ProbeAttempt> tcp_probe(Http& http, const ProbeSettings& settings, TcpTarget target,
                             IpAddress address) {
  const Milliseconds at_most = std::min(settings.connect_timeout, settings.timeout);
  const HttpResult result = co_await http.connect(address, target.port, at_most);
  if (!result) {
    co_return ProbeAttempt{to_probe_failure(result.error())};
  }
  co_return ProbeAttempt{};
}
