#include "core/decision.h"

#include <algorithm>
#include <optional>

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

/// The site's addresses, or its name where that does not resolve.
std::vector<Host> hosts_of(const Site& site) {
  if (site.addresses.empty()) {
    return {site.host};
  }
  return {site.addresses.begin(), site.addresses.end()};
}

void append(std::vector<Host>& list, const Site& site, const IpAddress& origin) {
  for (const Host& host : hosts_of(site)) {
    const bool is_listed = std::find(list.begin(), list.end(), host) != list.end();
    if (host != Host(origin) && !is_listed) {
      list.push_back(host);
    }
  }
}

/// Points to the first of the hosts that is accessible, unless the search stops at one that nothing
/// is known of; nothing if none is.
std::optional<Decision> first_accessible(const std::vector<Host>& hosts, const HealthReport& health,
                                         Step asking, Step moving) {
  for (const Host& host : hosts) {
    if (host.address() == nullptr) {
      return CannotJudge{host, asking};
    }
    const Health of_host = health.of(*host.address()).as_target;
    if (!is_verdict(of_host)) {
      return undecided(*host.address(), of_host, asking);
    }
    if (of_host == Health::up) {
      return PointTo{*host.address(), moving};
    }
  }
  return std::nullopt;
}

bool is_settling(const Decision& decision, const HealthReport& health) {
  const auto* const move = std::get_if<PointTo>(&decision);
  return move != nullptr && health.is_settling(move->target);
}

}  // namespace

// 1. Get the origin address from Cloudflare for the record: the caller has.
Decision decide(const IpAddress& origin, const Sites& sites, const HealthReport& health,
                Unfamiliar unfamiliar) {
  const Role role = sites.role_of(origin);

  // 2. Is it accessible?
  const Health of_origin = health.of(origin).as_origin;
  if (!is_verdict(of_origin)) {
    return undecided(origin, of_origin, Step::origin_accessible);
  }
  if (of_origin == Health::up) {
    // 3. Is it MAIN? (Or one that a person put there, and we are to leave alone?)
    if (role == Role::main || (role == Role::other && unfamiliar == Unfamiliar::keep)) {
      return Keep{Step::origin_is_main};
    }

    // 4. Is MAIN accessible? (And has it been for long enough?)
    const auto failback =
        first_accessible(hosts_of(sites.main), health, Step::main_accessible, Step::fail_back);
    if (!failback || is_settling(*failback, health)) {
      return Keep{Step::main_accessible};
    }

    // 5. Change the record to MAIN.
    return *failback;
  }

  // 6. Is the origin BACKUP? It says who the candidates are.
  const auto hosts = candidates(origin, sites, unfamiliar);

  // 7. Is the candidate accessible?
  const auto failover =
      first_accessible(hosts, health, Step::candidate_accessible, Step::fail_over);
  if (!failover) {
    return Keep{Step::candidate_accessible};
  }

  // 8. Change the record to the candidate.
  return *failover;
}

Decision decide_switch(const IpAddress& origin, const Sites& sites, const HealthReport& health,
                       Role to) {
  if (sites.role_of(origin) == to) {
    const Health of_origin = health.of(origin).as_target;
    if (of_origin == Health::up) {
      return Keep{Step::get_origin};
    }
    if (!is_verdict(of_origin)) {
      return undecided(origin, of_origin, Step::candidate_accessible);
    }
  }
  const auto move = first_accessible(switch_targets(origin, sites, to), health,
                                     Step::candidate_accessible, Step::fail_over);
  return move ? *move : Keep{Step::candidate_accessible};
}

std::vector<Host> switch_targets(const IpAddress& origin, const Sites& sites, Role to) {
  std::vector<Host> list;
  if (to == Role::main) {
    append(list, sites.main, origin);
  } else {
    for (const Site& backup : sites.backups) {
      append(list, backup, origin);
    }
  }
  return list;
}

std::vector<Host> candidates(const IpAddress& origin, const Sites& sites, Unfamiliar unfamiliar) {
  const Role role = sites.role_of(origin);
  std::vector<Host> list;
  // Of MAIN itself, a name's other addresses come first; a single address has none.
  if (role != Role::other || unfamiliar == Unfamiliar::main_first) {
    append(list, sites.main, origin);
  }
  for (const Site& backup : sites.backups) {
    append(list, backup, origin);
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
