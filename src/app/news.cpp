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
    record = record.substr(0, kLongest) + "-" + std::to_string(hash);
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
    teller.tell(action(report) == "failback" ? Event::failback : Event::failover,
                *change_line(report), change->reason, change);
  }
}

void tell_of_standbys(Teller& teller, const RunReport& report, const Tracks& before) {
  const auto origin = report.origin_after();
  for (const Site& backup : report.sites.backups) {
    for (const IpAddress& address : backup.addresses) {
      const Track* const now = report.track_of(address);
      if (now == nullptr || address == origin) {
        continue;
      }
      const auto earlier = before.find(address);
      const bool was_known = earlier != before.end();
      const bool was_up = !was_known || earlier->second.counts_as == Health::up;
      const ProbeResult* const probe = report.probe_of(address);
      if (was_up && now->counts_as == Health::down && probe != nullptr && probe->failure) {
        const std::string why = describe(*probe->failure);
        teller.tell(Event::standby_down,
                    title(report) + ": the standby " + address.str() + " is inaccessible: " + why,
                    why);
      }
      if (was_known && !was_up && now->counts_as == Health::up) {
        const std::string after = describe(report.now - earlier->second.since);
        teller.tell(Event::standby_up,
                    title(report) + ": the standby " + address.str() +
                        " is accessible again, after " + after,
                    "inaccessible for " + after);
      }
    }
  }
}

std::optional<Trouble> tell_of_trouble(Teller& teller, const RunReport& report,
                                       const std::optional<Trouble>& open, Milliseconds remind) {
  const auto event = trouble_of(report);
  if (!event) {
    if (open) {
      const std::string lasted = describe(report.now - open->since);
      teller.tell(Event::recovered,
                  title(report) + ": recovered after " + lasted + ": " + outcome_line(report).text,
                  std::string(to_text(open->event)) + " for " + lasted, {}, open->since);
    }
    return std::nullopt;
  }
  Trouble trouble{*event, open ? open->since : report.now, report.now};
  const bool is_told = open && open->event == *event;
  const bool is_due = remind > Milliseconds{0} && open && report.now - open->told >= remind;
  if (is_told && !is_due) {
    return open;
  }
  const std::string message = problem(report)->message;
  const std::string still =
      is_told ? "still, after " + describe(report.now - open->since) + ": " : "";
  teller.tell(*event, title(report) + ": " + still + message, message,
              past_run(report, {}, By::run).change, trouble.since);
  return trouble;
}

}  // namespace

News news_of(const RunReport& report, const Tracks& before, const std::optional<Trouble>& trouble,
             Milliseconds remind, const std::string& host) {
  Teller teller(report, host);
  tell_of_change(teller, report);
  tell_of_standbys(teller, report, before);
  const auto open = tell_of_trouble(teller, report, trouble, remind);
  return {std::move(teller).notices(), open};
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
