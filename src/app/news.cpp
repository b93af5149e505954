#include "app/news.h"

#include <algorithm>

#include "app/report.h"
#include "app/report_json.h"
#include "value/text.h"

namespace {

/// "2026-01-31T101500.250Z-1-www.example.com.A-failover": sorts as things happened, and is fit for
/// a file's name.
std::string id_of(UnixTime time, std::size_t number, std::string record, Event event) {
  constexpr std::size_t kLongest = 100;  // A file's name has 255 bytes, and an end of its own.
  if (record.size() > kLongest) {
    const std::size_t hash = std::hash<std::string>()(record);
    record.replace(kLongest, record.npos, "-" + std::to_string(hash));
  }
  std::string moment = to_text(time);
  if (moment.find('.') == moment.npos) {
    moment.insert(moment.size() - 1, ".000");
  }
  std::string id =
      moment + "-" + std::to_string(number) + "-" + record + "-" + std::string(to_text(event));
  std::erase(id, ':');
  std::replace(id.begin(), id.end(), ' ', '.');
  std::replace(id.begin(), id.end(), '*', '+');
  return id;
}

class Teller {
 public:
  Teller(const RunReport& report, const std::string& host) : report_(report), host_(host) {}

  void tell(Event event, std::string sentence, std::string reason,
            const std::optional<PastChange>& change = {},
            std::optional<UnixTime> since = std::nullopt) {
    notices_.push_back({.id = id_of(report_.now, notices_.size() + 1, title(report_), event),
                        .event = event,
                        .time = report_.now,
                        .record = title(report_),
                        .sentence = std::move(sentence),
                        .from = change ? change->from.str() : "",
                        .to = change ? change->to.str() : "",
                        .reason = std::move(reason),
                        .host = host_,
                        .since = since,
                        .json = to_json(report_)});
  }

  std::vector<Notice> notices() && { return std::move(notices_); }

 private:
  const RunReport& report_;
  const std::string& host_;
  std::vector<Notice> notices_;
};

/// The trouble that the run has met; nothing if it went well.
std::optional<Event> trouble_of(const RunReport& report) {
  if (report.change) {
    if (std::holds_alternative<NotWritten>(*report.change)) {
      return Event::refused;
    }
    if (std::holds_alternative<Unconfirmed>(*report.change)) {
      return Event::unconfirmed;
    }
    return std::holds_alternative<Conflict>(*report.change) ? std::optional(Event::conflict)
                                                            : std::nullopt;
  }
  switch (exit_status(report)) {
    case ExitStatus::inaccessible:
      return Event::cannot_fail_over;
    case ExitStatus::unread:
    case ExitStatus::unknown:
      return Event::unknown;
    case ExitStatus::ok:
    case ExitStatus::usage:
    case ExitStatus::conflict:
    case ExitStatus::not_written:
    case ExitStatus::unconfirmed:
    case ExitStatus::busy:
      break;
  }
  return std::nullopt;
}

void tell_of_change(Teller& teller, const RunReport& report) {
  if (report.change && std::holds_alternative<Written>(*report.change)) {
    const auto change = past_run(report, {}, By::run).change;
    teller.tell(event_of_change(report), *change_line(report), change->reason, change);
  }
}

/// Since when the standby is dead, if it is and people know by now.
std::optional<UnixTime> tell_of_standby(Teller& teller, const RunReport& report,
                                        const IpAddress& address,
                                        const std::optional<UnixTime>& told) {
  const Track* const track = report.track_of(address);
  if (track == nullptr) {
    return told;
  }
  const std::string standby = title(report) + ": the standby " + address.str();
  if (track->counts_as == Health::up) {
    if (told) {
      const std::string lasted = describe(report.now - *told);
      teller.tell(Event::standby_up, standby + " is accessible again, after " + lasted,
                  "inaccessible for " + lasted);
    }
    return std::nullopt;
  }
  const ProbeResult* const probe = report.probe_of(address);
  if (told || probe == nullptr || !probe->failure) {
    return told;
  }
  const std::string why = describe(*probe->failure);
  teller.tell(Event::standby_down, standby + " is inaccessible: " + why, why);
  return track->since;
}

/// Not while it is unknown where the record points: the origin is no standby.
void tell_of_standbys(Teller& teller, const RunReport& report,
                      std::map<IpAddress, UnixTime>& told_dead) {
  const auto origin = report.origin_after();
  if (!origin) {
    return;
  }
  std::map<IpAddress, UnixTime> dead;
  if (!report.unresolved.empty()) {
    dead = told_dead;  // A name may stand for them again.
    dead.erase(*origin);
  }
  for (const Site& backup : report.sites.backups) {
    for (const IpAddress& address : backup.addresses) {
      if (address == *origin) {
        continue;
      }
      const auto told = told_dead.find(address);
      const auto since =
          tell_of_standby(teller, report, address,
                          told == told_dead.end() ? std::nullopt : std::optional(told->second));
      dead.erase(address);
      if (since) {
        dead.emplace(address, *since);
      }
    }
  }
  told_dead = std::move(dead);
}

void tell_of_recovery(Teller& teller, const RunReport& report, const Trouble& trouble) {
  std::string kinds;
  for (const auto& [event, at] : trouble.told) {
    kinds += (kinds.empty() ? "" : " and ") + std::string(to_text(event));
  }
  const std::string lasted = describe(report.now - trouble.since);
  teller.tell(Event::recovered,
              title(report) + ": recovered after " + lasted + ": " + outcome_line(report).text,
              kinds + " for " + lasted, {}, trouble.since);
}

void tell_of_trouble(Teller& teller, const RunReport& report, std::optional<Trouble>& open,
                     Milliseconds remind) {
  const auto event = trouble_of(report);
  if (!event) {
    if (open) {
      tell_of_recovery(teller, report, *open);
    }
    open.reset();
    return;
  }
  if (!open) {
    open = Trouble{report.now, {}};
  }
  const auto told = open->told.find(*event);
  const bool is_told = told != open->told.end();
  const bool is_due = is_told && remind > Milliseconds{0} && report.now - told->second >= remind;
  if (is_told && !is_due) {
    return;
  }
  const std::string message = problem(report)->message;
  const std::string still =
      is_told ? "still, after " + describe(report.now - open->since) + ": " : "";
  teller.tell(*event, title(report) + ": " + still + message, message,
              past_run(report, {}, By::run).change, open->since);
  open->told.insert_or_assign(*event, report.now);
}

}  // namespace

