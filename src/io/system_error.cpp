#include "io/system_error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

bool is_about_this_host(int error_number) {
  constexpr std::array kOurs{ENETUNREACH, EADDRNOTAVAIL, EACCES, EPERM,        EMFILE,
                             ENFILE,      ENOBUFS,       ENOMEM, EAFNOSUPPORT, ENETDOWN};
  return std::find(kOurs.begin(), kOurs.end(), error_number) != kOurs.end();
}

ProbeFailure to_probe_failure(int error_number) {
  using Kind = ProbeFailure::Kind;
  switch (error_number) {
    case ECONNREFUSED:
      return {Kind::refused};
    case ETIMEDOUT:
      return {Kind::timeout_connecting};
    case ECONNRESET:
    case EPIPE:
      return {Kind::reset};
    default:
      return {is_about_this_host(error_number) ? Kind::this_host : Kind::unreachable,
              std::strerror(error_number)};
  }
}
