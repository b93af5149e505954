// `set-backup` of the built program: what it takes, what it stores and when, and what follows.

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/moving_lab.h"
#include "support/report_line_json.h"

namespace {

using namespace std::chrono_literals;
using behaviour::Answer;
using behaviour::Refuse;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

constexpr const char* kStored = "www.example.com A: stored the backup's address 127.0.5.1\n";
constexpr const char* kTitle = "cf-failover: error: www.example.com A: ";

std::string moved_line(const std::string& what, const std::string& from, const std::string& to,
                       const std::string& why) {
  return "www.example.com A: " + what + " " + from + " -> " + to + " (" + from + ": " + why + ")\n";
}

/// How a record's comment and TTL were left.
void check_owners_settings(const Lab& lab) {
  const auto record = lab.cloudflare.record("www.example.com");
  REQUIRE(record);
  CHECK(record->comment == "keep me");
  CHECK(record->ttl == 60);
}

/// Says that nothing was taken, stored or asked.
void check_refused(const MovingLab& lab, const ProcessResult& result) {
  CAPTURE(result.out, result.err);
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK(result.err.starts_with("cf-failover: error: "));
  CHECK_FALSE(lab.has(MovingLab::kSaid));
  CHECK(lab.cloudflare.requests().empty());
  CHECK(lab.main.connections() + lab.backup.connections() + lab.moved.connections() == 0);
}

}  // namespace

// --- What follows ---

TEST_CASE("A backup that moves while MAIN serves is stored, and the record left alone") {
  MovingLab lab;

  const ProcessResult result = lab.set_backup(MovingLab::kMoved);

  CHECK(result.status == 0);
  CHECK(result.out == kStored);
  CHECK(result.err.empty());
  CHECK(lab.content() == Lab::kMain);
  CHECK(lab.writes() == 0);
  check_owners_settings(lab);
  CHECK(lab.is_announced(MovingLab::kMoved));

  lab.main.behave(Refuse{});
  CHECK(lab.run_once().out == moved_line("failover", Lab::kMain, MovingLab::kMoved, "refused"));
  CHECK(lab.content() == MovingLab::kMoved);
}

TEST_CASE("A record that holds the former address moves in the same invocation, by one write") {
  struct Row {
    Behaviour main;
    Behaviour moved;
    Options more;
    int status;
    std::string record;
    std::string says;
  };
  const std::string replaced = "replaced by 127.0.5.1";
  for (const Row& row : std::vector<Row>{
           {Answer{}, Answer{}, {}, 0, Lab::kMain, "failback 127.0.3.1 -> 127.0.2.1"},
           {Answer{}, Refuse{}, {}, 0, Lab::kMain, "failback 127.0.3.1 -> 127.0.2.1"},
           {Refuse{}, Answer{}, {}, 0, MovingLab::kMoved, "failover 127.0.3.1 -> 127.0.5.1"},
           {Refuse{}, Refuse{}, {}, 1, Lab::kBackup, "cannot fail over"},
           {Refuse{}, Refuse{}, {"--vouch"}, 0, MovingLab::kMoved, "failover 127.0.3.1"},
           {Answer{}, Refuse{}, {"--vouch"}, 0, Lab::kMain, "failback 127.0.3.1 -> 127.0.2.1"},
           {Answer{}, Answer{}, {"--failback-delay", "1h"}, 0, Lab::kMain, "failback 127.0.3.1"},
           {Refuse{}, Answer{}, {"--fall", "5", "--rise", "5"}, 0, MovingLab::kMoved, "failover"},
       }) {
    MovingLab lab;
    lab.point_to(Lab::kBackup);
    lab.main.behave(row.main);
    lab.moved.behave(row.moved);

    const ProcessResult result = lab.set_backup(MovingLab::kMoved, row.more);

    CAPTURE(row.more, row.says, result.out, result.err);
    CHECK(result.status == row.status);
    CHECK(result.out.starts_with(kStored));
    CHECK(contains(result.out + result.err, row.says));
    CHECK(contains(result.out + result.err, replaced));
    CHECK(lab.content() == row.record);
    CHECK(lab.writes() == (row.record == Lab::kBackup ? 0 : 1));
    check_owners_settings(lab);
    CHECK(lab.backup.connections() == 0);  // It may answer: it is not the backup's any more.
  }
}

TEST_CASE("What was announced and cannot be reached holds nobody up, and says where it is stored") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  lab.main.behave(Refuse{});
  lab.moved.behave(Refuse{});

  const ProcessResult result = lab.set_backup(MovingLab::kMoved);

  CHECK(result.status == 1);
  CHECK(result.err ==
        std::string(kTitle) +
            "cannot fail over: 127.0.3.1 replaced by 127.0.5.1, 127.0.2.1 refused, 127.0.5.1 "
            "refused\n"
            "cf-failover: hint: the backup's address 127.0.5.1 is stored; the next run acts on "
            "it\n");
}

