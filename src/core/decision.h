#pragma once

#include <variant>
#include <vector>

#include "core/health.h"
#include "core/sites.h"

/// The lines of the procedure, by their numbers.
enum class Step {
  get_origin = 1,
  origin_accessible = 2,
  origin_is_main = 3,
  main_accessible = 4,
  fail_back = 5,
  origin_is_backup = 6,
  candidate_accessible = 7,
  fail_over = 8,
};

/// What to do with an origin that is neither MAIN nor a backup: `follow` the eight steps, replace a
/// dead one by MAIN first, or `keep` one that is accessible.
enum class Unfamiliar { follow, main_first, keep };

/// The record stays as it is.
struct Keep {
  Step left_at;
  friend bool operator==(const Keep&, const Keep&) = default;
};

/// The record is to hold `target`, which was found accessible.
struct PointTo {
  IpAddress target;
  Step left_at;
  friend bool operator==(const PointTo&, const PointTo&) = default;
};

/// The answer hangs on a verdict that is not in yet.
struct Wait {
  IpAddress address;
  Step left_at;
  friend bool operator==(const Wait&, const Wait&) = default;
};

/// The answer hangs on an address that this host cannot judge, or on a name that does not resolve.
struct CannotJudge {
  Host host;
  Step left_at;
  friend bool operator==(const CannotJudge&, const CannotJudge&) = default;
};

using Decision = std::variant<Keep, PointTo, Wait, CannotJudge>;

/// The eight steps. Reads of `health` only what the answer needs, in the order of the steps, so it
/// can be asked again whenever another verdict is in.
Decision decide(const IpAddress& origin, const Sites& sites, const HealthReport& health,
                Unfamiliar unfamiliar = Unfamiliar::follow);

/// A change by hand: to the first accessible host of MAIN or of the backups, unless the origin is
/// an accessible one of them. Left at the first step where there is nothing to do.
Decision decide_switch(const IpAddress& origin, const Sites& sites, const HealthReport& health,
                       Role to);

/// Where a change by hand may lead, best first: never to the origin.
std::vector<Host> switch_targets(const IpAddress& origin, const Sites& sites, Role to);

/// What may replace a dead origin, most wanted first; never the origin itself. A name is among them
/// only where it does not resolve.
std::vector<Host> candidates(const IpAddress& origin, const Sites& sites, Unfamiliar unfamiliar);

/// The line that the decision was reached at.
Step left_at(const Decision& decision);

/// The numbers of the steps taken on the way to `last`, `last` included.
std::vector<int> steps_to(Step last);
