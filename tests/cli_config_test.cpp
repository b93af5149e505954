// Several records in one configuration file, and `check-config`, through the built program.

#include <rapidjson/document.h>

#include <csignal>
#include <filesystem>

#include "support/api_scene.h"
#include "support/catch.h"
#include "support/lab.h"
#include "support/report_line_json.h"
#include "value/text.h"

namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
namespace fs = std::filesystem;

/// A lab with a configuration file.
class Site {
 public:
  explicit Site(Lab::Origins kind = Lab::Origins::plain) : lab(kind) {}

  /// A record of the file, with MAIN and BACKUP of the lab and any more members.
  std::string record(const std::string& name, const std::string& more = {}) const {
    return R"({"name": ")" + name + R"(", "main": ")" + Lab::kMain + R"(", "backup": ")" +
           Lab::kBackup + "\"" + (more.empty() ? "" : ", " + more) + "}";
  }

  /// The file's text, with a probe of the lab's origins as default.
  std::string text(const std::vector<std::string>& records, const std::string& top = {}) const {
    const bool tls = lab.main.url().starts_with("https");
    const std::string target = std::string(tls ? "https" : "http") +
                               "://www.example.com:" + std::to_string(lab.main.port()) + "/";
    std::string joined;
    for (const std::string& each : records) {
      joined += "    " + each + ",\n";
    }
    return "{\n" + (top.empty() ? "" : "  " + top + ",\n") + "  \"state_dir\": \"" +
           state().string() + "\",\n  \"defaults\": {\"probe\": {\"attempts\": 1, \"target\": \"" +
           target + "\"" + (tls ? ", \"ca_file\": \"" + test_ca().ca_file().string() + "\"" : "") +
           "}},\n  \"records\": [\n" + joined + "  ],\n}\n";
  }

  void configure(const std::vector<std::string>& records, const std::string& top = {}) const {
    lab.scratch.write("config.json", text(records, top));
  }

  ProcessSpec command(const Options& words) const {
    ProcessSpec spec{.argv = {built("cf-failover")}, .environment = lab.environment()};
    spec.argv.insert(spec.argv.end(), words.begin(), words.end());
    spec.argv.insert(spec.argv.end(), {"--config", file()});
    return spec;
  }
  ProcessResult run(const Options& words = {}) const { return ::run(command(words)); }

  std::string file() const { return lab.scratch.path() / "config.json"; }
  fs::path state() const { return lab.scratch.path() / "state"; }

  /// A record at Cloudflare beside the lab's.
  void publish(const std::string& name, const std::string& content) {
    lab.cloudflare.add_record({.name = name, .content = content, .ttl = 60});
  }
  std::string content(const std::string& name) const {
    return lab.cloudflare.record(name).value().content;
  }

  Lab lab;
};

std::vector<ReportLine> parse_lines(const std::string& out) {
  std::vector<ReportLine> lines;
  for (const std::string_view line : split(out, '\n')) {
    if (!line.empty()) {
      lines.push_back(parse_report_line(std::string(line) + "\n"));
    }
  }
  return lines;
}

/// Blanks squeezed, so that a table's columns may have any width.
std::string squeezed(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool repeated = c == ' ' && !result.empty() && result.back() == ' ';
    if (!repeated) {
      result += c;
    }
  }
  return result;
}

rapidjson::Document parse_json(const std::string& out) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(out.c_str(), out.size());
  INFO(out);
  REQUIRE_FALSE(document.HasParseError());
  REQUIRE(document.IsObject());
  return document;
}

std::string text_at(const rapidjson::Value& object, const char* name) {
  REQUIRE(object.HasMember(name));
  REQUIRE(object[name].IsString());
  return object[name].GetString();
}

}  // namespace

// --- Several records ---

