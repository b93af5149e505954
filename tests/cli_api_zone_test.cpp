// How the built program gets at its record: the credential, the zone, and the zone's id as an
// earlier run has found it.

#include <string>
#include <vector>

#include "support/api_scene.h"
#include "support/catch.h"

namespace {

constexpr const char* kRecord = "www.example.com";
constexpr const char* kEmail = "me@example.com";
constexpr const char* kKey = "0123456789abcdef0123456789abcdef01234";

/// The lab's token with other powers.
std::unique_ptr<Lab> with_token(const std::function<void(simulated::Token&)>& change) {
  auto lab = failover_due();
  lab->cloudflare.alter([&](simulated::Api& api) { change(api.tokens.front()); });
  return lab;
}

std::string zone_id(Lab& lab) {
  std::string id;
  lab.cloudflare.alter([&](simulated::Api& api) { id = api.zones.front().id; });
  return id;
}

/// The run without the token in its environment.
ProcessSpec without_token(const Lab& lab) {
  ProcessSpec spec = one_run(lab);
  spec.environment.erase("CLOUDFLARE_API_TOKEN");
  return spec;
}

void check_that_nothing_was_contacted(const Lab& lab) {
  CHECK(lab.cloudflare.connections() == 0);
  CHECK(lab.backup.connections() == 0);
}

void check_refused_credential(const Lab& lab, const ProcessSpec& spec, const std::string& words) {
  const ProcessResult result = run_once(lab, spec);

  CAPTURE(result.err);
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK(contains(result.err, "cf-failover: error: "));
  CHECK(contains(result.err, words));
  check_that_nothing_was_contacted(lab);
}

void check_moved(const Lab& lab, const ProcessResult& result) {
  CAPTURE(result.err);
  CHECK(result.status == 0);
  CHECK(result.out == success_line());
  CHECK(result.err.empty());
  CHECK(lab.content() == Lab::kBackup);
}

/// What was asked since the first `count` requests.
std::vector<LoggedRequest> requests_after(std::size_t count, const Lab& lab) {
  auto requests = lab.cloudflare.requests();
  requests.erase(requests.begin(), requests.begin() + static_cast<std::ptrdiff_t>(count));
  return requests;
}

}  // namespace

// --- The credential

TEST_CASE("A token that Cloudflare does not know") {
  const auto lab = failover_due();
  const std::string unknown = "cfut_unknown-secret-0123456789abcdefghijklmnop";
  const ProcessSpec spec = with_variable(one_run(*lab), "CLOUDFLARE_API_TOKEN", unknown);

  const ProcessResult result = run_once(*lab, spec);

  CHECK(result.status == 3);
  CHECK(contains(result.err,
                 "could not read the record: HTTP 403, code 9109: Invalid access token\n"
                 "cf-failover: hint: the token is unknown, expired, revoked"));
  check_secret(unknown, *lab, result);
}

TEST_CASE("A token without the DNS permission reads nothing, and the hint names what it lacks") {
  const auto lab = with_token([](auto& token) { token.dns_read = token.dns_edit = false; });

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 3);
  CHECK(result.err ==
        "cf-failover: error: www.example.com A: could not read the record: HTTP 403, code 10000: "
        "Authentication error\n"
        "cf-failover: hint: the token needs the permission \"Zone - DNS - Edit\" and must include "
        "example.com\n");
}

TEST_CASE("A token that may read and not edit fails at the write") {
  const auto lab = with_token([](auto& token) { token.dns_edit = false; });

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 6);
  CHECK(result.err ==
        "cf-failover: error: www.example.com A: could not change the record to 127.0.3.1: HTTP "
        "403, code 10000: Authentication error\n"
        "cf-failover: hint: the token needs the permission \"Zone - DNS - Edit\" and must include "
        "example.com\n");
  CHECK(lab->content() == Lab::kMain);
}

TEST_CASE("A token with DNS:Edit alone suffices where the zone's id is given") {
  const auto lab = with_token([](auto& token) { token.zone_read = token.dns_read = false; });

  const ProcessResult result = run_once(*lab, {"--zone", zone_id(*lab)});

  check_moved(*lab, result);
  CHECK(lookups(*lab) == 0);
}

TEST_CASE("A token without the zone permission is told of it, or of --zone") {
  const auto lab = with_token([](auto& token) { token.zone_read = false; });

  const ProcessResult result = run_once(*lab);

  CAPTURE(result.err);
  CHECK(result.status == 3);
  CHECK(contains(result.err, "HTTP 403, code 9109: Unauthorized to access requested resource"));
  CHECK(contains(result.err, "\"Zone - Zone - Read\""));
  CHECK(contains(result.err, "--zone"));
}

