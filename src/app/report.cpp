#include "app/report.h"

#include <algorithm>
#include <cmath>

#include "value/text.h"

namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

const PointTo* move_of(const RunReport& report) {
  return report.decision ? std::get_if<PointTo>(&*report.decision) : nullptr;
}

// --- What Cloudflare said ---

std::string describe(const ApiFailure& failure) {
  switch (failure.kind) {
    case ApiFailure::Kind::no_answer:
    case ApiFailure::Kind::untrusted:
      return failure.message;
    case ApiFailure::Kind::deadline:
      return failure.message.empty() ? "the deadline came first" : failure.message;
    case ApiFailure::Kind::no_zone:
      return "no zone that the credential may see holds this name";
    case ApiFailure::Kind::several_zones:
      return "several zones are named " + printable(failure.message);
    case ApiFailure::Kind::broken_answer:
    case ApiFailure::Kind::server:
    case ApiFailure::Kind::refused:
    case ApiFailure::Kind::gone:
      break;
  }
  std::string text = failure.status == 0 ? "" : "HTTP " + std::to_string(failure.status);
  if (failure.code != 0) {
    text += ", code " + std::to_string(failure.code);
  }
  const std::string_view separator = failure.code != 0 ? ": " : ", ";
  return failure.message.empty()
             ? text
             : text + (text.empty() ? "" : std::string(separator)) + failure.message;
}

/// What helps, by status first and by code only where Cloudflare's are certain.
std::string hint_for(const ApiFailure& failure, const RunReport& report) {
  const std::string zone = report.zone.empty() ? "the zone of " + report.name.str() : report.zone;
  const std::string permission =
      "the token needs the permission \"Zone - DNS - Edit\" and must include " + zone;
  if (failure.kind == ApiFailure::Kind::no_zone) {
    return "the token needs the permission \"Zone - Zone - Read\" and must include the zone; or "
           "give the zone's id with --zone";
  }
  if (failure.kind == ApiFailure::Kind::several_zones) {
    return "give the id of the right one with --zone; the dashboard shows it on the zone's page";
  }
  const std::string unknown_token =
      "the token is unknown, expired, revoked, or not allowed from this host or for " + zone;
  const std::string or_cannot_list_zones =
      "; or it lacks the permission \"Zone - Zone - Read\", and needs the zone's id in --zone";
  const std::string nothing_changed = "nothing was changed; the next run tries again";
  constexpr int kForbidden = 403;
  constexpr int kInvalidToken = 9109;
  constexpr int kInvalidHeaders = 6003;
  constexpr int kMissingHeaders = 9106;
  constexpr int kBadFormat = 6111;
  constexpr int kBadKeyFormat = 6103;
  constexpr int kUnknownKey = 9103;
  switch (failure.code) {
    case kInvalidHeaders:
    case kMissingHeaders:
    case kBadFormat:
    case kBadKeyFormat:
    case kUnknownKey:
      return "the credential is not one that Cloudflare knows: copy it again, whole";
    case kInvalidToken:
      return unknown_token + (report.zone.empty() ? or_cannot_list_zones : "");
    default:
      break;
  }
  switch (failure.status) {
    case 401:
      return unknown_token;
    case kForbidden:
      return failure.code == 0     ? nothing_changed
             : report.zone.empty() ? unknown_token + or_cannot_list_zones
                                   : permission;
    case 404:
      return "check the zone's id in --zone";
    case 429:
      return "Cloudflare allows a user's programs 1200 requests in five minutes, all together";
    default:
      return nothing_changed;
  }
}

Error could_not_read(const ReadTrouble& trouble, const RunReport& report) {
  if (const auto* failure = std::get_if<ApiFailure>(&trouble)) {
    return {"could not read the record: " + describe(*failure), hint_for(*failure, report)};
  }
  const std::size_t found = std::get<NotOneRecord>(trouble).found;
  const std::string type(to_text(report.type));
  if (found == 0) {
    return {"found no " + type + " record of that name in the zone",
            "create it, with the address of MAIN; cf-failover creates and deletes nothing"};
  }
  return {"found " + std::to_string(found) + " " + type + " records of that name",
          "keep just one of them: moving one would leave visitors at the others"};
}

