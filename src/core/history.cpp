#include "core/history.h"

#include <algorithm>
#include <map>

namespace {

/// Begins another stretch, unless nothing differs from the last.
void begin(std::vector<Stretch>& list, Stretch next) {
  if (!list.empty()) {
    list.back().to = next.from;
    if (list.back().served == next.served) {
      return;
    }
  }
  next.to = next.from;
  list.push_back(std::move(next));
}

Stretch not_watched(UnixTime from) {
  return {.from = from, .to = from, .served = Served::not_watched};
}

/// What matters more comes first: a site that was away for a minute of a day is to be seen.
int notability(Served served) {
  return served == Served::nobody ? 0 : 1;
}

}  // namespace

std::string_view to_text(By by) {
  switch (by) {
    case By::run:
      return "run";
    case By::hook:
      return "hook";
    case By::hand:
      return "hand";
  }
  return {};
}

std::string_view to_text(Served served) {
  switch (served) {
    case Served::main:
      return "main";
    case Served::backup:
      return "backup";
    case Served::other:
      return "other";
    case Served::nobody:
      return "nobody";
    case Served::unknown:
      return "unknown";
    case Served::not_watched:
      return "unwatched";
  }
  return {};
}

std::string_view to_text(PastChange::Kind kind) {
  switch (kind) {
    case PastChange::Kind::failover:
      return "failover";
    case PastChange::Kind::failback:
      return "failback";
    case PastChange::Kind::switched:
      return "switch";
  }
  return {};
}

std::vector<Stretch> stretches(const History& runs, UnixTime watched_until, UnixTime now) {
  std::vector<Stretch> list;
  for (const PastRun& run : runs) {
    if (run.unwatched_since) {
      begin(list, not_watched(*run.unwatched_since));
    }
    begin(list, {.from = run.time,
                 .to = run.time,
                 .served = run.served,
                 .why = run.trouble.empty() && run.change ? run.change->reason : run.trouble,
                 .host = run.host,
                 .by = run.by});
  }
  if (list.empty()) {
    return list;
  }
  if (watched_until < now) {
    begin(list, not_watched(std::max(watched_until, list.back().from)));
  }
  list.back().to = now;
  std::erase_if(list, [](const Stretch& stretch) { return stretch.to <= stretch.from; });
  return list;
}

std::vector<Served> strip(const std::vector<Stretch>& stretches, UnixTime from, UnixTime to,
                          std::size_t cells) {
  std::vector<Served> line;
  const auto width = (to - from) / static_cast<double>(cells);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const auto begin = from + width * static_cast<double>(cell);
    const auto end = begin + width;
    std::map<Served, double> shares;
    for (const Stretch& stretch : stretches) {
      const auto covered =
          std::min<decltype(end)>(end, stretch.to) - std::max<decltype(begin)>(begin, stretch.from);
      if (covered.count() > 0) {
        shares[stretch.served] += covered.count();
      }
    }
    const auto best =
        std::min_element(shares.begin(), shares.end(), [](const auto& a, const auto& b) {
          const int of_a = notability(a.first);
          const int of_b = notability(b.first);
          return of_a != of_b ? of_a < of_b : a.second > b.second;
        });
    line.push_back(best == shares.end() ? Served::not_watched : best->first);
  }
  return line;
}

const PastRun* run_at(const History& runs, UnixTime time) {
  const auto later =
      std::find_if(runs.begin(), runs.end(), [&](const PastRun& run) { return run.time > time; });
  return later == runs.begin() ? nullptr : &*std::prev(later);
}