TEST_CASE("A token that is not allowed from here is told with Cloudflare's words") {
  const auto lab = with_token([](auto& token) { token.at_allowed_location = false; });

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 3);
  CHECK(
      contains(result.err, "code 9109: Cannot use the access token from location: 203.0.113.7\n"));
  CHECK(contains(result.err, "not allowed from this host"));
}

TEST_CASE("The legacy pair of key and address works") {
  const auto lab = failover_due();
  lab->cloudflare.add_key({.email = kEmail, .key = kKey});
  const ProcessSpec spec = with_variable(
      with_variable(without_token(*lab), "CLOUDFLARE_API_KEY", kKey), "CLOUDFLARE_EMAIL", kEmail);

  const ProcessResult result = run_once(*lab, spec);

  check_moved(*lab, result);
  CHECK(lab->cloudflare.requests().front().credential == "key ****");
  check_secret(kKey, *lab, result);
}

TEST_CASE("A legacy key that Cloudflare does not know") {
  const auto lab = failover_due();
  const auto [key, words] = GENERATE(table<std::string, std::string>({
      {kKey, "HTTP 403, code 9103: Unknown X-Auth-Key or X-Auth-Email"},
      {"not-a-key", "HTTP 400, code 6103: Invalid format for X-Auth-Key header"},
  }));
  const ProcessSpec spec = with_variable(
      with_variable(without_token(*lab), "CLOUDFLARE_API_KEY", key), "CLOUDFLARE_EMAIL", kEmail);

  const ProcessResult result = run_once(*lab, spec);

  CHECK(result.status == 3);
  CHECK(contains(result.err, words + "\ncf-failover: hint: the credential is not one that"));
  check_secret(key, *lab, result);
}

TEST_CASE("Half of the legacy pair is refused") {
  const auto lab = failover_due();
  const auto [name, value] = GENERATE(table<std::string, std::string>(
      {{"CLOUDFLARE_API_KEY", kKey}, {"CLOUDFLARE_EMAIL", kEmail}}));

  check_refused_credential(*lab, with_variable(without_token(*lab), name, value), "go together");
}

TEST_CASE("Without a credential nothing is contacted") {
  const auto lab = failover_due();

  check_refused_credential(*lab, without_token(*lab), "no credential for Cloudflare");
}

TEST_CASE("A token may come from a file, with or without an end of line") {
  const auto lab = failover_due();
  const std::string end = GENERATE(as<std::string>(), "", "\n", "\r\n");
  const auto mode = GENERATE(static_cast<mode_t>(0600), static_cast<mode_t>(0440));
  const auto file = lab->scratch.write("token", Lab::kToken + end, mode);

  const ProcessResult result =
      run_once(*lab, with_variable(without_token(*lab), "CLOUDFLARE_API_TOKEN_FILE", file));

  check_moved(*lab, result);
}

TEST_CASE("A token may come from a systemd credential") {
  const auto lab = failover_due();
  const auto file = lab->scratch.write("credentials/cloudflare-token", Lab::kToken, 0400);

  const ProcessResult result = run_once(
      *lab, with_variable(without_token(*lab), "CREDENTIALS_DIRECTORY", file.parent_path()));

  check_moved(*lab, result);
}

TEST_CASE("A systemd credentials directory for something else is no obstacle") {
  const auto lab = failover_due();
  lab->cloudflare.add_key({.email = kEmail, .key = kKey});
  const auto other = lab->scratch.write("credentials/other", "x", 0400);
  ProcessSpec spec =
      with_variable(without_token(*lab), "CREDENTIALS_DIRECTORY", other.parent_path());
  spec.environment["CLOUDFLARE_API_KEY"] = kKey;
  spec.environment["CLOUDFLARE_EMAIL"] = kEmail;

  check_moved(*lab, run_once(*lab, spec));
}

TEST_CASE("The token in the environment comes before the one in a file") {
  const auto lab = failover_due();
  const ProcessSpec spec =
      with_variable(one_run(*lab), "CLOUDFLARE_API_TOKEN_FILE", "/nonexistent/token");

  check_moved(*lab, run_once(*lab, spec));
}

