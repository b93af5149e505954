#include "app/report.h"

#include "app/report_json.h"
#include "support/catch.h"
#include "support/fakes.h"

namespace {

const IpAddress kMain = ip("192.0.2.10");
const IpAddress kBackup = ip("198.51.100.20");
const IpAddress kOther = ip("203.0.113.9");
const Record kRecord{"372e67954025e0ba6aaa6d586b9e0b59", kMain};

using Kind = ProbeFailure::Kind;

ProbeResult up(const IpAddress& address) {
  return {.address = address, .health = Health::up, .attempts = 1, .ms = 23.4};
}

ProbeResult down(const IpAddress& address, ProbeFailure failure = {Kind::refused}) {
  return {.address = address,
          .health = Health::down,
          .failure = std::move(failure),
          .attempts = 2,
          .ms = 1003.14};
}

ProbeResult unknown(const IpAddress& address, ProbeFailure failure) {
  ProbeResult result = down(address, std::move(failure));
  result.health = Health::unknown;
  return result;
}

/// A finished run that found the record at `origin`.
RunReport finished(const IpAddress& origin, std::vector<ProbeResult> probes,
                   std::optional<Change> change = {}) {
  RunReport report{.name = *Fqdn::parse("www.example.com"),
                   .type = RecordType::a,
                   .sites = {kMain, {kBackup}},
                   .unfamiliar = Unfamiliar::follow,
                   .dry_run = DryRun::no,
                   .now = *parse_unix_time("2026-01-31T10:15:00.250Z"),
                   .zone = "example.com",
                   .record = Record{kRecord.id, origin},
                   .probes = std::move(probes),
                   .change = std::move(change),
                   .api_requests = 3,
                   .elapsed_ms = 1043.66};
  HealthReport health;
  for (const ProbeResult& probe : report.probes) {
    health.set(probe.address, probe.health);
  }
  report.decision = decide(origin, report.sites, health);
  return report;
}

RunReport unread(ReadTrouble trouble) {
  RunReport report = finished(kMain, {});
  report.record.reset();
  report.decision.reset();
  report.read_trouble = std::move(trouble);
  return report;
}

ApiFailure refused(int status, int code, std::string message) {
  return {.kind = ApiFailure::Kind::refused,
          .status = status,
          .code = code,
          .message = std::move(message)};
}

const ProbeFailure kTimeout{Kind::timeout_connecting, "", Milliseconds(2500)};

RunReport failed_over(Change change) {
  return finished(kMain, {down(kMain, kTimeout), up(kBackup)}, std::move(change));
}

const std::string kTryAgain = "nothing was changed; the next run tries again";
const std::string kPermissionHint =
    "the token needs the permission \"Zone - DNS - Edit\" and must include example.com";

}  // namespace

TEST_CASE("Every failure of a probe has its reason") {
  const Milliseconds after(2500);
  struct Row {
    ProbeFailure failure;
    std::string reason;
    std::string description;
  };
  for (const Row& row : std::vector<Row>{
           {{Kind::refused}, "refused", "refused"},
           {{Kind::timeout_connecting, "", after},
            "timeout connecting",
            "timeout connecting after 2.5 s"},
           {{Kind::timeout_reading, "", after}, "timeout reading", "timeout reading after 2.5 s"},
           {{Kind::reset}, "reset", "reset"},
           {{Kind::unreachable}, "unreachable", "unreachable"},
           {{Kind::tls, "wrong version number"},
            "tls: wrong version number",
            "tls: wrong version number"},
           {{Kind::certificate, "certificate has expired"},
            "certificate: certificate has expired",
            "certificate: certificate has expired"},
           {{Kind::not_http}, "not http", "not http"},
           {{Kind::status, "503"}, "status 503", "status 503"},
           {{Kind::body_lacks, "ok"}, "body lacks \"ok\"", "body lacks \"ok\""},
           {{Kind::too_large}, "too large", "too large"},
           {{Kind::this_host, "Network is unreachable"},
            "this host: Network is unreachable",
            "this host: Network is unreachable"},
       }) {
    CHECK(reason(row.failure) == row.reason);
    CHECK(describe(row.failure) == row.description);
  }
}

