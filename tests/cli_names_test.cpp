// MAIN and BACKUP by host names, for the built program: in a mount namespace with a hosts file of
// the test's own, or with a name server that never answers.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/descriptor.h"
#include "support/moving_lab.h"
#include "support/report_line_json.h"

namespace {

using namespace std::chrono_literals;
using behaviour::Answer;
using behaviour::Refuse;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

constexpr const char* kTitle = "cf-failover: error: www.example.com A: ";
constexpr const char* kMainName = "main.example.net";
constexpr const char* kBackupName = "backup.example.net";
constexpr const char* kSecondMain = "127.0.2.2";

constexpr const char* kHosts = R"(
mount --bind "$0/hosts" /etc/hosts || exit 77
mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf || exit 77
)";

constexpr const char* kSilentServer = R"(
mount --bind "$0/resolv.conf" /etc/resolv.conf || exit 77
mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf || exit 77
)";

/// The command line with names for addresses.
ProcessSpec by_names(const ProcessSpec& spec) {
  ProcessSpec named = with(with(spec, "--main", kMainName), "--backup", kBackupName);
  named.argv.insert(named.argv.end(), {"--type", "A"});
  return named;
}

/// A Lab in which names have the addresses of a hosts file.
class NamedLab : public MovingLab {
 public:
  LoopbackOrigin second_main{{.address = kSecondMain, .port = main.port()}};

  /// Nothing if it cannot be tried here.
  std::optional<ProcessResult> run_with(const std::string& hosts, const ProcessSpec& spec) const {
    scratch.write("hosts", hosts);
    scratch.write("nsswitch.conf", "hosts: files\n");
    const ProcessResult result = finish(among_mounts(*this, spec, kHosts));
    return was_tried(result) ? std::optional(result) : std::nullopt;
  }

  std::optional<ReportLine> report_with(const std::string& hosts, const Options& more = {}) const {
    const auto result = run_with(hosts, by_names(spec({"run", "--json"}, more)));
    return result ? std::optional(parse_report_line(result->out)) : std::nullopt;
  }
};

const std::string kBoth = "127.0.2.1 main.example.net\n127.0.3.1 backup.example.net\n";
const std::string kOnlyMain = "127.0.2.1 main.example.net\n";
const std::string kOnlyBackup = "127.0.3.1 backup.example.net\n";