TEST_CASE("A token that cannot be one is refused without being shown") {
  const auto lab = failover_due();
  const std::string token =
      GENERATE(as<std::string>(), "two words", "tab\tinside", "caf\xC3\xA9", "Bearer cfut_planted");

  check_refused_credential(*lab, with_variable(without_token(*lab), "CLOUDFLARE_API_TOKEN", token),
                           "CLOUDFLARE_API_TOKEN holds no token");
  check_refused_credential(*lab,
                           with_variable(without_token(*lab), "CLOUDFLARE_API_TOKEN_FILE",
                                         lab->scratch.write("token", token)),
                           "holds no token");
}

TEST_CASE("A token file that others may read is refused with the chmod that helps") {
  const auto lab = failover_due();
  const auto file = lab->scratch.write("token", Lab::kToken, 0644);

  check_refused_credential(*lab,
                           with_variable(without_token(*lab), "CLOUDFLARE_API_TOKEN_FILE", file),
                           "hint: chmod o-rwx " + file.string());
}

TEST_CASE("A token file that is missing, empty or no file is refused") {
  const auto lab = failover_due();
  lab->scratch.write("empty", "");
  const std::string name = GENERATE(as<std::string>(), "missing", "empty", ".", "/dev/null");
  const std::string path = lab->scratch.path() / name;

  check_refused_credential(
      *lab, with_variable(without_token(*lab), "CLOUDFLARE_API_TOKEN_FILE", path), path);
}

// --- The zone

TEST_CASE("A zone that the token may not see is told as such") {
  const auto lab = with_token([](auto& token) { token.zones = {"example.org"}; });

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 3);
  CHECK(contains(result.err,
                 "could not read the record: no zone that the credential may see holds this name\n"
                 "cf-failover: hint: the token needs the permission \"Zone - Zone - Read\""));
}

TEST_CASE("Several zones of one name ask for an id, which settles it") {
  const auto lab = failover_due();
  lab->cloudflare.add_zone({.name = "example.com", .account_name = "Another"});

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 3);
  CHECK(contains(result.err,
                 "could not read the record: several zones are named example.com\n"
                 "cf-failover: hint: give the id of the right one with --zone"));

  check_moved(*lab, run_once(*lab, {"--zone", zone_id(*lab)}));
}

TEST_CASE("Of several zones of one name the one that is active wins") {
  const auto lab = failover_due();
  const auto [status, type] = GENERATE(table<std::string, std::string>(
      {{"pending", "full"}, {"moved", "full"}, {"initializing", "full"}, {"active", "internal"}}));
  CAPTURE(status, type);
  lab->cloudflare.add_zone({.name = "example.com", .status = status, .type = type});

  check_moved(*lab, run_once(*lab));
}

TEST_CASE("A pending zone is warned of, and the run goes on") {
  const auto lab = failover_due();
  lab->cloudflare.alter([](simulated::Api& api) { api.zones.front().status = "pending"; });
  const std::string warning = "the zone example.com is pending: Cloudflare does not serve it yet\n";

  SECTION("as usual") {
    const ProcessResult result = run_once(*lab);

    CHECK(result.status == 0);
    CHECK(result.out == success_line());
    CHECK(contains(result.err, "cf-failover: warning: "));
    CHECK(contains(result.err, warning));
  }
  SECTION("without a state directory") {
    const ProcessResult result = run_once(*lab, with(one_run(*lab), "--state-dir", "/dev/null/x"));

    CHECK(result.status == 0);
    CHECK(contains(result.err, warning));
  }
  SECTION("in a dry run") {
    const ProcessResult result = run_once(*lab, {"--dry-run"});

    CHECK(result.status == 0);
    CHECK(contains(result.err, warning));
  }
}

TEST_CASE("A delegated zone comes before its parent") {
  const auto lab = failover_due();
  lab->cloudflare.add_zone({.name = kRecord});
  lab->cloudflare.add_record({.name = kRecord, .content = Lab::kMain});

  const ProcessResult result = run(one_run(*lab, {"--json"}));

  CHECK(result.status == 0);
  CHECK(contains(result.out, R"("zone":"www.example.com")"));
  CHECK(lab->cloudflare.records(kRecord).front().content == Lab::kBackup);
  CHECK(lab->cloudflare.records("example.com").front().content == Lab::kMain);
}

TEST_CASE("A delegated zone that answers late still comes before its parent") {
  const auto lab = failover_due();
  lab->cloudflare.add_zone({.name = kRecord});
  lab->cloudflare.add_record({.name = kRecord, .content = Lab::kMain});
  lab->cloudflare.arm({.path = "/zones?name=www.example.com",
                       .mischief = fault::Delay{std::chrono::milliseconds{200}}});

  CHECK(run(one_run(*lab)).status == 0);

  CHECK(lab->cloudflare.records(kRecord).front().content == Lab::kBackup);
  CHECK(lab->cloudflare.records("example.com").front().content == Lab::kMain);
}