TEST_CASE("An address that somebody vouches for is not probed, and is by the next run") {
  MovingLab lab;
  lab.main.behave(Refuse{});
  lab.moved.behave(Refuse{});

  const ProcessResult result = lab.set_backup(MovingLab::kMoved, {"--vouch"});

  CHECK(result.status == 0);
  CHECK(lab.content() == MovingLab::kMoved);
  CHECK(lab.moved.connections() == 0);
  const ProcessResult next = lab.run_once({"--json"});
  CHECK(next.status == 1);
  CHECK(parse_report_line(next.out).probe(MovingLab::kMoved).reason == "refused");
}

TEST_CASE("The address in force, with no former one left, is no reason to do anything") {
  MovingLab lab;
  std::string address = MovingLab::kMoved;

  SECTION("announced before") {
    REQUIRE(lab.set_backup(address).status == 0);
  }
  SECTION("as configured") {
    address = Lab::kBackup;
  }
  SECTION("announced, and back to what is configured") {
    REQUIRE(lab.set_backup(address).status == 0);
    address = Lab::kBackup;
    REQUIRE(lab.set_backup(address).status == 0);
  }

  const std::string said = lab.text(MovingLab::kSaid);
  const std::string seen = lab.text(MovingLab::kSeen);
  const std::size_t requests = lab.cloudflare.requests().size();
  const std::size_t probes = lab.main.connections();
  lab.lock_out();

  const ProcessResult again = lab.set_backup(address);
  const ProcessResult verbose = lab.set_backup(address, {"-v"});

  CHECK(again.status == 0);
  CHECK((again.out + again.err).empty());
  CHECK(verbose.status == 0);
  CHECK(verbose.out == "www.example.com A: the backup is at " + address + " already\n");
  CHECK(lab.cloudflare.requests().size() == requests);
  CHECK(lab.main.connections() == probes);
  CHECK(lab.text(MovingLab::kSaid) == said);
  CHECK(lab.text(MovingLab::kSeen) == seen);
}

TEST_CASE("Nothing to do is no text among the JSON") {
  const MovingLab lab;

  const ProcessResult result = lab.set_backup(Lab::kBackup, {"--json", "-v"});

  CHECK(result.status == 0);
  CHECK_FALSE(contains(result.out, "already"));
}

TEST_CASE("An announcement is on the disk before anybody is asked") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  bool was_stored = false;
  lab.main.on_request(
      [&](const SeenRequest&) { was_stored = lab.is_announced(MovingLab::kMoved); });
  bool was_stored_before_cloudflare = false;
  lab.cloudflare.arm({.mischief = fault::Meanwhile{.act = [&] {
                        was_stored_before_cloudflare = lab.is_announced(MovingLab::kMoved);
                      }}});

  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 0);

  CHECK(was_stored);
  CHECK(was_stored_before_cloudflare);
}

TEST_CASE("While Cloudflare does not answer, the address is stored, and a later run acts on it") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  lab.main.behave(Refuse{});
  lab.lock_out();

  const ProcessResult result = lab.set_backup(MovingLab::kMoved);

  CHECK(result.status == 3);
  CHECK(result.out == kStored);
  CHECK_THAT(result.err, StartsWith(std::string(kTitle) + "could not read the record: HTTP 403"));
  CHECK_THAT(result.err, ContainsSubstring("hint: the backup's address 127.0.5.1 is stored"));
  CHECK(lab.is_announced(MovingLab::kMoved));
  CHECK(lab.writes() == 0);

  lab.cloudflare.disarm_all();
  SECTION("an ordinary one") {
    const ProcessResult next = lab.run_once();
    CHECK(next.status == 0);
    CHECK(next.out ==
          moved_line("failover", Lab::kBackup, MovingLab::kMoved, "replaced by 127.0.5.1"));
  }
  SECTION("the same set-backup again") {
    const ProcessResult next = lab.set_backup(MovingLab::kMoved);
    CHECK(next.status == 0);
    CHECK(next.out ==
          moved_line("failover", Lab::kBackup, MovingLab::kMoved, "replaced by 127.0.5.1"));
  }
  CHECK(lab.content() == MovingLab::kMoved);
  CHECK(lab.writes() == 1);
  CHECK(lab.backup.connections() == 0);
}

// --- The former address ---

TEST_CASE("A former address plays BACKUP for as long as the record holds it") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  lab.main.behave(Refuse{});
  lab.moved.behave(Refuse{});
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 1);
  REQUIRE(lab.run_once().status == 1);

  const ReportLine report = parse_report_line(lab.run_once({"--json"}).out);

  CHECK(report.exit == 1);
  CHECK(report.role == "backup");
  CHECK(report.steps == std::vector{1, 2, 6, 7});
  CHECK(report.probe(Lab::kBackup).result == "inaccessible");
  CHECK(report.probe(Lab::kBackup).reason == "replaced by 127.0.5.1");
  CHECK(report.probe(Lab::kBackup).attempts == 0);

  lab.main.behave(Answer{});
  CHECK(lab.run_once().out ==
        moved_line("failback", Lab::kBackup, Lab::kMain, "replaced by 127.0.5.1"));
}

