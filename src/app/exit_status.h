#pragma once

/// How a run tells its caller what happened; the manual page has the whole sentences.
enum class ExitStatus {
  ok = 0,
  inaccessible = 1,  ///< and nowhere to go
  usage = 2,         ///< wrong usage or configuration; nothing was contacted
  unread = 3,        ///< the record could not be read
  unknown = 4,       ///< this host cannot judge
  conflict = 5,      ///< somebody else changed the record during the run
  not_written = 6,   ///< a change was due and did not happen
  unconfirmed = 7,   ///< a change was due and its outcome is unknown
  busy = 75,         ///< another run is under way (EX_TEMPFAIL of sysexits.h)
};

constexpr int to_int(ExitStatus status) {
  return static_cast<int>(status);
}

/// Of several records: the largest; another run under way counts as the least of troubles.
constexpr ExitStatus worse(ExitStatus a, ExitStatus b) {
  const auto weight = [](ExitStatus status) {
    return status == ExitStatus::ok ? 0 : status == ExitStatus::busy ? 1 : to_int(status) + 1;
  };
  return weight(a) >= weight(b) ? a : b;
}
