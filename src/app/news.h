#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/run.h"
#include "core/notice.h"
#include "io/state_json.h"

/// What a run has to tell people, and what is open once they are told.
struct News {
  std::vector<Notice> notices = {};
  Told told = {};
};

/// Compares the run with what earlier ones told. The same trouble is told again after `remind`;
/// zero: never.
News news_of(const RunReport& report, const Told& told, Milliseconds remind,
             const std::string& host);

/// What a change of the record is to be told as, also one by hand. The run must have decided on
/// one.
Event event_of_change(const RunReport& report);

/// Of a change that a run made before it was killed.
Notice notice_of(const BegunChange& begun, const std::string& record);

/// The whole text of a notice that is delivered at `now`; says so if it is late.
std::string notice_text(const Notice& notice, UnixTime now);

/// For `notify-test`.
Notice test_notice(const std::string& host, UnixTime now);