// --- What became of a change ---

std::string describe(const Conflict& conflict) {
  if (conflict.now.size() == 1) {
    return "it holds " + conflict.now.front().content.str() + " now";
  }
  return conflict.now.empty() ? "it is gone"
                              : "there are " + std::to_string(conflict.now.size()) + " of them now";
}

std::optional<Error> problem_of(const Change& change, const RunReport& report) {
  const std::string target = move_of(report)->target.str();
  return std::visit(
      Overloaded{
          [](const Written&) { return std::optional<Error>(); },
          [](const AlreadyThere&) { return std::optional<Error>(); },
          [&](const Conflict& conflict) {
            return std::optional(Error{
                "changed by somebody else during this run: " + describe(conflict) +
                    (conflict.overwrote == Overwrote::nothing ? "; nothing was overwritten" : ""),
                "the next run decides anew"});
          },
          [&](const NotWritten& not_written) {
            return std::optional(Error{
                "could not change the record to " + target + ": " + describe(not_written.failure),
                hint_for(not_written.failure, report)});
          },
          [&](const Unconfirmed& unconfirmed) {
            return std::optional(Error{
                "could not confirm the change to " + target + ": " + describe(unconfirmed.failure),
                "the record may or may not have changed; the next run will see"});
          },
          [&](const Withheld&) {
            return std::optional(
                Error{"not changed to " + target + ": a backup's address changed during this run",
                      "the next run decides anew"});
          },
      },
      change);
}

ExitStatus status_of(const Change& change) {
  return std::visit(Overloaded{
                        [](const Written&) { return ExitStatus::ok; },
                        [](const AlreadyThere&) { return ExitStatus::ok; },
                        [](const Conflict&) { return ExitStatus::conflict; },
                        [](const NotWritten&) { return ExitStatus::not_written; },
                        [](const Unconfirmed&) { return ExitStatus::unconfirmed; },
                        [](const Withheld&) { return ExitStatus::not_written; },
                    },
                    change);
}

// --- What the probes said ---

const ProbeResult* probe_of(const Host& host, const RunReport& report) {
  return host.address() != nullptr ? report.probe_of(*host.address()) : nullptr;
}

/// An address counts as what earlier runs remember while this run alone says otherwise.
const Track* contradicted_track(const ProbeResult& probe, const RunReport& report) {
  const Track* const track = report.track_of(probe.address);
  const bool differs = track != nullptr && track->against > 0 && probe.health != Health::unknown;
  return differs ? track : nullptr;
}

/// "1 of 3 runs".
std::string runs_so_far(const Track& track, const RunReport& report) {
  const int needed = track.counts_as == Health::up ? report.damping.fall : report.damping.rise;
  return std::to_string(track.against) + " of " + std::to_string(needed) + " runs";
}

std::string verdict(const Host& host, const RunReport& report) {
  const ProbeResult* const probe = probe_of(host, report);
  if (probe == nullptr || probe->failure) {
    return host.str() + " " + (probe != nullptr ? describe(*probe->failure) : "not probed");
  }
  const Track* const track = contradicted_track(*probe, report);
  return host.str() + " accessible" +
         (track != nullptr ? " in only " + runs_so_far(*track, report) : "");
}

Role role_of(const Host& host, const RunReport& report) {
  if (host.address() != nullptr) {
    return report.sites.role_of(*host.address());
  }
  return host == report.sites.main.host ? Role::main : Role::backup;
}

std::string with_role(const Host& host, const RunReport& report) {
  return host.str() + " (" + std::string(to_text(role_of(host, report))) + ")";
}

// --- What people said ---

std::string describe(const Hold& hold) {
  return "held until " + to_text(hold.until) +
         (hold.why.empty() ? "" : " (" + printable(hold.why) + ")");
}

/// Who may be written instead of the origin.
std::vector<Host> targets(const RunReport& report) {
  const IpAddress& origin = report.record->content;
  return report.wanted ? switch_targets(origin, report.sites, report.wanted->to)
                       : candidates(origin, report.sites, report.unfamiliar);
}