TEST_CASE(
    "Who puts a former address back into the record by hand has an unfamiliar address there") {
  MovingLab lab;

  SECTION("the record never held it") {
    REQUIRE(lab.set_backup(MovingLab::kMoved).status == 0);
  }
  SECTION("the record has just left it") {
    lab.point_to(Lab::kBackup);
    REQUIRE(lab.set_backup(MovingLab::kMoved).status == 0);
    REQUIRE(lab.content() == Lab::kMain);
  }
  SECTION("the record was taken from it by somebody else") {
    lab.point_to(Lab::kBackup);
    lab.main.behave(Refuse{});
    lab.moved.behave(Refuse{});
    REQUIRE(lab.set_backup(MovingLab::kMoved).status == 1);
    lab.point_to(Lab::kMain);
    REQUIRE(lab.run_once().status == 1);
  }
  lab.main.behave(Refuse{});
  lab.point_to(Lab::kBackup);

  const ReportLine report = parse_report_line(lab.run_once({"--json"}).out);

  CHECK(report.exit == 0);
  CHECK(report.role == "other");
  CHECK(report.steps == std::vector{1, 2, 3, 4});
  CHECK(report.probe(Lab::kBackup).result == "accessible");
}

TEST_CASE("A backup that moves twice leaves two former addresses, and moves back from either") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  const LoopbackOrigin third({.address = Lab::kOther, .port = lab.main.port()});
  lab.main.behave(Refuse{});
  lab.lock_out();
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 3);
  REQUIRE(lab.set_backup(Lab::kOther).status == 3);
  lab.cloudflare.disarm_all();
  const std::string held = GENERATE(Lab::kBackup, MovingLab::kMoved);
  lab.point_to(held);

  const ProcessResult result = lab.run_once();

  CHECK(result.out == moved_line("failover", held, Lab::kOther, "replaced by 127.0.4.1"));
  CHECK(lab.content() == Lab::kOther);
}

TEST_CASE("A backup that comes back to a former address is probed there again") {
  MovingLab lab;
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 0);
  REQUIRE(lab.set_backup(Lab::kBackup).status == 0);
  lab.main.behave(Refuse{});

  CHECK(lab.run_once().out == moved_line("failover", Lab::kMain, Lab::kBackup, "refused"));

  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 0);
  CHECK(lab.content() == MovingLab::kMoved);
}

TEST_CASE("An announcement is void once the configuration no longer lists what it replaced") {
  MovingLab lab;
  const LoopbackOrigin other({.address = Lab::kOther, .port = lab.main.port()});
  lab.lock_out();
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 3);
  lab.cloudflare.disarm_all();
  lab.main.behave(Refuse{});
  const ProcessSpec reconfigured = with(lab.spec({"run"}, {"--json"}), "--backup", Lab::kOther);

  SECTION("nobody is sent there") {
    const std::size_t before = lab.moved.connections();
    lab.finish(reconfigured);
    CHECK(lab.content() == Lab::kOther);
    CHECK(lab.moved.connections() == before);
  }
  SECTION("the former address is like any") {
    lab.point_to(Lab::kBackup);
    const ReportLine report = parse_report_line(lab.finish(reconfigured).out);
    CHECK(report.role == "other");
    CHECK(report.probe(Lab::kBackup).result == "accessible");
    CHECK(lab.writes() == 0);
  }
  SECTION("a new announcement is for the backup that is listed") {
    lab.finish(with(lab.set_backup_spec(MovingLab::kMoved), "--backup", Lab::kOther));
    CHECK(lab.content() == MovingLab::kMoved);
    CHECK_FALSE(lab.is_announced(MovingLab::kMoved));
  }
}

// --- Several backups ---

TEST_CASE("An announcement is for the first backup, or for the one that --replace names") {
  struct Row {
    std::vector<Options> commands;
    Options backups_afterwards;
  };
  const Options replace_second{"127.0.5.1", "--replace", Lab::kOther};
  for (const Row& row : std::vector<Row>{
           {{{"127.0.5.1"}}, {"127.0.5.1", "127.0.4.1"}},
           {{{"127.0.5.1", "--replace", Lab::kBackup}}, {"127.0.5.1", "127.0.4.1"}},
           {{replace_second}, {"127.0.3.1", "127.0.5.1"}},
           {{replace_second, {"127.0.6.1", "--replace", "127.0.5.1"}}, {"127.0.3.1", "127.0.6.1"}},
           {{replace_second, {"127.0.6.1", "--replace", Lab::kOther}}, {"127.0.3.1", "127.0.6.1"}},
           {{replace_second, {"127.0.6.1"}}, {"127.0.6.1", "127.0.5.1"}},
       }) {
    const MovingLab lab;
    const Options two{"--backup", Lab::kOther};
    for (const Options& words : row.commands) {
      Options all{"set-backup", "--allow-private"};
      all.insert(all.end(), words.begin(), words.end());
      REQUIRE(lab.finish(lab.spec(all, two)).status == 0);
    }

    const ReportLine report = parse_report_line(lab.finish(lab.spec({"run", "--json"}, two)).out);

    CAPTURE(row.backups_afterwards);
    Options probed;
    for (const ProbeLine& probe : report.probes) {
      probed.push_back(probe.address);
    }
    CHECK(probed == Options{Lab::kMain, row.backups_afterwards[0], row.backups_afterwards[1]});
  }
}