/// A name server on loopback that listens and never answers; without a descriptor if the port is
/// not to be had.
Descriptor silent_name_server(const char* address) {
  constexpr std::uint16_t kDns = 53;
  Descriptor socket_descriptor(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(kDns);
  REQUIRE(inet_pton(AF_INET, address, &where.sin_addr) == 1);
  const bool bound =
      bind(socket_descriptor.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
  return bound ? std::move(socket_descriptor) : Descriptor();
}

}  // namespace

TEST_CASE("Names do for MAIN and BACKUP what their addresses do") {
  struct Row {
    Behaviour main;
    std::string origin;
    std::string action;
    std::string record;
    std::vector<int> steps;
  };
  for (const Row& row : std::vector<Row>{
           {Answer{}, Lab::kMain, "none", Lab::kMain, {1, 2, 3}},
           {Refuse{}, Lab::kMain, "failover", Lab::kBackup, {1, 2, 6, 7, 8}},
           {Answer{}, Lab::kBackup, "failback", Lab::kMain, {1, 2, 3, 4, 5}},
           {Refuse{}, Lab::kBackup, "none", Lab::kBackup, {1, 2, 3, 4}},
       }) {
    NamedLab lab;
    lab.main.behave(row.main);
    lab.point_to(row.origin);

    const auto report = lab.report_with(kBoth);

    if (!report) {
      return;
    }
    CAPTURE(row.origin, row.action);
    CHECK(report->exit == 0);
    CHECK(report->action == row.action);
    CHECK(report->steps == row.steps);
    CHECK(lab.content() == row.record);
    CHECK(report->probe(Lab::kMain).name == kMainName);
    CHECK(report->probe(Lab::kMain).role == "main");
    CHECK(report->probe(Lab::kBackup).name == kBackupName);
    CHECK(report->probe(Lab::kBackup).role == "backup");
  }
}

TEST_CASE("An address beside a name is probed as it is and has none") {
  NamedLab lab;
  const auto result =
      lab.run_with(kOnlyMain, with(lab.spec({"run", "--json"}), "--main", kMainName));

  if (result) {
    const ReportLine report = parse_report_line(result->out);
    CHECK(report.exit == 0);
    CHECK(report.probe(Lab::kMain).name == kMainName);
    CHECK_FALSE(report.probe(Lab::kBackup).name);
  }
}

TEST_CASE("A name is resolved anew in every run") {
  NamedLab lab;
  if (!lab.report_with(kBoth)) {
    return;
  }
  lab.main.behave(Refuse{});

  const auto report = lab.report_with("127.0.2.1 main.example.net\n127.0.5.1 backup.example.net\n");

  CHECK(report->to == MovingLab::kMoved);
  CHECK(lab.content() == MovingLab::kMoved);
}

TEST_CASE("Of a name's addresses the first that is accessible is taken, in sorted order") {
  struct Row {
    Behaviour backup;
    Behaviour moved;
    std::string to;
  };
  const std::string hosts =
      "127.0.2.1 main.example.net\n"
      "127.0.5.1 backup.example.net\n127.0.3.1 backup.example.net\n";
  for (const Row& row : std::vector<Row>{
           {Answer{}, Answer{}, Lab::kBackup},
           {Answer{}, Refuse{}, Lab::kBackup},
           {Refuse{}, Answer{}, MovingLab::kMoved},
       }) {
    NamedLab lab;
    lab.main.behave(Refuse{});
    lab.backup.behave(row.backup);
    lab.moved.behave(row.moved);

    const auto report = lab.report_with(hosts);

    if (!report) {
      return;
    }
    CAPTURE(row.to);
    CHECK(report->exit == 0);
    CHECK(report->to == row.to);
    CHECK(lab.content() == row.to);
    CHECK(report->probe(Lab::kBackup).role == "backup");
    CHECK(report->probe(MovingLab::kMoved).role == "backup");
  }
}

TEST_CASE("The origin has its role if it is any of a name's addresses") {
  NamedLab lab;
  const std::string hosts =
      "127.0.2.1 main.example.net\n127.0.2.2 main.example.net\n"
      "127.0.3.1 backup.example.net\n127.0.5.1 backup.example.net\n";

  SECTION("the second of MAIN") {
    lab.point_to(kSecondMain);
    if (const auto report = lab.report_with(hosts)) {
      CHECK(report->role == "main");
      CHECK(report->steps == std::vector{1, 2, 3});
      CHECK(lab.writes() == 0);
    }
  }
  SECTION("the second of BACKUP") {
    lab.point_to(MovingLab::kMoved);
    if (const auto report = lab.report_with(hosts)) {
      CHECK(report->role == "backup");
      CHECK(report->to == Lab::kMain);
    }
  }
  SECTION("the first of MAIN is dead, and the record returns to the second") {
    lab.point_to(Lab::kBackup);
    lab.main.behave(Refuse{});
    if (const auto report = lab.report_with(hosts)) {
      CHECK(report->action == "failback");
      CHECK(report->to == kSecondMain);
    }
  }
}

// --- Names that do not resolve ---

TEST_CASE("A name that does not resolve is unknown, and only what hangs on it stops") {
  struct Row {
    std::string story;
    std::string hosts;
    Behaviour main;
    Behaviour backup;
    std::string origin;
    int status;
    std::string record;
    std::string unresolved;
  };
  for (const Row& row : std::vector<Row>{
           {"on MAIN, and BACKUP is not known", kOnlyMain, Answer{}, Answer{}, Lab::kMain, 0,
            Lab::kMain, kBackupName},
           {"MAIN is dead, and BACKUP is not known", kOnlyMain, Refuse{}, Answer{}, Lab::kMain, 4,
            Lab::kMain, kBackupName},
           {"on BACKUP, and MAIN is not known", kOnlyBackup, Answer{}, Answer{}, Lab::kBackup, 4,
            Lab::kBackup, kMainName},
           {"BACKUP is dead, and MAIN is not known", kOnlyBackup, Answer{}, Refuse{}, Lab::kBackup,
            4, Lab::kBackup, kMainName},
           {"on MAIN, which is up, and its name is not known", kOnlyBackup, Answer{}, Answer{},
            Lab::kMain, 4, Lab::kMain, kMainName},
           {"away from MAIN, which is dead, and its name is not known", kOnlyBackup, Refuse{},
            Answer{}, Lab::kMain, 0, Lab::kBackup, kMainName},
       }) {
    NamedLab lab;
    lab.main.behave(row.main);
    lab.backup.behave(row.backup);
    lab.point_to(row.origin);

    const auto result = lab.run_with(row.hosts, by_names(lab.spec({"run"})));

    if (!result) {
      return;
    }
    CAPTURE(row.story, result->out, result->err);
    CHECK(result->status == row.status);
    CHECK(lab.content() == row.record);
    if (row.status == 0) {
      CHECK(result->err.empty());
    } else {
      CHECK_THAT(result->err, StartsWith(std::string(kTitle) + "cannot judge " + row.unresolved +
                                         ": does not resolve: "));
      CHECK_THAT(result->err, ContainsSubstring("\ncf-failover: hint: "));
    }
    lab.point_to(row.origin);
    const auto report = lab.report_with(row.hosts);
    CHECK(report->exit == row.status);
    CHECK(report->probe("").name == row.unresolved);
    CHECK(report->probe("").result == "unknown");
    CHECK(report->probe("").attempts == 0);
    CHECK_THAT(*report->probe("").reason, StartsWith("does not resolve: "));
  }
}

TEST_CASE("A backup whose name does not resolve ends the search, though the next is accessible") {
  NamedLab lab;
  lab.main.behave(Refuse{});
  const ProcessSpec spec =
      with(lab.spec({"run"}, {"--backup", MovingLab::kMoved}), "--backup", kBackupName);

  const auto result = lab.run_with(kOnlyMain, spec);

  if (result) {
    CAPTURE(result->err);
    CHECK(result->status == 4);
    CHECK(lab.writes() == 0);
  }
}

TEST_CASE("A name that has only addresses of the other family does not resolve") {
  NamedLab lab;
  lab.main.behave(Refuse{});

  const auto report =
      lab.report_with("127.0.2.1 main.example.net\n2001:db8::20 backup.example.net\n");

  if (report) {
    CHECK(report->exit == 4);
    CHECK(lab.writes() == 0);
  }
}

TEST_CASE("The steps tell of a name that does not resolve") {
  NamedLab lab;
  lab.point_to(Lab::kBackup);

  const auto result = lab.run_with(kOnlyBackup, by_names(lab.spec({"run", "-v"})));

  if (result) {
    CHECK_THAT(result->out, ContainsSubstring("  4  is MAIN main.example.net accessible? cannot "
                                              "tell: "));
    CHECK_THAT(result->out, ContainsSubstring("does not resolve: "));
  }
}

// --- A named backup that moves ---

TEST_CASE("An announced address takes the place of a name, which is not asked for any more") {
  NamedLab lab;
  ProcessSpec announce = by_names(lab.set_backup_spec(MovingLab::kMoved));
  lab.main.behave(Refuse{});

  SECTION("of the first backup") {}
  SECTION("of the one that is named") {
    announce.argv.insert(announce.argv.end(), {"--replace", kBackupName});
  }

  const auto result = lab.run_with(kOnlyMain, announce);

  if (result) {
    CAPTURE(result->err);
    CHECK(result->status == 0);
    CHECK(lab.content() == MovingLab::kMoved);
    const auto report = lab.report_with(kOnlyMain);
    CHECK(report->exit == 0);
    CHECK(report->role == "backup");
    CHECK(report->probe(MovingLab::kMoved).result == "accessible");
  }
}

TEST_CASE("A former address that a name stands for now is that name's, and is probed") {
  NamedLab lab;
  lab.point_to(Lab::kBackup);
  lab.lock_out();
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 3);
  lab.cloudflare.disarm_all();
  ProcessSpec spec = lab.spec({"run", "--json"});
  std::string hosts;
  std::string role;

  SECTION("of MAIN") {
    spec = with(spec, "--main", kMainName);
    hosts = "127.0.3.1 main.example.net\n";
    role = "main";
  }
  SECTION("of another backup") {
    lab.main.behave(Refuse{});
    spec.argv.insert(spec.argv.end(), {"--backup", kBackupName});
    hosts = "127.0.3.1 backup.example.net\n";
    role = "backup";
  }

  const auto result = lab.run_with(hosts, spec);

  if (result) {
    CAPTURE(result->out);
    const ReportLine report = parse_report_line(result->out);
    CHECK(report.role == role);
    CHECK(report.exit == 0);
    CHECK(report.probe(Lab::kBackup).result == "accessible");
    CHECK(lab.content() == Lab::kBackup);
  }
}