TEST_CASE("A change is one line that says from where, to where and why") {
  const RunReport over = failed_over(Written{});
  const RunReport back = finished(kBackup, {up(kMain), up(kBackup)}, Written{});
  const RunReport from_dead_backup = finished(kBackup, {up(kMain), down(kBackup)}, Written{});

  CHECK(change_line(over) ==
        "www.example.com A: failover 192.0.2.10 -> 198.51.100.20 "
        "(192.0.2.10: timeout connecting after 2.5 s)");
  CHECK(change_line(back) ==
        "www.example.com A: failback 198.51.100.20 -> 192.0.2.10 (192.0.2.10: accessible again)");
  CHECK(change_line(from_dead_backup) ==
        "www.example.com A: failback 198.51.100.20 -> 192.0.2.10 (198.51.100.20: refused)");
}

TEST_CASE("Nothing is said of a record that stays, and nothing claimed of a change that failed") {
  CHECK_FALSE(change_line(finished(kMain, {up(kMain), up(kBackup)})));
  CHECK_FALSE(problem(finished(kMain, {up(kMain), down(kBackup)})));
  CHECK_FALSE(problem(finished(kBackup, {down(kMain), up(kBackup)})));
  CHECK_FALSE(change_line(failed_over(AlreadyThere{})));
  CHECK_FALSE(problem(failed_over(AlreadyThere{})));
  for (const Change& change : std::vector<Change>{Conflict{}, NotWritten{}, Unconfirmed{}}) {
    CHECK_FALSE(change_line(failed_over(change)));
  }
}

TEST_CASE("Every problem has its sentence, its hint and its status") {
  using ApiKind = ApiFailure::Kind;
  const std::string unknown_token =
      "the token is unknown, expired, revoked, or not allowed from this host or for example.com";
  struct Row {
    RunReport report;
    ExitStatus status;
    std::string message;
    std::string hint;
  };
  for (const Row& row : std::vector<Row>{
           {finished(kMain, {down(kMain), down(kBackup, {Kind::status, "503"})}),
            ExitStatus::inaccessible,
            "cannot fail over: 192.0.2.10 refused, 198.51.100.20 status 503", ""},
           {finished(kOther, {up(kMain), down(kBackup), down(kOther)}), ExitStatus::inaccessible,
            "cannot fail over: 203.0.113.9 refused, 198.51.100.20 refused; "
            "MAIN 192.0.2.10 is accessible, but the steps do not try it",
            "--unfamiliar main-first moves a dead address that is neither MAIN nor BACKUP to MAIN"},
           {unread(refused(403, 10000, "Authentication error")), ExitStatus::unread,
            "could not read the record: HTTP 403, code 10000: Authentication error",
            kPermissionHint},
           {unread(refused(403, 9109, "Invalid access token")), ExitStatus::unread,
            "could not read the record: HTTP 403, code 9109: Invalid access token", unknown_token},
           {unread(ApiFailure{.kind = ApiKind::broken_answer,
           .status = 200,
           .message = "an answer that is not JSON"}),
            ExitStatus::unread, "could not read the record: HTTP 200, an answer that is not JSON",
            kTryAgain},
           {unread(ApiFailure{.kind = ApiKind::server, .status = 502}), ExitStatus::unread,
            "could not read the record: HTTP 502", kTryAgain},
           {unread(ApiFailure{.kind = ApiKind::no_zone}), ExitStatus::unread,
            "could not read the record: no zone that the credential may see holds this name",
            "the token needs the permission \"Zone - Zone - Read\" and must include the zone; or "
            "give the zone's id with --zone"},
           {unread(NotOneRecord{0}), ExitStatus::unread,
            "found no A record of that name in the zone",
            "create it, with the address of MAIN; cf-failover creates and deletes nothing"},
           {unread(NotOneRecord{2}), ExitStatus::unread, "found 2 A records of that name",
            "keep just one of them: moving one would leave visitors at the others"},
           {finished(kMain, {unknown(kMain, {Kind::this_host, "Network is unreachable"})}),
            ExitStatus::unknown, "cannot judge 192.0.2.10: this host: Network is unreachable",
            "the fault is on this host, not at 192.0.2.10"},
           {finished(kMain, {unknown(kMain, {Kind::deadline})}), ExitStatus::unknown,
            "cannot judge 192.0.2.10: no verdict before the deadline",
            "raise --deadline, or lower --timeout, --attempts and --retry-delay"},
           {failed_over(Conflict{{{kRecord.id, kOther}}}), ExitStatus::conflict,
            "changed by somebody else during this run: it holds 203.0.113.9 now; "
            "nothing was overwritten",
            "the next run decides anew"},
           {failed_over(Conflict{}), ExitStatus::conflict,
            "changed by somebody else during this run: it is gone; nothing was overwritten",
            "the next run decides anew"},
           {failed_over(NotWritten{refused(403, 10000, "Authentication error")}),
            ExitStatus::not_written,
            "could not change the record to 198.51.100.20: HTTP 403, code 10000: Authentication "
            "error",
            kPermissionHint},
           {failed_over(NotWritten{{.kind = ApiKind::deadline}}), ExitStatus::not_written,
            "could not change the record to 198.51.100.20: the deadline came first", kTryAgain},
           {failed_over(
                Unconfirmed{{.kind = ApiKind::no_answer, .message = "no answer within 10 s"}}),
            ExitStatus::unconfirmed,
            "could not confirm the change to 198.51.100.20: no answer within 10 s",
            "the record may or may not have changed; the next run will see"},
       }) {
    const auto trouble = problem(row.report);

    CHECK(exit_status(row.report) == row.status);
    REQUIRE(trouble);
    CHECK(trouble->message == row.message);
    CHECK(trouble->hint == row.hint);
  }
}