TEST_CASE("A backup that --replace does not find is told, with those there are") {
  const MovingLab lab;
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 0);
  const std::string said = lab.text(MovingLab::kSaid);

  const ProcessResult result = lab.set_backup("127.0.6.1", {"--replace", "127.0.9.9"});

  CHECK(result.status == 2);
  CHECK(result.err == std::string(kTitle) +
                          "nothing was stored: --replace: no backup is 127.0.9.9\n"
                          "cf-failover: hint: the backups are 127.0.5.1\n");
  CHECK(lab.text(MovingLab::kSaid) == said);
}

TEST_CASE("The place that a backup has left is free for another") {
  const MovingLab lab;
  const Options two{"--backup", Lab::kOther};
  REQUIRE(lab.finish(lab.spec({"set-backup", "127.0.5.1", "--allow-private"}, two)).status == 0);

  const ProcessResult result = lab.finish(
      lab.spec({"set-backup", Lab::kBackup, "--allow-private", "--replace", Lab::kOther}, two));

  CAPTURE(result.err);
  CHECK(result.status == 0);
  CHECK(result.out == "www.example.com A: stored the backup's address 127.0.3.1\n");
}

TEST_CASE("Of a file with several records set-backup needs one by name") {
  const MovingLab lab;
  const std::string config = lab.scratch.write("config.json", R"({ "records": [
    { "name": "www.example.com", "main": "127.0.2.1", "backup": "127.0.3.1", "probe": "icmp" },
    { "name": "api.example.com", "main": "127.0.2.2", "backup": "127.0.3.2", "probe": "icmp" } ] })");
  const ProcessSpec spec{
      .argv = {built("cf-failover"), "set-backup", "127.0.5.1", "--allow-private", "-c", config,
               "--state-dir", lab.scratch.path() / "state"},
      .environment = lab.environment()};

  const ProcessResult vague = lab.finish(spec);
  check_refused(lab, vague);
  CHECK_THAT(vague.err, ContainsSubstring("set-backup is about one record, and 2 fit"));

  ProcessSpec clear = spec;
  clear.argv.insert(clear.argv.end(), {"--record", "api.example.com"});
  CHECK_THAT(lab.finish(clear).out,
             StartsWith("api.example.com A: stored the backup's address 127.0.5.1\n"));
  CHECK_FALSE(lab.has(MovingLab::kSaid));
  CHECK(lab.has("state/api.example.com.A.said.json"));
}

// --- What is refused ---

TEST_CASE("An address that the outside cannot reach is refused by the name of its range") {
  struct Row {
    std::string address;
    std::string range;
  };
  const Row row = GENERATE(values<Row>({
      {"0.0.0.0", "unspecified"},
      {"0.1.2.3", "this network"},
      {"10.1.2.3", "private"},
      {"100.64.0.1", "shared (carrier-grade NAT)"},
      {"100.127.255.255", "shared (carrier-grade NAT)"},
      {"127.0.5.1", "loopback"},
      {"169.254.1.1", "link-local"},
      {"172.16.0.1", "private"},
      {"172.31.255.255", "private"},
      {"192.0.2.20", "documentation"},
      {"192.168.1.1", "private"},
      {"198.18.0.1", "benchmarking"},
      {"198.51.100.20", "documentation"},
      {"203.0.113.20", "documentation"},
      {"224.0.0.1", "multicast"},
      {"239.255.255.255", "multicast"},
      {"240.0.0.1", "reserved"},
      {"255.255.255.255", "broadcast"},
      {"::ffff:192.168.1.1", "private"},
  }));
  const MovingLab lab;

  const ProcessResult result = lab.finish(lab.spec({"set-backup", row.address}));

  CAPTURE(row.address);
  check_refused(lab, result);
  const std::string seen = row.address.starts_with("::ffff:") ? row.address.substr(7) : row.address;
  CHECK_THAT(result.err,
             StartsWith(std::string(kTitle) + "nothing was stored: " + seen + " is not public (" +
                        row.range + "): nobody outside could reach the backup there\n"));
}

TEST_CASE("The same goes for IPv6") {
  const auto [address, range] = GENERATE(table<std::string, std::string>({
      {"::", "unspecified"},
      {"::1", "loopback"},
      {"64:ff9b::c000:214", "NAT64"},
      {"100::1", "discard-only"},
      {"2001::1", "Teredo"},
      {"2001:db8::30", "documentation"},
      {"2002:c000:214::1", "6to4"},
      {"fd00::1", "unique local"},
      {"fe80::1", "link-local"},
      {"ff02::1", "multicast"},
  }));
  const MovingLab lab;

  const ProcessResult result =
      lab.finish({.argv = {built("cf-failover"), "set-backup", address, "--record",
                           "six.example.com", "--main", "2001:db8::10", "--backup", "2001:db8::20",
                           "--state-dir", lab.scratch.path() / "state"},
                  .environment = lab.environment()});

  CAPTURE(address);
  check_refused(lab, result);
  CHECK_THAT(result.err,
             ContainsSubstring(address + " is not public (" + range + "): nobody outside"));
}