// --- A name server that is silent ---

TEST_CASE("A name server that never answers holds up a run for the time of a probe, no more") {
  constexpr const char* kServer = "127.0.9.53";
  const Descriptor server = silent_name_server(kServer);
  if (!server) {
    WARN("not tried: no port 53 to be had here on " << kServer);
    return;
  }
  MovingLab lab;
  lab.scratch.write("resolv.conf",
                    "nameserver " + std::string(kServer) + "\noptions timeout:30 attempts:5\n");
  lab.scratch.write("nsswitch.conf", "hosts: dns\n");
  ProcessSpec spec = with(lab.spec({"run"}, {"--timeout", "300ms"}), "--main", kMainName);
  int status = 0;
  std::string record;

  SECTION("on BACKUP, where it matters") {
    lab.point_to(Lab::kBackup);
    status = 4;
    record = Lab::kBackup;
  }
  SECTION("away from MAIN, which is dead, where it does not") {
    lab.main.behave(Refuse{});
    record = Lab::kBackup;
  }
  SECTION("and not past the deadline") {
    spec = with(spec, "--timeout", "20s");
    spec.argv.insert(spec.argv.end(), {"--deadline", "400ms"});
    lab.point_to(Lab::kBackup);
    status = 4;
    record = Lab::kBackup;
  }

  const ProcessResult result = lab.finish(among_mounts(lab, spec, kSilentServer));

  if (was_tried(result)) {
    CAPTURE(result.out, result.err);
    CHECK(result.status == status);
    CHECK(lab.content() == record);
    CHECK(result.elapsed > 200ms);
    CHECK(result.elapsed < 5s);
    if (status != 0) {
      CHECK_THAT(result.err, StartsWith(std::string(kTitle) + "cannot judge main.example.net: not "
                                                              "resolved "));
    }
  }
}
