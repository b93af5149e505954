// The table of the eight steps, walked by the built program: each row by its status, by what it
// printed and by what Cloudflare holds afterwards.

#include <optional>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/lab.h"
#include "support/report_line_json.h"

namespace {

using Steps = std::vector<int>;
using Options = std::vector<std::string>;

constexpr const char* kMain = Lab::kMain;
constexpr const char* kBackup = Lab::kBackup;
constexpr const char* kOther = Lab::kOther;

enum class Is { down, up };
using enum Is;

/// A lab whose three addresses are up or down at will; a dead one refuses, which takes no time.
class Table {
 public:
  void set(Is main_is, Is backup_is, Is other_is) {
    lab.main.behave(door(main_is));
    lab.backup.behave(door(backup_is));
    other.behave(door(other_is));
  }

  ProcessResult run(const Options& more = {}) const {
    Options options{"--attempts", "1", "--json"};
    options.insert(options.end(), more.begin(), more.end());
    return lab.run(options);
  }

  std::size_t writes() const { return lab.cloudflare.writes().size(); }

  Lab lab;
  LoopbackOrigin other{{.address = kOther, .port = lab.main.port()}};

 private:
  static Behaviour door(Is state) {
    return state == up ? Behaviour(behaviour::Answer{}) : Behaviour(behaviour::Refuse{});
  }
};

/// What is accessible, of three addresses.
struct World {
  Is main;
  Is backup;
  Is other;
};

std::vector<World> every_world() {
  std::vector<World> worlds;
  for (const Is main : {up, down}) {
    for (const Is backup : {up, down}) {
      for (const Is other : {up, down}) {
        worlds.push_back({main, backup, other});
      }
    }
  }
  return worlds;
}

/// What a run is to come to.
struct Row {
  std::string origin;
  Is main;
  Is backup;
  Is other;
  Steps steps;
  std::string target;  ///< empty: nothing is written
  int status;
};

std::string role_of(const std::string& address) {
  return address == kMain ? "main" : address == kBackup ? "backup" : "other";
}

std::string action_to(const std::string& target) {
  return target.empty() ? "none" : target == kMain ? "failback" : "failover";
}

/// Puts the world as the row has it, runs, and compares all that can be seen.
void check_row(Table& table, const Row& row, const Options& more = {}) {
  CAPTURE(row.origin, row.main, row.backup, row.other, more);
  table.set(row.main, row.backup, row.other);
  table.lab.point_to(row.origin);
  const std::size_t writes_before = table.writes();

  const ProcessResult result = table.run(more);

  const bool moved = !row.target.empty();
  CHECK(result.status == row.status);
  CHECK(table.lab.content() == (moved ? row.target : row.origin));
  CHECK(table.writes() - writes_before == (moved ? 1 : 0));
  const ReportLine report = parse_report_line(result.out);
  CHECK(report.origin == row.origin);
  CHECK(report.role == role_of(row.origin));
  CHECK(report.steps == row.steps);
  CHECK(report.action == action_to(row.target));
  CHECK(report.from == (moved ? std::optional(row.origin) : std::nullopt));
  CHECK(report.to == (moved ? std::optional(row.target) : std::nullopt));
  CHECK(report.written == moved);
  CHECK(report.exit == row.status);
  CHECK(report.error.has_value() == (row.status != 0));
  CHECK(result.err.empty() == (row.status == 0));
}

}  // namespace

TEST_CASE("The built program walks every row of the table", "[cli]") {
  Table table;

  for (const Row& row : std::vector<Row>{
           {kMain, up, up, up, {1, 2, 3}, "", 0},
           {kMain, up, down, up, {1, 2, 3}, "", 0},
           {kMain, down, up, up, {1, 2, 6, 7, 8}, kBackup, 0},
           {kMain, down, down, up, {1, 2, 6, 7}, "", 1},
           {kBackup, up, up, up, {1, 2, 3, 4, 5}, kMain, 0},
           {kBackup, down, up, up, {1, 2, 3, 4}, "", 0},
           {kBackup, up, down, up, {1, 2, 6, 7, 8}, kMain, 0},
           {kBackup, down, down, up, {1, 2, 6, 7}, "", 1},
           {kOther, up, up, up, {1, 2, 3, 4, 5}, kMain, 0},
           {kOther, up, down, up, {1, 2, 3, 4, 5}, kMain, 0},
           {kOther, down, up, up, {1, 2, 3, 4}, "", 0},
           {kOther, down, down, up, {1, 2, 3, 4}, "", 0},
           {kOther, up, up, down, {1, 2, 6, 7, 8}, kBackup, 0},
           {kOther, down, up, down, {1, 2, 6, 7, 8}, kBackup, 0},
           {kOther, up, down, down, {1, 2, 6, 7}, "", 1},
           {kOther, down, down, down, {1, 2, 6, 7}, "", 1},
       }) {
    check_row(table, row);
  }
}