TEST_CASE("Not even --allow-private takes what no host can have, or what is taken") {
  struct Row {
    Options words;
    std::string says;
    Options more = {};
  };
  const Row row = GENERATE(values<Row>({
      {{"0.0.0.0"}, "0.0.0.0 is not public (unspecified)"},
      {{"224.0.0.1"}, "224.0.0.1 is not public (multicast)"},
      {{Lab::kMain}, "127.0.2.1 is MAIN"},
      {{"::ffff:127.0.2.1"}, "127.0.2.1 is MAIN"},
      {{"::1"}, "::1 does not fit a record of type A"},
      {{"127.0.4.1"}, "127.0.4.1 is another backup already", {"--backup", "127.0.4.1"}},
      {{"127.0.3.1", "--replace", "127.0.4.1"},
       "127.0.3.1 is another backup already",
       {"--backup", "127.0.4.1"}},
      {{"127.0.5.1", "--replace", "127.0.2.1"}, "no backup is 127.0.2.1"},
      {{"127.0.5.1", "--replace", "127.0.9.9"}, "no backup is 127.0.9.9"},
  }));
  const MovingLab lab;
  Options words{"set-backup", "--allow-private"};
  words.insert(words.end(), row.words.begin(), row.words.end());

  const ProcessResult result = lab.finish(lab.spec(words, row.more));

  check_refused(lab, result);
  CHECK_THAT(result.err, ContainsSubstring("nothing was stored: "));
  CHECK_THAT(result.err, ContainsSubstring(row.says));
}

TEST_CASE("A set-backup that says nothing clear is refused") {
  struct Row {
    Options words;
    std::string says;
  };
  const Row row = GENERATE(values<Row>({
      {{}, "set-backup needs one address"},
      {{""}, "one address"},
      {{"home.example.net"}, "is not an IP address"},
      {{"127.0.5.1/32"}, "is not an IP address"},
      {{"127.0.5"}, "is not an IP address"},
      {{"127.0.5.1", "127.0.6.1"}, "unexpected argument"},
      {{"127.0.5.1", "--from-interface", "lo"}, "only one address"},
      {{"--from-interface", "lo", "--from-url", "https://127.0.0.1/"}, "only one address"},
      {{"--from-interface", "lo", "--from-interface", "lo"}, "twice"},
      {{"--from-url", "rubbish"}, "not an address of a server"},
      {{"--from-url", "http://192.0.2.10/"}, "anybody on the way"},
      {{"--from-url", "http://localhost/"}, "anybody on the way"},
      {{"127.0.5.1", "--replace", "not a host"}, "is not an IP address or a host name"},
      {{"127.0.5.1", "--why", "because"}, "--why belongs to hold"},
      {{"127.0.5.1", "--online"}, "--online belongs to check-config"},
  }));
  const MovingLab lab;
  Options words{"set-backup", "--allow-private"};
  words.insert(words.end(), row.words.begin(), row.words.end());

  const ProcessResult result = lab.finish(lab.spec(words));

  check_refused(lab, result);
  CHECK_THAT(result.err, ContainsSubstring(row.says));
}

TEST_CASE("The options of set-backup belong to it") {
  const MovingLab lab;
  const auto option = GENERATE(values<Options>({{"--vouch"},
                                                {"--allow-private"},
                                                {"--from-interface", "lo"},
                                                {"--from-url", "https://127.0.0.1/"},
                                                {"--replace", "127.0.3.1"}}));

  const ProcessResult result = lab.run_once(option);

  check_refused(lab, result);
  CHECK_THAT(result.err, ContainsSubstring(option.front() + " belongs to set-backup"));
}

// --- Where the address comes from ---

TEST_CASE("An IPv4 address that is spelt as IPv6 is the IPv4 address") {
  const MovingLab lab;

  const ProcessResult result = lab.set_backup("::ffff:127.0.5.1");

  CHECK(result.status == 0);
  CHECK(result.out == kStored);
  CHECK(lab.is_announced(MovingLab::kMoved));
}

TEST_CASE("The address may be the one that an interface has") {
  const MovingLab lab;

  const ProcessResult refused = lab.finish(lab.spec({"set-backup", "--from-interface", "lo"}));
  check_refused(lab, refused);
  CHECK_THAT(refused.err, ContainsSubstring("127.0.0.1 is not public (loopback)"));

  const ProcessResult taken =
      lab.finish(lab.spec({"set-backup", "--from-interface", "lo", "--allow-private"}));
  CHECK(taken.status == 0);
  CHECK(taken.out == "www.example.com A: stored the backup's address 127.0.0.1\n");
  CHECK(lab.is_announced("127.0.0.1"));
}

TEST_CASE("An interface that is not there gives no address") {
  const MovingLab lab;

  const ProcessResult result =
      lab.finish(lab.spec({"set-backup", "--from-interface", "none0", "--allow-private"}));

  CAPTURE(result.err);
  CHECK(result.status == 2);
  CHECK_THAT(result.err, StartsWith(std::string(kTitle) +
                                    "nothing was stored: no such network interface: none0\n"));
  CHECK(lab.cloudflare.requests().empty());
}