Error cannot_switch(const RunReport& report) {
  const IpAddress& origin = report.record->content;
  const std::string site(to_text(report.wanted->to));
  std::vector<std::string> verdicts;
  for (const Host& target : targets(report)) {
    verdicts.push_back(verdict(target, report));
  }
  const bool is_there = report.sites.role_of(origin) == report.wanted->to;
  if (is_there && (verdicts.empty() || report.wanted->forced)) {
    return {
        "the record points to " + site +
            " already, which is inaccessible: " + verdict(origin, report),
        report.wanted->to == Role::main ? "cf-failover switch backup" : "cf-failover switch main"};
  }
  return {"cannot switch to " + site + ": " + joined(verdicts), "--force switches all the same"};
}

bool origin_counts_as_up(const RunReport& report) {
  return left_at(*report.decision) < Step::origin_is_backup;
}

Error held(const RunReport& report) {
  return {"would change to " + move_of(report)->target.str() + ", but is " +
              describe(*report.hold) + ": " + verdict(report.record->content, report),
          "cf-failover release ends the hold"};
}

Error cannot_fail_over(const RunReport& report) {
  const IpAddress& origin = report.record->content;
  std::vector<std::string> verdicts{verdict(origin, report)};
  for (const Host& candidate : targets(report)) {
    verdicts.push_back(verdict(candidate, report));
  }
  Error error{"cannot fail over: " + joined(verdicts)};
  const bool main_was_not_asked =
      report.sites.role_of(origin) == Role::other && report.unfamiliar == Unfamiliar::follow;
  const auto& main = report.sites.main.addresses;
  const auto up = std::find_if(main.begin(), main.end(), [&](const IpAddress& address) {
    const ProbeResult* const probe = report.probe_of(address);
    return probe != nullptr && probe->health == Health::up;
  });
  if (main_was_not_asked && up != main.end()) {
    error.message += "; MAIN " + up->str() + " is accessible, but the steps do not try it";
    error.hint =
        "--unfamiliar main-first moves a dead address that is neither MAIN nor BACKUP to MAIN";
  }
  return error;
}

std::string why_unresolved(const Host& host, const RunReport& report) {
  for (const Unresolved& unresolved : report.unresolved) {
    if (host == Host(unresolved.name)) {
      return unresolved.why;
    }
  }
  return {};
}

Error cannot_judge(const Host& host, const RunReport& report) {
  if (host.name() != nullptr) {
    return {
        "cannot judge " + host.str() + ": " + why_unresolved(host, report),
        "a name that does not resolve says nothing of the server; try getent hosts " + host.str()};
  }
  const ProbeResult* const probe = probe_of(host, report);
  const bool too_late =
      probe != nullptr && probe->failure && probe->failure->kind == ProbeFailure::Kind::deadline;
  const std::string why =
      probe != nullptr && probe->failure ? describe(*probe->failure) : "not probed";
  return {"cannot judge " + host.str() + ": " + why,
          too_late ? "raise --deadline, or lower --timeout, --attempts and --retry-delay"
                   : "the fault is on this host, not at " + host.str()};
}

// --- The steps ---

using Tone = StepLine::Tone;

std::string milliseconds(double ms) {
  return std::to_string(std::lround(ms)) + " ms";
}

std::string effort(const ProbeResult& probe) {
  return (probe.attempts > 1 ? std::to_string(probe.attempts) + " attempts, " : "") +
         milliseconds(probe.ms);
}

/// "yes, in 34 ms", "no: refused (2 attempts, 1003 ms)".
std::string answer(const ProbeResult& probe, const RunReport& report) {
  if (probe.address == report.vouched) {
    return "yes (somebody vouches for it)";
  }
  if (!probe.failure) {
    return "yes (" + effort(probe) + ")";
  }
  if (probe.failure->kind == ProbeFailure::Kind::replaced) {
    return "no: " + describe(*probe.failure);
  }
  const std::string_view no = probe.health == Health::down ? "no: " : "cannot tell: ";
  return std::string(no) + describe(*probe.failure) + " (" + effort(probe) + ")";
}

