#include "io/http.h"

std::string what_happened(const HttpFailure& failure, const std::string& host) {
  switch (failure.kind) {
    case HttpFailure::Kind::name:
      return "cannot resolve " + host;
    case HttpFailure::Kind::refused:
      return host + " refused the connection";
    case HttpFailure::Kind::unreachable:
    case HttpFailure::Kind::this_host:
      return "cannot connect to " + host + ": " + failure.detail;
    case HttpFailure::Kind::timeout_connecting:
      return "no connection to " + host + " within " + describe(failure.after);
    case HttpFailure::Kind::timeout_reading:
      return "no answer within " + describe(failure.after);
    case HttpFailure::Kind::closed:
      return host + " closed the connection without a whole answer";
    case HttpFailure::Kind::tls:
      return "no TLS connection to " + host + ": " + failure.detail;
    case HttpFailure::Kind::certificate:
      return "the certificate of " + host + " was not accepted: " + failure.detail;
    case HttpFailure::Kind::not_http:
      return host + " answered something that is not HTTP";
    case HttpFailure::Kind::proxy:
      return "no connection to " + host + " through the proxy: " + failure.detail;
    case HttpFailure::Kind::denied:
      return host + " did not take the message: " + failure.detail;
    case HttpFailure::Kind::deadline:
      return "no answer before the deadline";
  }
  return failure.detail;
}