TEST_CASE("A server may be asked what address we come from") {
  const MovingLab lab;
  const auto [body, tls] = GENERATE(table<std::string, bool>({
      {"127.0.5.1", false},
      {"  127.0.5.1\r\n", false},
      {"::ffff:127.0.5.1\n", false},
      {"127.0.5.1\n", true},
  }));
  CAPTURE(body, tls);
  const auto certificate = tls ? std::optional(test_ca().valid("127.0.6.1")) : std::nullopt;
  LoopbackOrigin echo({.address = "127.0.6.1", .certificate = certificate}, Answer{.body = body});
  ProcessSpec spec =
      lab.spec({"set-backup", "--from-url", echo.url() + "ip?secret", "--allow-private"});
  spec.environment["CURL_CA_BUNDLE"] = test_ca().ca_file();
  spec.environment["http_proxy"] = "http://127.0.6.2:1";
  spec.environment["ALL_PROXY"] = "http://127.0.6.2:1";

  const ProcessResult result = lab.finish(spec);

  CAPTURE(result.err);
  CHECK(result.status == 0);
  CHECK(result.out == kStored);
  CHECK(lab.is_announced(MovingLab::kMoved));
  REQUIRE(echo.requests().size() == 1);
  CHECK(echo.requests().front().path == "/ip?secret");
}

TEST_CASE("What a server says that is no address is not taken for one") {
  struct Row {
    Behaviour behaviour;
    std::string says;
  };
  for (const Row& row : std::vector<Row>{
           {Answer{.body = "<html>Welcome</html>"}, "no address from 127.0.6.1: status 200"},
           {Answer{.body = ""}, "no address from 127.0.6.1: status 200"},
           {Answer{.body = "127.0.5.1, 127.0.5.2"}, "no address from 127.0.6.1: status 200"},
           {Answer{.body = "127.0.5.1\n127.0.5.2\n"}, "no address from 127.0.6.1: status 200"},
           {Answer{.body = "\x1b[2J"}, "no address from 127.0.6.1: status 200"},
           {Answer{.status = 500, .body = "127.0.5.1"}, "no address from 127.0.6.1: status 500"},
           {behaviour::redirect("http://127.0.6.2:1/"), "no address from 127.0.6.1: status 301"},
           {Answer{.body = "2001:db8::20"}, "2001:db8::20 does not fit a record of type A"},
           {Answer{.body = "0.0.0.0"}, "0.0.0.0 is not public (unspecified)"},
           {Answer{.body = Lab::kMain}, "127.0.2.1 is MAIN"},
           {Answer{.body = std::string(100'000, ' ') + "127.0.5.1"}, "no address"},
           {behaviour::Endless{}, "no address"},
           {behaviour::not_http(), "no address: "},
           {Refuse{}, "no address: "},
           {behaviour::Reset{}, "no address: "},
       }) {
    const MovingLab lab;
    const LoopbackOrigin echo({.address = "127.0.6.1"}, row.behaviour);

    const ProcessResult result = lab.finish(
        lab.spec({"set-backup", "--from-url", echo.url() + "secret", "--allow-private"}));

    CAPTURE(row.says, result.err);
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, StartsWith(std::string(kTitle) + "nothing was stored: "));
    CHECK_THAT(result.err, ContainsSubstring(row.says));
    CHECK_FALSE(contains(result.err, "/secret"));
    CHECK_FALSE(contains(result.err, "\x1b"));
    CHECK_FALSE(lab.has(MovingLab::kSaid));
    CHECK(lab.cloudflare.requests().empty());
  }
}

TEST_CASE("A server that is not who it says it is, is not believed") {
  const MovingLab lab;
  const LoopbackOrigin echo(
      {.address = "127.0.6.1", .certificate = test_ca().by_unknown_ca("127.0.6.1")},
      Answer{.body = MovingLab::kMoved});
  ProcessSpec spec =
      lab.spec({"set-backup", "--from-url", echo.url(), "--allow-private", "--insecure"});
  spec.environment["CURL_CA_BUNDLE"] = test_ca().ca_file();

  const ProcessResult result = lab.finish(spec);

  CHECK(result.status == 2);
  CHECK_THAT(result.err, ContainsSubstring("nothing was stored: no address: "));
  CHECK_THAT(result.err, ContainsSubstring("certificate"));
  CHECK_FALSE(lab.has(MovingLab::kSaid));
}

TEST_CASE("A server that is silent is not awaited past the deadline") {
  const MovingLab lab;
  const LoopbackOrigin echo({.address = "127.0.6.1"}, behaviour::Hang{});

  const ProcessResult result = lab.finish(
      lab.spec({"set-backup", "--from-url", echo.url(), "--allow-private", "--deadline", "300ms"}));

  CHECK(result.status == 2);
  CHECK_THAT(result.err, ContainsSubstring("nothing was stored: no address: "));
  CHECK(result.elapsed < 5s);
}

// --- Under a hold, in a dry run, for machines ---

TEST_CASE("Under a hold the address is stored, the record left alone, and both are said") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  REQUIRE(lab.hold({"--why", "moving house"}).status == 0);

  const ProcessResult result = lab.set_backup(MovingLab::kMoved);

  CHECK(result.status == 1);
  CHECK(lab.is_announced(MovingLab::kMoved));
  CHECK(lab.writes() == 0);
  CHECK_THAT(result.out, StartsWith("www.example.com A: stored the backup's address 127.0.5.1; "
                                    "nothing is changed: held until "));
  CHECK_THAT(result.out, ContainsSubstring("(moving house)"));
  CHECK_THAT(result.err, ContainsSubstring("would change to 127.0.2.1, but is held until "));
  CHECK_FALSE(contains(result.err, "the next run acts on it"));  // It is held too.

  REQUIRE(lab.finish(lab.spec({"release"})).status == 0);
  CHECK(lab.run_once().status == 0);
  CHECK(lab.content() == Lab::kMain);
}

TEST_CASE("Under a hold and with the record on MAIN, nothing is wrong") {
  const MovingLab lab;
  REQUIRE(lab.hold().status == 0);

  const ProcessResult result = lab.set_backup(MovingLab::kMoved);

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK(lab.is_announced(MovingLab::kMoved));
}

TEST_CASE("A dry run stores nothing, and decides as if it had") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  lab.main.behave(Refuse{});

  const ProcessResult result = lab.set_backup(MovingLab::kMoved, {"-n"});

  CHECK(result.status == 0);
  CHECK(result.out ==
        "www.example.com A: dry run: would store the backup's address 127.0.5.1\n"
        "www.example.com A: dry run: failover 127.0.3.1 -> 127.0.5.1 (127.0.3.1: "
        "replaced by 127.0.5.1)\n");
  CHECK(result.err.empty());
  CHECK(lab.writes() == 0);
  CHECK_FALSE(lab.has("state"));
}