StepLine asked(Step step, const std::string& question, const IpAddress& address,
               const RunReport& report) {
  const std::string number = std::to_string(static_cast<int>(step));
  const ProbeResult* const probe = report.probe_of(address);
  if (probe == nullptr) {
    return {number, question, Tone::plain};
  }
  const std::string text = question + " " + answer(*probe, report);
  const Track* const track = contradicted_track(*probe, report);
  const bool matters = step == Step::origin_accessible || probe->health == Health::up;
  if (track != nullptr && matters) {
    return {number,
            text + ", but in only " + runs_so_far(*track, report) + ": it counts as " +
                std::string(verdict_name(track->counts_as)),
            Tone::doubtful};
  }
  return {number, text, tone_of(probe->health)};
}

StepLine not_resolved(Step step, const std::string& question, const Host& host,
                      const RunReport& report) {
  return {std::to_string(static_cast<int>(step)),
          question + " cannot tell: " + why_unresolved(host, report), Tone::doubtful};
}

std::string is_it_main(const RunReport& report) {
  const Role role = report.sites.role_of(report.record->content);
  if (role == Role::main) {
    return "yes";
  }
  const bool kept = role == Role::other && report.unfamiliar == Unfamiliar::keep;
  return kept ? "no, but an accessible address that is neither is to be kept" : "no";
}

std::string is_it_backup(const RunReport& report) {
  const IpAddress& origin = report.record->content;
  const auto list = targets(report);
  std::vector<std::string> names;
  for (const Host& candidate : list) {
    names.push_back(with_role(candidate, report));
  }
  const bool is_backup = report.sites.role_of(origin) == Role::backup;
  return std::string(is_backup ? "yes" : "no") +
         (names.size() > 1 ? ", so the candidates are " : ", so the candidate is ") + joined(names);
}

/// The hosts that were asked about by now, up to the one that ended the search.
std::vector<Host> searched(const std::vector<Host>& hosts, const RunReport& report) {
  std::vector<Host> asked;
  for (const Host& host : hosts) {
    const ProbeResult* const probe = probe_of(host, report);
    if (host.address() != nullptr && probe == nullptr) {
      break;
    }
    asked.push_back(host);
    const bool is_down =
        probe != nullptr && probe->health != Health::unknown &&
        (probe->health == Health::down || contradicted_track(*probe, report) != nullptr);
    if (!is_down) {
      break;
    }
  }
  return asked;
}

void add_search(std::vector<StepLine>& lines, Step step, const std::string& who,
                const std::vector<Host>& hosts, const RunReport& report) {
  for (const Host& host : searched(hosts, report)) {
    const std::string question = "is " + who + " " + host.str() + " accessible?";
    lines.push_back(host.address() != nullptr ? asked(step, question, *host.address(), report)
                                              : not_resolved(step, question, host, report));
  }
}

std::vector<Host> hosts_of_main(const RunReport& report) {
  const Site& main = report.sites.main;
  std::vector<Host> hosts{main.addresses.begin(), main.addresses.end()};
  if (hosts.empty()) {
    hosts.push_back(main.host);
  }
  return hosts;
}

void add_main(std::vector<StepLine>& lines, const RunReport& report) {
  add_search(lines, Step::main_accessible, "MAIN", hosts_of_main(report), report);
  if (is_pending(report)) {
    lines.back().text += ", but not for " + ::describe(report.damping.failback_delay) + " yet";
    lines.back().tone = Tone::doubtful;
  }
}

void add_step(std::vector<StepLine>& lines, int step, const RunReport& report) {
  const std::string number = std::to_string(step);
  switch (Step{step}) {
    case Step::get_origin:
      lines.push_back({number, "the origin is " + with_role(report.record->content, report)});
      break;
    case Step::origin_accessible:
      lines.push_back(
          asked(Step::origin_accessible, "is it accessible?", report.record->content, report));
      break;
    case Step::origin_is_main:
      lines.push_back({number, "is it MAIN? " + is_it_main(report)});
      break;
    case Step::main_accessible:
      add_main(lines, report);
      break;
    case Step::origin_is_backup:
      lines.push_back({number, "is it BACKUP? " + is_it_backup(report)});
      break;
    case Step::candidate_accessible:
      add_search(lines, Step::candidate_accessible,
                 report.wanted ? std::string(to_text(report.wanted->to)) : "the candidate",
                 targets(report), report);
      break;
    case Step::fail_back:
    case Step::fail_over:
      lines.push_back(
          {number, "change the record to " + with_role(move_of(report)->target, report)});
      break;
  }
}