TEST_CASE("A zone whose lookup fails is not replaced by its parent") {
  const auto lab = failover_due();
  lab->cloudflare.add_zone({.name = kRecord});
  lab->cloudflare.add_record({.name = kRecord, .content = Lab::kMain});
  lab->cloudflare.arm({.path = "/zones?name=www.example.com",
                       .times = fault::kAlways,
                       .mischief = fault::edge_page(502)});

  const ProcessResult result = run_once(*lab, {"--deadline", "500ms"});

  CHECK(result.status == 3);
  CHECK(lab->cloudflare.writes().empty());
}

TEST_CASE("A zone given by name is asked for once") {
  const auto lab = failover_due();

  check_moved(*lab, run_once(*lab, {"--zone", "example.com"}));

  CHECK(lookups(*lab) == 1);
}

TEST_CASE("A zone given by an id that Cloudflare does not know") {
  const auto lab = failover_due();

  const ProcessResult result = run_once(*lab, {"--zone", std::string(32, '0')});

  CHECK(result.status == 3);
  CHECK(contains(result.err, "could not read the record: HTTP 404, code 7003: Could not route to"));
  CHECK(contains(result.err, "cf-failover: hint: check the zone's id in --zone\n"));
}

// --- The zone as an earlier run has found it

TEST_CASE("The second run knows the zone, and makes one request") {
  const auto lab = failover_due();
  run_once(*lab);
  const std::size_t before = lab->cloudflare.requests().size();

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 0);
  CHECK(result.out.empty());
  CHECK(result.err.empty());
  const auto requests = requests_after(before, *lab);
  REQUIRE(requests.size() == 1);
  CHECK(requests.front().parameters.at("name.exact") == kRecord);
  CHECK(requests.front().parameters.at("type") == "A");
}

TEST_CASE("A known zone is looked up again when its answer casts doubt on it") {
  const auto lab = failover_due();
  lab->main.behave(behaviour::Answer{});
  run_once(*lab);
  lab->main.behave(behaviour::Refuse{});
  const std::size_t before = lookups(*lab);

  SECTION("403") {
    at(Exchange::list, fault::refusal(403, 10000, "Authentication error"), 1)(*lab);
  }
  SECTION("404, it has been added anew under another id") {
    lab->cloudflare.alter([](simulated::Api& api) { api.zones.front().id = std::string(32, 'a'); });
  }
  SECTION("an empty list") {
    at(Exchange::list,
       fault::Answer{.body = R"({"success":true,"errors":[],"messages":[],"result":[]})"}, 1)(*lab);
  }

  check_moved(*lab, run_once(*lab));
  CHECK(lookups(*lab) == before + 2);
  CHECK(run_once(*lab).status == 0);
  CHECK(lookups(*lab) == before + 2);  // What was found is known again.
}

TEST_CASE("A known zone is given up for one that has been delegated since") {
  const auto lab = failover_due();
  lab->main.behave(behaviour::Answer{});
  run_once(*lab);
  lab->main.behave(behaviour::Refuse{});
  lab->cloudflare.remove(kRecord, "A");
  lab->cloudflare.add_zone({.name = kRecord});
  lab->cloudflare.add_record(
      {.name = kRecord, .content = Lab::kMain, .comment = "keep me", .tags = {"owner:ops"}});
  lab->cloudflare.alter([](simulated::Api& api) { api.zones.back().plan = "pro"; });

  check_moved(*lab, run_once(*lab));
}

TEST_CASE("A known zone in doubt is looked up at most once") {
  const auto lab = failover_due();
  run_once(*lab);
  const std::size_t before = lookups(*lab);
  at(Exchange::list, fault::refusal(403, 10000, "Authentication error"))(*lab);

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 3);
  CHECK(lookups(*lab) == before + 2);
}

TEST_CASE("A zone known of another API is not believed") {
  const auto lab = failover_due();
  const auto other = failover_due();
  run_once(*other);
  const std::string state = other->scratch.path() / "state";

  const ProcessResult result = run_once(*lab, with(one_run(*lab), "--state-dir", state));

  check_moved(*lab, result);
  CHECK(lookups(*lab) == 2);
}

TEST_CASE("A known zone does not stand for another that is asked for by name") {
  const auto lab = failover_due();
  run_once(*lab);

  const ProcessResult result = run_once(*lab, {"--zone", "www.example.com"});

  CHECK(result.status == 3);
  CHECK(contains(result.err, "no zone that the credential may see holds this name"));
}