TEST_CASE("main-first tries MAIN before BACKUP for a dead unfamiliar address", "[cli]") {
  Table table;

  for (const Row& row : std::vector<Row>{
           {kOther, up, up, down, {1, 2, 6, 7, 8}, kMain, 0},
           {kOther, up, down, down, {1, 2, 6, 7, 8}, kMain, 0},
           {kOther, down, up, down, {1, 2, 6, 7, 8}, kBackup, 0},
           {kOther, down, down, down, {1, 2, 6, 7}, "", 1},
           {kOther, up, up, up, {1, 2, 3, 4, 5}, kMain, 0},
           {kOther, down, up, up, {1, 2, 3, 4}, "", 0},
           {kMain, down, up, up, {1, 2, 6, 7, 8}, kBackup, 0},
           {kBackup, up, up, up, {1, 2, 3, 4, 5}, kMain, 0},
       }) {
    check_row(table, row, {"--unfamiliar", "main-first"});
  }
}

TEST_CASE("keep leaves an accessible unfamiliar address alone, and only that", "[cli]") {
  Table table;

  for (const Row& row : std::vector<Row>{
           {kOther, up, up, up, {1, 2, 3}, "", 0},
           {kOther, down, up, up, {1, 2, 3}, "", 0},
           {kOther, up, up, down, {1, 2, 6, 7, 8}, kBackup, 0},
           {kOther, up, down, down, {1, 2, 6, 7}, "", 1},
           {kMain, down, up, up, {1, 2, 6, 7, 8}, kBackup, 0},
           {kBackup, up, up, up, {1, 2, 3, 4, 5}, kMain, 0},
       }) {
    check_row(table, row, {"--unfamiliar", "keep"});
  }
}

TEST_CASE("A dead unfamiliar address that MAIN could replace is hinted at", "[cli]") {
  Table table;
  table.set(up, down, down);
  table.lab.point_to(kOther);

  const ProcessResult result = table.lab.run({"--attempts", "1"});

  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK(result.err ==
        "cf-failover: error: www.example.com A: cannot fail over: 127.0.4.1 refused, 127.0.3.1 "
        "refused; MAIN 127.0.2.1 is accessible, but the steps do not try it\n"
        "cf-failover: hint: --unfamiliar main-first moves a dead address that is neither MAIN nor "
        "BACKUP to MAIN\n");
}

TEST_CASE("Of two backups the first accessible one is taken, in order", "[cli]") {
  Table table;
  const Options second{"--backup", kOther};

  for (const Row& row : std::vector<Row>{
           {kMain, down, up, up, {1, 2, 6, 7, 8}, kBackup, 0},
           {kMain, down, up, down, {1, 2, 6, 7, 8}, kBackup, 0},
           {kMain, down, down, up, {1, 2, 6, 7, 8}, kOther, 0},
           {kMain, down, down, down, {1, 2, 6, 7}, "", 1},
       }) {
    check_row(table, row, second);
  }
}

TEST_CASE("From a dead backup MAIN comes first, and then the other backup", "[cli]") {
  Table table;
  struct Case {
    World world;
    std::string origin;
    Steps steps;
    std::string ends_at;
    int status;
  };

  for (const Case& row : std::vector<Case>{
           {{up, down, up}, kBackup, {1, 2, 6, 7, 8}, kMain, 0},
           {{down, down, up}, kBackup, {1, 2, 6, 7, 8}, kOther, 0},
           {{down, up, down}, kOther, {1, 2, 6, 7, 8}, kBackup, 0},
           {{up, up, down}, kOther, {1, 2, 6, 7, 8}, kMain, 0},
           {{down, down, down}, kOther, {1, 2, 6, 7}, kOther, 1},
           {{down, up, up}, kOther, {1, 2, 3, 4}, kOther, 0},  // No hopping between backups.
           {{up, up, up}, kOther, {1, 2, 3, 4, 5}, kMain, 0},
       }) {
    CAPTURE(row.world.main, row.world.backup, row.world.other, row.origin);
    table.set(row.world.main, row.world.backup, row.world.other);
    table.lab.point_to(row.origin);

    const ProcessResult result = table.run({"--backup", kOther});

    CHECK(result.status == row.status);
    CHECK(table.lab.content() == row.ends_at);
    const ReportLine report = parse_report_line(result.out);
    CHECK(report.role == "backup");
    CHECK(report.steps == row.steps);
  }
}