/// Why the record stays as it is.
std::string why_kept(const RunReport& report) {
  if (std::holds_alternative<CannotJudge>(*report.decision)) {
    return "nothing is decided on what is not known";
  }
  const Role role = report.sites.role_of(report.record->content);
  switch (left_at(*report.decision)) {
    case Step::get_origin:
      return "the record points there already";
    case Step::origin_is_main:
      return role == Role::main ? "the record points to MAIN, as it should"
                                : "an accessible address that a person set is kept";
    case Step::main_accessible:
      return std::string(to_text(role)) + " serves, and MAIN does not count as accessible";
    case Step::candidate_accessible:
      return report.wanted ? std::string(to_text(report.wanted->to)) + " is inaccessible"
                           : "there is nowhere to go";
    case Step::origin_accessible:
    case Step::origin_is_backup:
    case Step::fail_back:
    case Step::fail_over:
      break;
  }
  return "the run was not over";
}

/// Whether a step asked about the address.
bool was_asked(const IpAddress& address, const RunReport& report) {
  const std::vector<int> steps = steps_taken(report);
  const auto is_among = [&](Step step, const std::vector<Host>& hosts) {
    const auto found = searched(hosts, report);
    return std::find(steps.begin(), steps.end(), static_cast<int>(step)) != steps.end() &&
           std::find(found.begin(), found.end(), Host(address)) != found.end();
  };
  return address == report.record->content ||
         is_among(Step::main_accessible, hosts_of_main(report)) ||
         is_among(Step::candidate_accessible, targets(report));
}

}  // namespace

ExitStatus exit_status(const RunReport& report) {
  if (report.busy) {
    return ExitStatus::busy;
  }
  if (report.read_trouble || !report.decision) {
    return ExitStatus::unread;
  }
  if (report.change) {
    return status_of(*report.change);
  }
  return std::visit(Overloaded{
                        [](const Keep& keep) {
                          return keep.left_at == Step::candidate_accessible
                                     ? ExitStatus::inaccessible
                                     : ExitStatus::ok;
                        },
                        [&](const PointTo&) {  // A dry run, or held.
                          return report.hold && !origin_counts_as_up(report)
                                     ? ExitStatus::inaccessible
                                     : ExitStatus::ok;
                        },
                        [](const Wait&) { return ExitStatus::unknown; },
                        [](const CannotJudge&) { return ExitStatus::unknown; },
                    },
                    *report.decision);
}

std::string_view to_text(Role role) {
  switch (role) {
    case Role::main:
      return "MAIN";
    case Role::backup:
      return "BACKUP";
    case Role::other:
      return "neither MAIN nor BACKUP";
  }
  return {};
}

std::string_view role_name(Role role) {
  switch (role) {
    case Role::main:
      return "main";
    case Role::backup:
      return "backup";
    case Role::other:
      return "other";
  }
  return {};
}

bool is_pending(const RunReport& report) {
  return report.decision == Decision(Keep{Step::main_accessible}) && report.failback_due;
}

std::string_view verdict_name(Health health) {
  switch (health) {
    case Health::up:
      return "accessible";
    case Health::down:
      return "inaccessible";
    case Health::pending:
    case Health::unknown:
      return "unknown";
  }
  return {};
}

StepLine::Tone tone_of(Health health) {
  switch (health) {
    case Health::up:
      return Tone::good;
    case Health::down:
      return Tone::bad;
    case Health::pending:
    case Health::unknown:
      return Tone::doubtful;
  }
  return Tone::doubtful;
}

