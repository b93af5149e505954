#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/run.h"
#include "core/notice.h"

/// What a run has to tell people, and the trouble that is still open afterwards.
struct News {
  std::vector<Notice> notices = {};
  std::optional<Trouble> trouble = {};
};

/// Compares the run with what earlier ones found: `before` are their tracks, `trouble` what they
/// told of. The same trouble is told again after `remind`; zero: never.
News news_of(const RunReport& report, const Tracks& before, const std::optional<Trouble>& trouble,
             Milliseconds remind, const std::string& host);

/// The whole text of a notice that is delivered at `now`; says so if it is late.
std::string notice_text(const Notice& notice, UnixTime now);

/// For `notify-test`.
Notice test_notice(const std::string& host, UnixTime now);