TEST_CASE("A record that is done is free for the next run, however long another takes", "[cli]") {
  Site site;
  site.publish("a.example.com", Lab::kMain);
  site.publish("slow.example.com", Lab::kMain);
  site.lab.cloudflare.arm({.method = "GET",
                           .path = "slow.example.com",
                           .times = fault::kAlways,
                           .mischief = fault::Hang{}});
  site.lab.main.behave(behaviour::Refuse{});
  site.configure({site.record("a.example.com"), site.record("slow.example.com")});
  RunningProcess both(site.command({"run"}));
  REQUIRE(both.await_line("a.example.com A: failover"));

  const ProcessResult next = site.run({"run", "--record", "a.example.com"});

  CHECK(next.status == 0);
  CHECK(both.running());
}

TEST_CASE("Each record of the file is handled, whatever becomes of another", "[cli]") {
  Site site;
  site.publish("a.example.com", Lab::kMain);
  site.publish("c.example.com", Lab::kMain);
  site.lab.main.behave(behaviour::Refuse{});
  site.configure({site.record("a.example.com"), site.record("absent.example.com"),
                  site.record("www.elsewhere.org"), site.record("c.example.com")});

  const ProcessResult result = site.run();

  CHECK(result.status == 3);
  CHECK(result.out ==
        "a.example.com A: failover 127.0.2.1 -> 127.0.3.1 (127.0.2.1: refused)\n"
        "c.example.com A: failover 127.0.2.1 -> 127.0.3.1 (127.0.2.1: refused)\n");
  CHECK_THAT(result.err, ContainsSubstring("absent.example.com A: found no A record of that name"));
  CHECK_THAT(result.err, ContainsSubstring("www.elsewhere.org A: could not read the record: no "
                                           "zone that the credential may see holds this name"));
  CHECK(site.content("a.example.com") == Lab::kBackup);
  CHECK(site.content("c.example.com") == Lab::kBackup);
  CHECK(site.content("www.example.com") == Lab::kMain);
  CHECK(site.lab.cloudflare.writes().size() == 2);
}

TEST_CASE("Several records print one line of JSON each, in the file's order", "[cli]") {
  Site site;
  site.publish("b.example.com", Lab::kBackup);
  site.configure({site.record("www.example.com"), site.record("absent.example.com"),
                  site.record("b.example.com")});

  const ProcessResult result = site.run({"--json"});
  const auto lines = parse_lines(result.out);

  REQUIRE(lines.size() == 3);
  CHECK(lines[0].record == "www.example.com");
  CHECK(lines[0].action == "none");
  CHECK(lines[0].exit == 0);
  CHECK(lines[1].record == "absent.example.com");
  CHECK(lines[1].steps == std::vector{1});
  CHECK(lines[1].exit == 3);
  CHECK(lines[2].record == "b.example.com");
  CHECK(lines[2].action == "failback");
  CHECK(lines[2].exit == 0);
  CHECK(result.status == 3);
}

TEST_CASE("The statuses of several records come to the largest of them", "[cli]") {
  Site site;
  const std::string fine = site.record("www.example.com");
  const std::string absent = site.record("absent.example.com");
  const std::string dead =
      R"({"name": "dead.example.com", "main": "127.0.8.1", "backup": "127.0.8.2"})";
  const std::string cannot_judge =
      site.record("unknown.example.com", R"("probe": "exec:/nonexistent")");
  struct Row {
    std::vector<std::string> records;
    int status;
  };
  const std::vector<Row> rows{
      {{fine}, 0},         {{fine, dead}, 1},         {{dead, fine}, 1},
      {{absent, dead}, 3}, {{fine, cannot_judge}, 4}, {{cannot_judge, absent, dead, fine}, 4},
  };
  site.publish("dead.example.com", "127.0.8.1");
  site.publish("unknown.example.com", Lab::kMain);

  for (const Row& row : rows) {
    site.configure(row.records);
    CAPTURE(row.records);
    CHECK(site.run().status == row.status);
  }
  CHECK(site.lab.cloudflare.writes().empty());
}

TEST_CASE("A run that finds one record's lock taken handles the others", "[cli]") {
  Site site;
  site.publish("b.example.com", Lab::kMain);
  site.lab.main.behave(behaviour::Hang{});
  site.configure({site.record("www.example.com")});
  RunningProcess first(site.command({"--timeout", "20s"}));
  REQUIRE(site.lab.main.await_connections(1));
  site.lab.main.behave(behaviour::Refuse{});
  site.configure({site.record("www.example.com"), site.record("b.example.com")});

  const ProcessResult result = site.run({"--json"});
  const auto lines = parse_lines(result.out);

  REQUIRE(lines.size() == 2);
  CHECK(lines[0].exit == 75);
  CHECK(lines[1].action == "failover");
  CHECK(result.status == 75);
  CHECK(site.content("b.example.com") == Lab::kBackup);
  first.signal(SIGTERM);
}