Event event_of_change(const RunReport& report) {
  const IpAddress& target = std::get<PointTo>(*report.decision).target;
  return report.sites.role_of(target) == Role::main ? Event::failback : Event::failover;
}

News news_of(const RunReport& report, const Told& told, Milliseconds remind,
             const std::string& host) {
  Teller teller(report, host);
  Told now = told;
  tell_of_change(teller, report);
  tell_of_standbys(teller, report, now.dead_standbys);
  tell_of_trouble(teller, report, now.trouble, remind);
  return {std::move(teller).notices(), std::move(now)};
}

Notice notice_of(const BegunChange& begun, const std::string& record) {
  const PastRun& run = begun.run;
  return {
      .id = id_of(run.time, 1, record, begun.event),
      .event = begun.event,
      .time = run.time,
      .record = record,
      .sentence = begun.sentence + ", as it seems: the run was killed, and the record holds it now",
      .from = run.change->from.str(),
      .to = run.change->to.str(),
      .reason = run.change->reason,
      .host = run.host,
      .json = begun.report};
}

std::string notice_text(const Notice& notice, UnixTime now) {
  constexpr std::chrono::minutes kWorthSaying{2};
  std::string text = notice.sentence + "\n\n";
  const auto line = [&](const char* name, const std::string& value) {
    text += value.empty() ? "" : std::string(name) + value + "\n";
  };
  line("Old address: ", notice.from);
  line("New address: ", notice.to);
  line("Reason: ", notice.reason);
  line("Since: ",
       to_text(std::chrono::floor<std::chrono::seconds>(notice.since.value_or(notice.time))));
  line("Noticed by: ", notice.host);
  if (now - notice.time > kWorthSaying) {
    line("This notice is late by ", describe(now - notice.time));
  }
  return text;
}

Notice test_notice(const std::string& host, UnixTime now) {
  return {.id = id_of(now, 1, "test", Event::recovered),
          .event = Event::recovered,
          .time = now,
          .record = "test",
          .sentence = "cf-failover: this is a test; nothing has happened",
          .reason = "somebody ran cf-failover notify-test",
          .host = host,
          .json = "{}"};
}