std::string reason(const ProbeFailure& failure) {
  switch (failure.kind) {
    case ProbeFailure::Kind::refused:
      return "refused";
    case ProbeFailure::Kind::timeout_connecting:
      return "timeout connecting";
    case ProbeFailure::Kind::timeout_reading:
      return "timeout reading";
    case ProbeFailure::Kind::reset:
      return "reset";
    case ProbeFailure::Kind::unreachable:
      return "unreachable";
    case ProbeFailure::Kind::tls:
      return "tls: " + failure.detail;
    case ProbeFailure::Kind::certificate:
      return "certificate: " + failure.detail;
    case ProbeFailure::Kind::not_http:
      return "not http";
    case ProbeFailure::Kind::status:
      return "status " + failure.detail;
    case ProbeFailure::Kind::body_lacks:
      return "body lacks \"" + failure.detail + "\"";
    case ProbeFailure::Kind::too_large:
      return "too large";
    case ProbeFailure::Kind::no_reply:
      return "no reply";
    case ProbeFailure::Kind::exit:
      return "exit " + failure.detail;
    case ProbeFailure::Kind::killed:
      return "killed";
    case ProbeFailure::Kind::this_host:
      return "this host: " + failure.detail;
    case ProbeFailure::Kind::deadline:
      return "no verdict before the deadline";
    case ProbeFailure::Kind::replaced:
      return "replaced by " + failure.detail;
  }
  return {};
}

std::string describe(const ProbeFailure& failure) {
  const bool timed_out = failure.kind == ProbeFailure::Kind::timeout_connecting ||
                         failure.kind == ProbeFailure::Kind::timeout_reading;
  return reason(failure) + (timed_out ? " after " + describe(failure.after) : "");
}

std::vector<int> steps_taken(const RunReport& report) {
  std::vector<int> steps = steps_to(report.decision ? left_at(*report.decision) : Step::get_origin);
  if (report.wanted) {  // By hand: nobody asked whether it need be.
    std::erase_if(steps, [](int step) {
      return Step{step} == Step::origin_accessible || Step{step} == Step::origin_is_backup;
    });
  }
  return steps;
}

std::string_view action(const RunReport& report) {
  const PointTo* const move = move_of(report);
  if (move == nullptr) {
    return "none";
  }
  return report.sites.role_of(move->target) == Role::main ? "failback" : "failover";
}

/// What made the move necessary, or possible; of one by hand, what speaks against it.
std::string why_moved(const RunReport& report) {
  const IpAddress& from = report.record->content;
  const IpAddress& target = std::get<PointTo>(*report.decision).target;
  const IpAddress& suspect = report.wanted ? target : from;
  const ProbeResult* const probe = report.probe_of(suspect);
  if (probe != nullptr && probe->failure) {
    return suspect.str() + ": " + describe(*probe->failure);
  }
  return report.wanted ? "" : target.str() + ": accessible again";
}

std::string move_text(const RunReport& report) {
  std::vector<std::string> reasons{why_moved(report)};
  if (report.wanted) {
    reasons.insert(reasons.begin(), "by hand");
  }
  std::erase(reasons, "");
  return (report.wanted ? "switch" : std::string(action(report))) + " " +
         report.record->content.str() + " -> " + move_of(report)->target.str() + " (" +
         joined(reasons) + ")";
}

std::optional<std::string> change_line(const RunReport& report) {
  const bool written = report.change && std::holds_alternative<Written>(*report.change);
  const bool due = report.dry_run == DryRun::yes && move_of(report) != nullptr && !report.hold;
  if (!written && !due) {
    return std::nullopt;
  }
  return title(report) + ": " + (due ? "dry run: " : "") + move_text(report);
}

std::optional<Error> problem(const RunReport& report) {
  if (report.busy) {
    return Error{"another run for this record is under way",
                 "if runs are slow, start them less often or lower --timeout and --deadline"};
  }
  if (report.read_trouble) {
    return could_not_read(*report.read_trouble, report);
  }
  if (report.change) {
    return problem_of(*report.change, report);
  }
  if (const auto* stuck = std::get_if<CannotJudge>(&*report.decision)) {
    return cannot_judge(stuck->host, report);
  }
  if (report.hold && move_of(report) != nullptr) {
    return origin_counts_as_up(report) ? std::nullopt : std::optional(held(report));
  }
  if (exit_status(report) != ExitStatus::inaccessible) {
    return std::nullopt;
  }
  return report.wanted ? cannot_switch(report) : cannot_fail_over(report);
}

