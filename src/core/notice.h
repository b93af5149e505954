#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "value/duration.h"
#include "value/ip_address.h"
#include "value/unix_time.h"

/// What people want to be told of.
enum class Event {
  failover,
  failback,
  cannot_fail_over,
  refused,      ///< a change was due and did not happen
  unconfirmed,  ///< a change was due and its outcome is unknown
  conflict,     ///< somebody else changed the record during the run
  standby_down,
  standby_up,
  unknown,    ///< the record could not be read, or this host cannot judge
  recovered,  ///< the trouble told of before is over
};

/// The event's name: "failover", "cannot-fail-over", ...
std::string_view to_text(Event event);
std::optional<Event> parse_event(std::string_view text);

/// Something that happened to a record, as people are to be told.
struct Notice {
  std::string id;  ///< the same for every delivery of it
  Event event;
  UnixTime time;
  std::string record;    ///< "www.example.com A"
  std::string sentence;  ///< all that matters, in one
  std::string from = {};
  std::string to = {};
  std::string reason = {};
  std::string host = {};               ///< that noticed it
  std::optional<UnixTime> since = {};  ///< of trouble: when it began; else it is the time
  std::string json = {};               ///< what the run printed with --json

  friend bool operator==(const Notice&, const Notice&) = default;
};

/// Trouble that is not over. It may take turns, as when now the origin is dead and now the record
/// cannot be read; each of them is told once.
struct Trouble {
  UnixTime since;
  std::map<Event, UnixTime> told;  ///< of what people were told, and when last

  friend bool operator==(const Trouble&, const Trouble&) = default;
};

/// What people have been told of that is not over.
struct Told {
  std::optional<Trouble> trouble = {};
  std::map<IpAddress, UnixTime> dead_standbys = {};  ///< and since when each is dead

  friend bool operator==(const Told&, const Told&) = default;
};

/// How long to wait before a notice that has failed so often is sent again: a minute, doubled each
/// time, up to an hour.
Milliseconds pause_after(int failures);

/// A notice that is older than this is not sent any more.
constexpr std::chrono::hours kNoticeLifetime{24};