TEST_CASE("An error in one record of the file stops all, before anything is contacted", "[cli]") {
  Site site;
  site.configure({site.record("www.example.com"), site.record("b.example.com", "\"ttl\": 5")});

  const ProcessResult result = site.run();

  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("cf-failover: error: " + site.file() + ":6:") &&
                             ContainsSubstring(": ttl: \"5\" is not a TTL\ncf-failover: hint: "));
  CHECK(site.lab.cloudflare.connections() == 0);
  CHECK(site.lab.main.connections() == 0);
  CHECK_FALSE(fs::exists(site.state()));
}

TEST_CASE("--record picks one record of the file", "[cli]") {
  Site site;
  site.publish("b.example.com", Lab::kMain);
  site.lab.main.behave(behaviour::Refuse{});
  site.configure({site.record("www.example.com"), site.record("b.example.com")});

  CHECK(site.run({"--record", "b.example.com"}).status == 0);

  CHECK(site.content("b.example.com") == Lab::kBackup);
  CHECK(site.content("www.example.com") == Lab::kMain);
}

// --- check-config, offline ---

TEST_CASE("check-config shows each setting and where it comes from", "[cli]") {
  const Site site;
  site.configure({site.record("www.example.com", R"("ttl": 120, "unfamiliar": "keep")")},
                 R"("deadline": "40s")");

  const ProcessResult result =
      site.run({"check-config", "--timeout", "3s", "--header", "X-Probe: S3CRET"});

  CHECK(result.status == 0);
  CHECK(result.err.empty());
  const std::string out = squeezed(result.out);
  const std::string file = site.file();
  const std::vector<std::string> lines{
      " configuration " + file + "\n",
      " credential CLOUDFLARE_API_TOKEN\n",
      " deadline 40 s " + file + ":2:15\n",
      " canary none default\n",
      " state-dir " + site.state().string() + " " + file + ":3:16\n",
      "\nwww.example.com A\n",
      " type A default\n",
      " zone found by the record's name default\n",
      " main 127.0.2.1 " + file + ":6:41\n",
      " backup 127.0.3.1 " + file + ":6:64\n",
      " unfamiliar keep " + file + ":6:103\n",
      " ttl 2 min " + file + ":6:84\n",
      " timeout 3 s command line\n",
      " connect-timeout 1.5 s default\n",
      " attempts 1 " + file + ":4:38\n",
      " retry-delay 1 s default\n",
      " expect-status 200-399 default\n",
      " expect-body none default\n",
      " max-body none default\n",
      " method GET default\n",
      " header X-Probe command line\n",
      " ca-file the system's default\n",
      " insecure false default\n",
  };
  for (const std::string& line : lines) {
    CAPTURE(line, out);
    CHECK(out.find(line) != std::string::npos);
  }
  CHECK(out.find("S3CRET") == std::string::npos);
  CHECK(out.find(Lab::kToken) == std::string::npos);
}

TEST_CASE("check-config tells how long a failure takes to be followed", "[cli]") {
  const Site site;
  site.configure({site.record("www.example.com", R"("ttl": 60)")});

  const std::string out = squeezed(site.run({"check-config", "--attempts", "2"}).out);

  CHECK_THAT(out, ContainsSubstring(" a run begins 0 s 1 min"));
  CHECK_THAT(out, ContainsSubstring(" probes fail 1 s 11 s"));
  CHECK_THAT(out, ContainsSubstring(" resolvers ask again 0 s 1 min the record's TTL"));
  CHECK_THAT(out, ContainsSubstring(" together 1 s 2 min 11 s"));
  CHECK(out.find("Caution") == std::string::npos);
}