TEST_CASE("A dry run leaves what was said before as it is") {
  const MovingLab lab;
  REQUIRE(lab.set_backup(MovingLab::kMoved).status == 0);
  const std::string said = lab.text(MovingLab::kSaid);
  const std::string seen = lab.text(MovingLab::kSeen);

  const ProcessResult result = lab.set_backup("127.0.6.1", {"--dry-run"});

  CHECK(result.status == 0);
  CHECK(lab.text(MovingLab::kSaid) == said);
  CHECK(lab.text(MovingLab::kSeen) == seen);
}

TEST_CASE("With --json set-backup prints the run's object and nothing else") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  lab.main.behave(Refuse{});

  const ProcessResult result = lab.set_backup(MovingLab::kMoved, {"--json"});

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  const ReportLine report = parse_report_line(result.out);
  CHECK(report.origin == Lab::kBackup);
  CHECK(report.role == "backup");
  CHECK(report.action == "failover");
  CHECK(report.to == MovingLab::kMoved);
  CHECK(report.written == true);
  CHECK(report.probe(Lab::kBackup).reason == "replaced by 127.0.5.1");
}

TEST_CASE("A quiet set-backup prints problems only") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);

  SECTION("none") {
    const ProcessResult result = lab.set_backup(MovingLab::kMoved, {"-q"});
    CHECK(result.status == 0);
    CHECK((result.out + result.err).empty());
    CHECK(lab.content() == Lab::kMain);
  }
  SECTION("one") {
    lab.lock_out();
    const ProcessResult result = lab.set_backup(MovingLab::kMoved, {"-q"});
    CHECK(result.status == 3);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, StartsWith(kTitle));
  }
}

// --- Where it cannot be stored ---

TEST_CASE("An address that cannot be stored is not acted upon, and nobody is contacted") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  ProcessSpec spec = lab.set_backup_spec(MovingLab::kMoved);

  SECTION("the directory cannot be made") {
    spec = with(spec, "--state-dir", "/proc/none");
  }
  SECTION("a file in place of the directory") {
    lab.scratch.write("state", "mine");
  }
  SECTION("nobody may write there") {
    spec = with(spec, "--state-dir", "/proc/self");
  }
  SECTION("a directory in place of the lock") {
    std::filesystem::create_directories(lab.scratch.path() /
                                        (std::string(MovingLab::kSaid) + ".lock"));
  }
  SECTION("no file may grow") {
    spec = with_no_room(spec);
  }

  const ProcessResult result = lab.finish(spec);

  CAPTURE(result.out, result.err);
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith(std::string(kTitle) + "nothing was stored: "));
  CHECK(lab.cloudflare.requests().empty());
  CHECK(lab.main.connections() == 0);
  CHECK_FALSE(lab.is_announced(MovingLab::kMoved));
}

TEST_CASE("What was said and makes no sense is put aside, and the new address stored") {
  const MovingLab lab;
  const std::string content =
      GENERATE(as<std::string>(), "garbage", "", R"({"version":99})",
               R"({"version":1,"backups":[{"configured":"127.0.3.1","address":"nowhere"}]})");
  lab.scratch.write(MovingLab::kSaid, content);

  const ProcessResult result = lab.set_backup(MovingLab::kMoved);

  CHECK(result.status == 0);
  CHECK(result.out == kStored);
  CHECK_THAT(result.err, StartsWith("cf-failover: warning: www.example.com A: "));
  CHECK(lab.is_announced(MovingLab::kMoved));
  CHECK(lab.text(std::string(MovingLab::kSaid) + ".bad") == content);
}