std::optional<std::string> already_line(const RunReport& report) {
  const bool is_there = report.wanted && report.decision == Decision(Keep{Step::get_origin});
  if (!is_there) {
    return std::nullopt;
  }
  return title(report) + ": the record points to " + with_role(report.record->content, report) +
         " already";
}

std::string summary(const RunReport& report) {
  if (const auto line = change_line(report)) {
    return *line;
  }
  const auto trouble = problem(report);
  return title(report) + ": " + (trouble ? trouble->message : outcome_line(report).text);
}

std::string title(const RecordKey& record) {
  return record.name.str() + " " + std::string(to_text(record.type));
}

std::string title(const RunReport& report) {
  return title(RecordKey{report.name, report.type});
}

std::string hold_line(const std::optional<Hold>& before, const std::optional<Hold>& now,
                      UnixTime time, DryRun dry_run) {
  const std::string would = dry_run == DryRun::yes ? "dry run: would be " : "";
  if (now) {
    return would + describe(*now);
  }
  return before && before->is_in_force(time) ? would + "released" : "was not held";
}

std::string stored_line(const IpAddress& address, const std::optional<Hold>& hold, DryRun dry_run,
                        UnixTime now) {
  const bool is_held = hold && hold->is_in_force(now);
  return (dry_run == DryRun::yes ? "dry run: would store the backup's address "
                                 : "stored the backup's address ") +
         address.str() + (is_held ? "; nothing is changed: " + describe(*hold) : "");
}

std::string stored_hint(const IpAddress& address, const std::optional<Hold>& hold, UnixTime now) {
  const bool is_held = hold && hold->is_in_force(now);
  return "the backup's address " + address.str() + " is stored; " +
         (is_held ? "once the hold is over, a run acts on it" : "the next run acts on it");
}

std::string to_lines(const Error& error) {
  return "cf-failover: error: " + error.message + "\n" +
         (error.hint.empty() ? "" : hint_line(error.hint));
}

std::string hint_line(const std::string& text) {
  return "cf-failover: hint: " + text + "\n";
}

std::string warning_line(const std::string& text) {
  return "cf-failover: warning: " + text + "\n";
}

std::vector<StepLine> step_lines(const RunReport& report) {
  std::vector<StepLine> lines;
  if (!report.record || !report.decision) {
    return lines;
  }
  const bool waiting = std::holds_alternative<Wait>(*report.decision);
  std::vector<int> steps = steps_taken(report);
  const bool candidates_are_asked = steps.back() == static_cast<int>(Step::candidate_accessible);
  if (waiting && !candidates_are_asked) {
    steps.pop_back();
  }
  for (const int step : steps) {
    add_step(lines, step, report);
  }
  return lines;
}

std::vector<StepLine> closing_lines(const RunReport& report) {
  std::vector<StepLine> lines;
  if (!report.record) {
    lines.push_back({"1", "the record was not read", Tone::bad});
  } else {
    lines.push_back(outcome_line(report));
  }
  for (const ProbeResult& probe : report.probes) {
    if (!report.record || !was_asked(probe.address, report)) {
      lines.push_back({"",
                       with_role(probe.address, report) + " accessible? " + answer(probe, report),
                       tone_of(probe.health)});
    }
  }
  for (const Unresolved& unresolved : report.unresolved) {
    lines.push_back(
        {"", with_role(unresolved.name, report) + " " + unresolved.why, Tone::doubtful});
  }
  const std::string requests = report.api_requests == 1 ? " API request, " : " API requests, ";
  lines.push_back({"", std::to_string(report.api_requests) + requests +
                           milliseconds(report.elapsed_ms) + ", status " +
                           std::to_string(to_int(exit_status(report)))});
  return lines;
}