TEST_CASE("A run that finds the lock taken says so, with the status of a passing failure") {
  RunReport report = unread(NotOneRecord{0});
  report.busy = true;

  CHECK(exit_status(report) == ExitStatus::busy);
  CHECK(problem(report)->message == "another run for this record is under way");
}

TEST_CASE("The JSON holds every member, null where it does not apply") {
  CHECK(
      to_json(failed_over(Written{})) ==
      R"({"record":"www.example.com","type":"A","zone":"example.com","origin":"192.0.2.10",)"
      R"("role":"main","steps":[1,2,6,7,8],"action":"failover","from":"192.0.2.10",)"
      R"("to":"198.51.100.20","written":true,"probes":[{"address":"192.0.2.10","role":"main",)"
      R"("result":"inaccessible","reason":"timeout connecting","attempts":2,"ms":1003.1,"name":null,)"
      R"("counts_as":null,"since":null},)"
      R"({"address":"198.51.100.20","role":"backup","result":"accessible","reason":null,)"
      R"("attempts":1,"ms":23.4,"name":null,"counts_as":null,"since":null}],"api_requests":3,"elapsed_ms":1043.7,"exit":0,"error":null,)"
      R"("time":"2026-01-31T10:15:00Z","state":"normal","held_until":null,)"
      R"("pending_until":null})");
  CHECK(to_json(unread(NotOneRecord{2})) ==
        R"({"record":"www.example.com","type":"A","zone":"example.com","origin":null,)"
        R"("role":null,"steps":[1],"action":"none","from":null,"to":null,"written":false,)"
        R"("probes":[],"api_requests":3,"elapsed_ms":1043.7,"exit":3,)"
        R"("error":"found 2 A records of that name","time":"2026-01-31T10:15:00Z",)"
        R"("state":"normal","held_until":null,"pending_until":null})");
}

TEST_CASE("Written is null in the JSON when nobody knows") {
  const auto written = [](Change change) {
    const std::string json = to_json(failed_over(std::move(change)));
    const auto at = json.find("\"written\":") + 10;
    return json.substr(at, json.find(',', at) - at);
  };

  CHECK(written(Written{}) == "true");
  CHECK(written(AlreadyThere{}) == "false");
  CHECK(written(Conflict{}) == "false");
  CHECK(written(NotWritten{}) == "false");
  CHECK(written(Unconfirmed{}) == "null");
}

TEST_CASE("The steps tell what was asked and what came back") {
  std::vector<std::string> told;
  for (const StepLine& line : step_lines(failed_over(Written{}))) {
    told.push_back(line.number + " " + line.text);
  }

  CHECK(told == std::vector<std::string>{
                    "1 the origin is 192.0.2.10 (MAIN)",
                    "2 is it accessible? no: timeout connecting after 2.5 s (2 attempts, 1003 ms)",
                    "6 is it BACKUP? no, so the candidate is 198.51.100.20 (BACKUP)",
                    "7 is the candidate 198.51.100.20 accessible? yes (23 ms)",
                    "8 change the record to 198.51.100.20 (BACKUP)",
                });
}
