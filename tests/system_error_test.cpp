#include "io/system_error.h"

#include <cerrno>
#include <string>

#include "support/catch.h"

TEST_CASE("What this host could not do says nothing of the address") {
  for (const int error :
       {ENETUNREACH, EADDRNOTAVAIL, EACCES, EPERM, EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    CAPTURE(error);
    CHECK(is_about_this_host(error));
    CHECK(to_probe_failure(error).kind == ProbeFailure::Kind::this_host);
    CHECK_FALSE(to_probe_failure(error).detail.empty());
  }
}

TEST_CASE("What the other side did is a reason against it") {
  using Kind = ProbeFailure::Kind;
  const auto [error, kind] = GENERATE(table<int, Kind>({
      {ECONNREFUSED, Kind::refused},
      {ETIMEDOUT, Kind::timeout_connecting},
      {ECONNRESET, Kind::reset},
      {EPIPE, Kind::reset},
      {EHOSTUNREACH, Kind::unreachable},
  }));
  CAPTURE(error);

  CHECK_FALSE(is_about_this_host(error));
  CHECK(to_probe_failure(error).kind == kind);
}