TEST_CASE("What was said and can neither be understood nor put aside is not lost") {
  const MovingLab lab;
  lab.scratch.write(MovingLab::kSaid, R"({"version":99,"hold":"of a later version"})");
  lab.scratch.write(std::string(MovingLab::kSaid) + ".bad/precious", "mine");

  const ProcessResult result = lab.set_backup(MovingLab::kMoved);

  CAPTURE(result.out, result.err);
  CHECK(contains(lab.text(MovingLab::kSaid), "of a later version"));
}

// --- Beside other commands ---

TEST_CASE("Two commands at once lose nothing of what each says") {
  const MovingLab lab;
  for (int round = 0; round < 10; ++round) {
    const std::string address = round % 2 == 0 ? MovingLab::kMoved : Lab::kBackup;
    const std::string why = "round " + std::to_string(round);
    CAPTURE(round);

    RunningProcess announcing(lab.set_backup_spec(address));
    RunningProcess holding(lab.spec({"hold", "--why", why}));
    RunningProcess running(lab.spec({"run"}));

    CHECK(announcing.wait().status == 0);
    CHECK(holding.wait().status == 0);
    CHECK((running.wait().status == 0 || running.wait().status == 75));
    CHECK(lab.is_announced(address));
    CHECK(contains(lab.text(MovingLab::kSaid), "\"" + why + "\""));
  }
}

TEST_CASE("A run under way does not write once a backup has moved, and set-backup then acts") {
  MovingLab lab;
  lab.main.behave(Refuse{});
  std::unique_ptr<RunningProcess> announcing;
  const auto announce = [&] {
    announcing = std::make_unique<RunningProcess>(lab.set_backup_spec(MovingLab::kMoved));
    announcing->await_line("stored the backup's address");
  };
  at(Exchange::reread, fault::Meanwhile{fault::Moment::before, announce}, 1)(lab);

  const ProcessResult result = lab.run_once();

  CAPTURE(result.out, result.err);
  CHECK(result.status == 6);
  CHECK(result.out.empty());
  CHECK(result.err == std::string(kTitle) +
                          "not changed to 127.0.3.1: a backup's address changed during this run\n"
                          "cf-failover: hint: the next run decides anew\n");
  REQUIRE(announcing);
  const ProcessResult announced = announcing->wait();
  CAPTURE(announced.err);
  CHECK(announced.status == 0);
  CHECK(announced.out ==
        kStored + moved_line("failover", Lab::kMain, MovingLab::kMoved, "refused"));
  CHECK(lab.content() == MovingLab::kMoved);
  CHECK(lab.writes() == 1);
}

TEST_CASE("A backup that moves while the run awaits a probe is heard as well") {
  MovingLab lab;
  std::unique_ptr<RunningProcess> announcing;
  lab.main.behave(behaviour::status(503));
  lab.main.on_request([&](const SeenRequest&) {
    if (!announcing) {
      announcing = std::make_unique<RunningProcess>(lab.set_backup_spec(MovingLab::kMoved));
      announcing->await_line("stored the backup's address");
    }
  });

  const ProcessResult result = lab.run_once();

  CHECK(result.status == 6);
  REQUIRE(announcing);
  CHECK(announcing->wait().status == 0);
  CHECK(lab.content() == MovingLab::kMoved);
  CHECK(lab.writes() == 1);
}

TEST_CASE("A set-backup that cannot have the lock before its deadline has stored all the same") {
  MovingLab lab;
  lab.main.behave(Refuse{});
  at(Exchange::list, fault::Hang{}, 1)(lab);
  RunningProcess first(lab.spec({"run"}));
  REQUIRE(lab.cloudflare.await_requests(3));

  const ProcessResult result = lab.set_backup(MovingLab::kMoved, {"--deadline", "300ms"});

  CHECK(result.status == 75);
  CHECK(result.out == kStored);
  CHECK_THAT(result.err,
             StartsWith(std::string(kTitle) + "another run for this record is under way"));
  CHECK_THAT(result.err, ContainsSubstring("127.0.5.1 is stored; the next run acts on it"));
  CHECK(lab.is_announced(MovingLab::kMoved));
  CHECK(result.elapsed < 5s);
}

TEST_CASE("A set-backup waits for a run that ends in time") {
  MovingLab lab;
  lab.point_to(Lab::kBackup);
  std::unique_ptr<RunningProcess> announcing;
  at(Exchange::list, fault::Hang{}, 1)(lab);
  auto first = std::make_unique<RunningProcess>(lab.spec({"run"}));
  REQUIRE(lab.cloudflare.await_requests(3));

  RunningProcess second(lab.set_backup_spec(MovingLab::kMoved, {"--json"}));
  while (!lab.is_announced(MovingLab::kMoved) && second.running()) {
    second.await_line("there is no such line", 5ms);
  }
  CHECK(lab.cloudflare.requests().size() == 3);
  first.reset();

  const ProcessResult result = second.wait();
  CHECK(result.status == 0);
  CHECK(parse_report_line(result.out).to == Lab::kMain);
  CHECK(lab.content() == Lab::kMain);
}