TEST_CASE("check-config contacts nobody and writes nothing unless asked", "[cli]") {
  LoopbackOrigin canary({.address = "127.0.6.1"});
  const Site site;
  site.configure(
      {site.record("www.example.com"),
       site.record("b.example.com",
                   "\"probe\": \"exec:touch " + (site.lab.scratch.path() / "ran").string() + "\"")},
      R"("canaries": [")" + canary.url() + "\"]");

  CHECK(site.run({"check-config"}).status == 0);
  CHECK(site.run({"check-config", "--json"}).status == 0);

  CHECK(site.lab.cloudflare.connections() == 0);
  CHECK(site.lab.main.connections() == 0);
  CHECK(site.lab.backup.connections() == 0);
  CHECK(canary.connections() == 0);
  CHECK_FALSE(fs::exists(site.state()));
  CHECK_FALSE(fs::exists(site.lab.scratch.path() / "ran"));
}

TEST_CASE("check-config works without a file too", "[cli]") {
  const Lab lab;
  ProcessSpec spec = lab.command();
  spec.argv[1] = "check-config";

  const ProcessResult result = run(spec);

  CHECK(result.status == 0);
  const std::string out = squeezed(result.out);
  CHECK_THAT(out, ContainsSubstring(" configuration none\n"));
  CHECK_THAT(out, ContainsSubstring(" main 127.0.2.1 command line\n"));
}

TEST_CASE("check-config warns of what is allowed and unwise", "[cli]") {
  const Site site;
  const auto [members, options, caution] = GENERATE(table<std::string, Options, std::string>({
      {R"("probe": {"timeout": "30s", "attempts": 2, "insecure": false})",
       {},
       "the probes of a silent origin take up to 1 min 1 s, and a run has 50 s for them"},
      {R"("ttl": 3600)", {}, "most of the time goes to the TTL"},
      {R"("ttl": 60)", {"--insecure"}, "certificates are not checked"},
  }));
  CAPTURE(caution);
  site.configure({site.record("www.example.com", members)});
  Options words{"check-config"};
  words.insert(words.end(), options.begin(), options.end());

  const ProcessResult result = site.run(words);

  CHECK(result.status == 0);
  CHECK_THAT(result.out, ContainsSubstring("Caution: " + caution));
  CHECK(result.out.find("Caution") == result.out.rfind("Caution"));
}

TEST_CASE("check-config finds what is wrong with the configuration", "[cli]") {
  const Site site;
  site.lab.scratch.write("config.json", "{\n  \"recrods\": []\n}");

  const ProcessResult result = site.run({"check-config", "--online"});

  CHECK(result.status == 2);
  CHECK(result.err == "cf-failover: error: " + site.file() +
                          ":2:3: unknown key \"recrods\"\ncf-failover: hint: did you mean "
                          "\"records\"?\n");
  CHECK(site.lab.cloudflare.connections() == 0);
}

TEST_CASE("--online belongs to check-config", "[cli]") {
  const Site site;
  site.configure({site.record("www.example.com")});

  CHECK(site.run({"--online"}).status == 2);
  CHECK(site.lab.cloudflare.connections() == 0);
}

TEST_CASE("check-config --json is UTF-8 whatever a command is called", "[cli]") {
  const Site site;
  site.configure({site.record("www.example.com")});

  const ProcessResult result =
      site.run({"check-config", "--online", "--json", "--probe", "exec:/none/\xff"});

  CHECK(is_utf8(result.out));
  CHECK_THAT(result.out, ContainsSubstring("/none/\xef\xbf\xbd"));
}

TEST_CASE("check-config --json says the same for machines, in one line", "[cli]") {
  const Site site;
  site.configure({site.record("www.example.com", R"("ttl": 3600)"), site.record("b.example.com")});

  const ProcessResult result = site.run({"check-config", "--json"});

  CHECK(result.status == 0);
  CHECK(result.out.find('\n') == result.out.size() - 1);
  const rapidjson::Document json = parse_json(result.out);
  CHECK(text_at(json["run"]["configuration"], "value") == site.file());
  CHECK(text_at(json["run"]["deadline"], "source") == "default");
  REQUIRE(json["records"].Size() == 2);
  const auto& record = json["records"][0];
  CHECK(text_at(record, "record") == "www.example.com");
  CHECK(text_at(record["settings"]["main"], "value") == Lab::kMain);
  CHECK_THAT(text_at(record["settings"]["main"], "source"), StartsWith(site.file() + ":5:"));
  CHECK(record["reaction"]["best_ms"].GetInt() == 0);
  CHECK(record["reaction"]["worst_ms"].GetInt() == 60000 + 5000 + 3600000);
  CHECK(record["cautions"].Size() == 1);
  CHECK(record["online"].IsNull());
}

