#include "core/decision.h"

namespace {

bool is_verdict(Health health) {
  return health == Health::up || health == Health::down;
}

Decision undecided(const IpAddress& address, Health health, Step step) {
  if (health == Health::pending) {
    return Wait{address, step};
  }
  return CannotJudge{address, step};
}

}  // namespace

// 1. Get the origin address from Cloudflare for the record: the caller has.
Decision decide(const IpAddress& origin, const Sites& sites, const HealthReport& health,
                Unfamiliar unfamiliar) {
  const Role role = sites.role_of(origin);

  // 2. Is it accessible?
  const Health of_origin = health.of(origin);
  if (!is_verdict(of_origin)) {
    return undecided(origin, of_origin, Step::origin_accessible);
  }
  if (of_origin == Health::up) {
    // 3. Is it MAIN? (Or one that a person put there, and we are to leave alone?)
    if (role == Role::main || (role == Role::other && unfamiliar == Unfamiliar::keep)) {
      return Keep{Step::origin_is_main};
    }

    // 4. Is MAIN accessible?
    const Health of_main = health.of(sites.main);
    if (!is_verdict(of_main)) {
      return undecided(sites.main, of_main, Step::main_accessible);
    }
    if (of_main == Health::down) {
      return Keep{Step::main_accessible};
    }

    // 5. Change the record to MAIN.
    return PointTo{sites.main, Step::fail_back};
  }

  // 6. Is the origin BACKUP? It says who the candidates are.
  for (const IpAddress& candidate : candidates(origin, sites, unfamiliar)) {
    // 7. Is the candidate accessible?
    const Health of_candidate = health.of(candidate);
    if (!is_verdict(of_candidate)) {
      return undecided(candidate, of_candidate, Step::candidate_accessible);
    }
    if (of_candidate == Health::up) {
      // 8. Change the record to the candidate.
      return PointTo{candidate, Step::fail_over};
    }
  }
  return Keep{Step::candidate_accessible};
}

std::vector<IpAddress> candidates(const IpAddress& origin, const Sites& sites,
                                  Unfamiliar unfamiliar) {
  const Role role = sites.role_of(origin);
  std::vector<IpAddress> list;
  if (role == Role::backup || (role == Role::other && unfamiliar == Unfamiliar::main_first)) {
    list.push_back(sites.main);
  }
  for (const IpAddress& backup : sites.backups) {
    if (backup != origin) {
      list.push_back(backup);
    }
  }
  return list;
}

Step left_at(const Decision& decision) {
  return std::visit([](const auto& outcome) { return outcome.left_at; }, decision);
}

std::vector<int> steps_to(Step last) {
  switch (last) {
    case Step::get_origin:
      return {1};
    case Step::origin_accessible:
      return {1, 2};
    case Step::origin_is_main:
      return {1, 2, 3};
    case Step::main_accessible:
      return {1, 2, 3, 4};
    case Step::fail_back:
      return {1, 2, 3, 4, 5};
    case Step::origin_is_backup:
      return {1, 2, 6};
    case Step::candidate_accessible:
      return {1, 2, 6, 7};
    case Step::fail_over:
      return {1, 2, 6, 7, 8};
  }
  return {};
}