TEST_CASE("Repeated runs in a world that stays as it is write at most twice", "[cli]") {
  const Options policy{"--unfamiliar", GENERATE("follow", "main-first", "keep")};
  Table table;

  for (const World& world : every_world()) {
    for (const char* const origin : {kMain, kBackup, kOther}) {
      CAPTURE(policy, world.main, world.backup, world.other, origin);
      table.set(world.main, world.backup, world.other);
      table.lab.point_to(origin);
      const std::size_t before = table.writes();

      table.run(policy);
      table.run(policy);
      const std::string settled = table.lab.content();
      const std::size_t writes = table.writes() - before;
      table.run(policy);

      CHECK(writes <= 2);
      CHECK(table.writes() - before == writes);
      CHECK(table.lab.content() == settled);
    }
  }
}

TEST_CASE("A change is one PATCH of the content alone, and all else stays as it was", "[cli]") {
  Table table;
  table.set(down, up, up);
  const auto before = table.lab.cloudflare.record("www.example.com");

  REQUIRE(table.run().status == 0);

  const auto writes = table.lab.cloudflare.writes();
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].method == "PATCH");
  CHECK(writes[0].body == R"({"content":"127.0.3.1"})");
  const auto after = table.lab.cloudflare.record("www.example.com");
  REQUIRE(after);
  CHECK(after->id == before->id);
  CHECK(after->content == kBackup);
  CHECK(after->ttl == before->ttl);
  CHECK(after->proxied == before->proxied);
  CHECK(after->comment == before->comment);
  CHECK(table.lab.cloudflare.records().size() == 1);
}

TEST_CASE("Each address is probed once, whoever the origin is", "[cli]") {
  Table table;
  table.lab.point_to(GENERATE(kMain, kBackup, kOther));

  const ReportLine report = parse_report_line(table.run({"--dry-run"}).out);

  const bool is_other = report.role == "other";
  CHECK(report.probes.size() == (is_other ? 3 : 2));
  CHECK(report.probe(kMain).role == "main");
  CHECK(report.probe(kBackup).role == "backup");
  CHECK(table.lab.main.requests().size() == 1);
  CHECK(table.lab.backup.requests().size() == 1);
  CHECK(table.other.requests().size() == (is_other ? 1 : 0));
}

TEST_CASE("An AAAA record fails over and back like an A record", "[cli]") {
  const std::string main = "::1";
  const std::string backup = "::ffff:127.0.3.1";
  LoopbackOrigin main_origin{{.address = "::1"}};
  LoopbackOrigin backup_origin{{.address = kBackup, .port = main_origin.port()}};
  Lab lab;
  lab.cloudflare.add_record({.name = "six.example.com", .type = "AAAA", .content = main});
  const auto run_six = [&] {
    return run({.argv = {built("cf-failover"), "--record", "six.example.com", "--main",
                         "0:0:0:0:0:0:0:1", "--backup", backup, "--probe",
                         "http://six.example.com:" + std::to_string(main_origin.port()) + "/",
                         "--state-dir", lab.scratch.path() / "state", "--attempts", "1"},
                .environment = lab.environment()});
  };
  const auto content = [&] { return lab.cloudflare.record("six.example.com", "AAAA")->content; };

  CHECK(run_six().status == 0);
  CHECK(content() == main);
  main_origin.behave(behaviour::Refuse{});
  const ProcessResult over = run_six();
  CHECK(over.status == 0);
  CHECK(over.out == "six.example.com AAAA: failover ::1 -> ::ffff:127.0.3.1 (::1: refused)\n");
  CHECK(content() == backup);
  main_origin.behave(behaviour::Answer{});
  const ProcessResult back = run_six();
  CHECK(back.status == 0);
  CHECK(back.out ==
        "six.example.com AAAA: failback ::ffff:127.0.3.1 -> ::1 (::1: accessible again)\n");
  CHECK(content() == main);
  CHECK(lab.cloudflare.writes().size() == 2);
  CHECK(lab.content() == Lab::kMain);
  REQUIRE_FALSE(main_origin.requests().empty());
  CHECK(main_origin.requests()[0].host() ==
        "six.example.com:" + std::to_string(main_origin.port()));
}