// --- check-config, online ---

TEST_CASE("check-config --online shows zone, record, probes and certificates", "[cli]") {
  const Site site(Lab::Origins::tls);
  site.configure({site.record("www.example.com")});

  const ProcessResult result = site.run({"check-config", "--online"});

  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK(result.err.empty());
  const std::string out = squeezed(result.out);
  CHECK_THAT(out, ContainsSubstring(" zone example.com active\n"));
  CHECK_THAT(out, ContainsSubstring(" record 127.0.2.1 MAIN TTL 1 min not proxied\n"));
  CHECK_THAT(out, ContainsSubstring(" probe 127.0.2.1 MAIN accessible certificate valid for "));
  CHECK_THAT(out, ContainsSubstring(" probe 127.0.3.1 BACKUP accessible certificate valid for "));
  CHECK_THAT(out, ContainsSubstring(" days\n"));
  CHECK(site.lab.cloudflare.writes().empty());
  CHECK_FALSE(fs::exists(site.state()));
}

TEST_CASE("check-config --online says what each certificate's trouble is", "[cli]") {
  Site site(Lab::Origins::tls);
  site.lab.backup.use_certificate(test_ca().expired("www.example.com"));
  site.configure({site.record("www.example.com")});

  const ProcessResult result = site.run({"check-config", "--online"});

  CHECK(result.status == 1);
  CHECK_THAT(squeezed(result.out), ContainsSubstring(" probe 127.0.3.1 BACKUP certificate: "));
  CHECK_THAT(result.err,
             StartsWith("cf-failover: error: www.example.com A: not accessible: 127.0.3.1 "
                        "certificate: "));
}

TEST_CASE("An expired certificate that nobody checks is not called valid", "[cli]") {
  Site site(Lab::Origins::tls);
  site.lab.backup.use_certificate(test_ca().expired("www.example.com"));
  site.configure({site.record("www.example.com")});

  const ProcessResult result = site.run({"check-config", "--online", "--insecure"});

  CHECK(result.status == 0);
  CHECK(result.out.find("valid for -") == std::string::npos);
  CHECK(result.out.find("valid for 0 days") == std::string::npos);
}

TEST_CASE("check-config --online never writes, not even what is due", "[cli]") {
  Site site;
  site.lab.main.behave(behaviour::Refuse{});
  site.configure({site.record("www.example.com")});

  const ProcessResult result = site.run({"check-config", "--online"});

  CHECK(result.status == 1);
  CHECK_THAT(squeezed(result.out), ContainsSubstring(" probe 127.0.2.1 MAIN refused\n"));
  CHECK(result.err == "cf-failover: error: www.example.com A: not accessible: 127.0.2.1 refused\n");
  CHECK(site.lab.cloudflare.writes().empty());
  CHECK(site.lab.content() == Lab::kMain);
  CHECK_FALSE(fs::exists(site.state()));
}

TEST_CASE("check-config --online takes TTL and proxying from the record", "[cli]") {
  Site site;
  site.configure({site.record("www.example.com")});
  const auto [ttl, proxied, found, waits,
              cautions] = GENERATE(table<int, bool, std::string, std::string, bool>({
      {3600, false, "TTL 1 h not proxied", "resolvers ask again 0 s 1 h the record's TTL", true},
      {1, true, "TTL automatic proxied", "resolvers ask again 0 s 0 ms the record is proxied",
       false},
      {60, false, "TTL 1 min not proxied", "resolvers ask again 0 s 1 min the record's TTL", false},
  }));
  CAPTURE(ttl, proxied);
  site.lab.cloudflare.edit("www.example.com", "A", {.ttl = ttl, .proxied = proxied});

  const std::string out = squeezed(site.run({"check-config", "--online"}).out);

  CAPTURE(out);
  CHECK_THAT(out, ContainsSubstring(found));
  CHECK_THAT(out, ContainsSubstring(waits));
  CHECK((out.find("Caution: most of the time goes to the TTL") != std::string::npos) == cautions);
}