StepLine outcome_line(const RunReport& report) {
  if (report.hold && move_of(report) != nullptr) {
    return {"", "not changed: " + describe(*report.hold), Tone::doubtful};
  }
  if (report.dry_run == DryRun::yes && move_of(report) != nullptr) {
    return {"", "not changed: this is a dry run", Tone::plain};
  }
  if (is_pending(report)) {
    return {"",
            "no change: failback is pending until " + to_text(*report.failback_due) + ", for " +
                ::describe(*report.failback_due - report.now),
            Tone::doubtful};
  }
  if (!report.change) {
    return {"",
            "no change: " + why_kept(report) + (report.hold ? "; " + describe(*report.hold) : ""),
            Tone::plain};
  }
  if (std::holds_alternative<Written>(*report.change)) {
    return {"", "changed, and confirmed by Cloudflare", Tone::good};
  }
  if (std::holds_alternative<AlreadyThere>(*report.change)) {
    return {"", "another host has just made this change", Tone::good};
  }
  if (std::holds_alternative<Withheld>(*report.change)) {
    return {"", "not changed: a backup's address changed during this run", Tone::doubtful};
  }
  return {"", "not changed, as far as is known", Tone::bad};
}

Health counts_as(const IpAddress& address, const RunReport& report) {
  const ProbeResult* const probe = report.probe_of(address);
  if (report.vouched == address || probe == nullptr) {
    return report.vouched == address ? Health::up : Health::unknown;
  }
  const Track* const track = report.track_of(address);
  const bool is_judged = probe->health != Health::unknown;
  return is_judged && track != nullptr ? track->counts_as : probe->health;
}

namespace {

Served served_after(const RunReport& report) {
  const auto origin = report.origin_after();
  const Health health = origin ? counts_as(*origin, report) : Health::unknown;
  if (health != Health::up) {
    return health == Health::down ? Served::nobody : Served::unknown;
  }
  switch (report.sites.role_of(*origin)) {
    case Role::main:
      return Served::main;
    case Role::backup:
      return Served::backup;
    case Role::other:
      return Served::other;
  }
  return Served::unknown;
}

/// "main 192.0.2.10: refused; ..." without what differs from run to run.
std::string likeness(const RunReport& report, Served served) {
  std::vector<std::string> parts{std::to_string(to_int(exit_status(report))),
                                 std::to_string(static_cast<int>(served)),
                                 std::string(action(report)), is_pending(report) ? "pending" : "",
                                 report.hold ? describe(*report.hold) : ""};
  const auto origin = report.origin_after();
  parts.push_back(origin ? origin->str() : "?");
  for (const ProbeResult& probe : report.probes) {
    parts.push_back(probe.address.str() + " " + (probe.failure ? reason(*probe.failure) : "up"));
  }
  for (const Unresolved& unresolved : report.unresolved) {
    parts.push_back(unresolved.name.str());
  }
  return joined(parts);
}

std::optional<PastChange> past_change(const RunReport& report) {
  if (!report.change || std::holds_alternative<AlreadyThere>(*report.change)) {
    return std::nullopt;
  }
  const IpAddress& to = move_of(report)->target;
  PastChange change{.kind = report.wanted                            ? PastChange::Kind::switched
                            : report.sites.role_of(to) == Role::main ? PastChange::Kind::failback
                                                                     : PastChange::Kind::failover,
                    .from = report.record->content,
                    .to = to,
                    .written = std::holds_alternative<Written>(*report.change),
                    .reason = why_moved(report)};
  if (std::holds_alternative<Unconfirmed>(*report.change)) {
    change.written.reset();
  }
  return change;
}

}  // namespace

PastRun past_run(const RunReport& report, const std::string& host, By by) {
  const Served served = served_after(report);
  const auto trouble = problem(report);
  PastRun run{.time = report.now,
              .host = host,
              .by = by,
              .served = served,
              .origin = report.origin_after(),
              .status = to_int(exit_status(report)),
              .trouble = trouble ? trouble->message : "",
              .change = past_change(report),
              .lines = step_lines(report),
              .likeness = likeness(report, served)};
  const auto closing = closing_lines(report);
  run.lines.insert(run.lines.end(), closing.begin(), closing.end());
  return run;
}