TEST_CASE("check-config --online names what Cloudflare's side lacks", "[cli]") {
  Site site;
  site.configure({site.record("www.example.com")});
  SECTION("the record") {
    site.lab.cloudflare.remove("www.example.com", "A");

    const ProcessResult result = site.run({"check-config", "--online"});

    CHECK(result.status == 3);
    CHECK_THAT(result.err, ContainsSubstring("www.example.com A: found no A record of that name"));
    CHECK_THAT(squeezed(result.out), ContainsSubstring(" zone example.com active\n"));
    CHECK_THAT(squeezed(result.out), ContainsSubstring(" probe 127.0.2.1 MAIN accessible\n"));
  }
  SECTION("the token") {
    ProcessSpec spec = site.command({"check-config", "--online"});
    spec.environment["CLOUDFLARE_API_TOKEN"] = "cfut_not-the-right-one-0123456789abcdefghijklmn";

    const ProcessResult result = run(spec);

    CHECK(result.status == 3);
    CHECK_THAT(result.err, ContainsSubstring("could not read the record: HTTP ") &&
                               ContainsSubstring("cf-failover: hint: the token is unknown"));
    CHECK(result.err.find("cfut_") == std::string::npos);
  }
  SECTION("the zone") {
    site.configure({site.record("www.elsewhere.org")});

    const ProcessResult result = site.run({"check-config", "--online"});

    CHECK(result.status == 3);
    CHECK_THAT(result.err, ContainsSubstring("no zone that the credential may see") &&
                               ContainsSubstring("\"Zone - Zone - Read\""));
  }
}

TEST_CASE("check-config --online finds the trouble of each record", "[cli]") {
  Site site;
  site.configure({site.record("www.example.com"), site.record("absent.example.com"),
                  site.record("www.example.com", R"("type": "A", "probe": "tcp:1")")});
  CHECK(site.run({"check-config", "--online"}).status == 2);  // The same record twice.
  site.publish("b.example.com", Lab::kMain);
  site.configure({site.record("www.example.com"), site.record("absent.example.com"),
                  site.record("b.example.com", R"("probe": "tcp:1")")});

  const ProcessResult result = site.run({"check-config", "--online"});

  CHECK(result.status == 3);
  CHECK_THAT(result.err, ContainsSubstring("absent.example.com A: found no A record"));
  CHECK_THAT(result.err, ContainsSubstring("b.example.com A: not accessible: 127.0.2.1 refused, "
                                           "127.0.3.1 refused\n"));
}

TEST_CASE("check-config --online --json has what was found", "[cli]") {
  Site site(Lab::Origins::tls);
  site.lab.backup.behave(behaviour::status(503));
  site.configure({site.record("www.example.com")});

  const ProcessResult result = site.run({"check-config", "--online", "--json"});

  CHECK(result.status == 1);
  const rapidjson::Document json = parse_json(result.out);
  const auto& online = json["records"][0]["online"];
  REQUIRE(online.IsObject());
  CHECK(text_at(online, "zone") == "example.com");
  CHECK(text_at(online["record"], "content") == Lab::kMain);
  CHECK(online["record"]["ttl"].GetInt() == 60);
  CHECK_FALSE(online["record"]["proxied"].GetBool());
  REQUIRE(online["probes"].Size() == 2);
  CHECK(text_at(online["probes"][0], "result") == "accessible");
  CHECK(online["probes"][0]["reason"].IsNull());
  CHECK(online["probes"][0]["certificate_expires"].GetInt64() > 1700000000);
  CHECK(text_at(online["probes"][1], "reason") == "status 503");
  CHECK(text_at(online, "error") == "not accessible: 127.0.3.1 status 503");
}
