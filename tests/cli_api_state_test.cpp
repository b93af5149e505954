// The state directory of the built program: the lock between runs, what a run remembers, and what
// it does without.

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <string>

#include "support/api_scene.h"
#include "support/catch.h"

namespace {

namespace fs = std::filesystem;

constexpr const char* kRecord = "www.example.com";
constexpr const char* kSeen = "state/www.example.com.A.seen.json";

fs::path state(const Lab& lab) {
  return lab.scratch.path() / "state";
}

std::set<std::string> names_in(const fs::path& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.insert(entry.path().filename());
  }
  return names;
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

void check_busy(const ProcessResult& result) {
  CAPTURE(result.out, result.err);
  CHECK(result.status == 75);
  CHECK(result.out.empty());
  CHECK(
      result.err.starts_with("cf-failover: error: www.example.com A: another run for this record "
                             "is under way\ncf-failover: hint: "));
}

void check_moved(const Lab& lab, const ProcessResult& result) {
  CHECK(result.status == 0);
  CHECK(result.out == success_line());
  CHECK(lab.content() == Lab::kBackup);
}

/// That the run did its job and said what it went without.
void check_moved_unlocked(const Lab& lab, const ProcessResult& result) {
  CAPTURE(result.err);
  check_moved(lab, result);
  CHECK(result.err.starts_with("cf-failover: warning: www.example.com"));
  CHECK(contains(result.err, "without a lock"));
}

}  // namespace

TEST_CASE(
    "A run that finds another one under way leaves it alone, and the lock is free afterwards") {
  const auto lab = failover_due();
  ProcessResult second;
  ProcessResult json;
  ProcessResult dry;
  const auto others = [&] {
    second = run(one_run(*lab));
    json = run(one_run(*lab, {"--json", "-v"}));
    dry = run(one_run(*lab, {"--dry-run"}));
  };
  at(Exchange::list, fault::Meanwhile{fault::Moment::before, others}, 1)(*lab);

  const ProcessResult first = run_once(*lab);

  check_moved(*lab, first);
  check_busy(second);
  CHECK(json.status == 75);
  CHECK(contains(json.out, R"("exit":75)"));
  CHECK(contains(json.out, R"("written":false)"));
  CHECK(contains(json.out, R"("error":"another run for this record is under way")"));
  CHECK(dry.status == 0);                         // It takes no lock.
  CHECK(lab->cloudflare.requests().size() == 8);  // the dry run's three, and our five
  CHECK(run_once(*lab).status == 0);
}

TEST_CASE("A run that is killed leaves no lock behind") {
  const auto lab = failover_due();
  at(Exchange::list, fault::Hang{})(*lab);
  RunningProcess first(one_run(*lab));
  REQUIRE(lab->cloudflare.await_requests(3));
  const int number = GENERATE(SIGKILL, SIGTERM);

  check_busy(run_once(*lab));
  first.signal(number);

  CHECK(first.wait().signal == number);
  lab->cloudflare.disarm_all();
  check_moved(*lab, run_once(*lab));
}

TEST_CASE("Runs for different records do not hinder each other") {
  const auto lab = failover_due();
  lab->cloudflare.add_record({.name = "api.example.com", .content = Lab::kMain});
  at(Exchange::list, fault::Hang{}, 1)(*lab);
  RunningProcess first(one_run(*lab));
  REQUIRE(lab->cloudflare.await_requests(3));

  const ProcessResult other = run(with(one_run(*lab), "--record", "api.example.com"));

  CHECK(other.status == 0);
  CHECK(contains(other.out, "api.example.com A: failover "));
}

TEST_CASE("Without a usable state directory the run says so and goes on") {
  const auto lab = failover_due();

  SECTION("a file in its place") {
    lab->scratch.write("state", "mine");
    check_moved_unlocked(*lab, run_once(*lab));
    CHECK(lab->scratch.read("state") == "mine");
  }
  SECTION("it cannot be made") {
    check_moved_unlocked(*lab, run_once(*lab, with(one_run(*lab), "--state-dir", "/proc/none")));
  }
  SECTION("nobody may write there") {
    check_moved_unlocked(*lab, run_once(*lab, with(one_run(*lab), "--state-dir", "/proc/self")));
  }
  SECTION("a directory in place of the lock") {
    fs::create_directories(state(*lab) / "www.example.com.A.lock");
    check_moved_unlocked(*lab, run_once(*lab));
  }
  SECTION("a link in place of the lock") {
    lab->scratch.write("precious", "mine");
    fs::create_directories(state(*lab));
    fs::create_symlink(lab->scratch.path() / "precious", state(*lab) / "www.example.com.A.lock");
    check_moved_unlocked(*lab, run_once(*lab));
    CHECK(lab->scratch.read("precious") == "mine");
  }
}

TEST_CASE("Without a usable state directory and with nothing to do, the run warns and is content") {
  const auto lab = failover_due();
  lab->main.behave(behaviour::Answer{});

  const ProcessResult result = run_once(*lab, with(one_run(*lab), "--state-dir", "/dev/null/x"));

  CHECK(result.status == 0);
  CHECK(result.out.empty());
  CHECK(contains(result.err, "cf-failover: warning: "));
  CHECK(lab->cloudflare.writes().empty());
}

TEST_CASE("A dry run makes no lock, no file and no write") {
  const auto lab = failover_due();

  const ProcessResult result = run_once(*lab, {"--dry-run"});

  CHECK(result.status == 0);
  CHECK(result.out ==
        "www.example.com A: dry run: failover 127.0.2.1 -> 127.0.3.1 (127.0.2.1: "
        "refused)\n");
  CHECK(result.err.empty());
  CHECK(lab->cloudflare.writes().empty());
  CHECK_FALSE(fs::exists(state(*lab)));
}

TEST_CASE("A dry run touches no file that is there, not even a corrupt one") {
  const auto lab = failover_due();
  const auto seen = lab->scratch.write(kSeen, "garbage");
  const auto time = fs::last_write_time(seen);

  const ProcessResult result = run_once(*lab, {"--dry-run"});

  CHECK(result.status == 0);
  CHECK(names_in(state(*lab)) == std::set<std::string>{"www.example.com.A.seen.json"});
  CHECK(lab->scratch.read(kSeen) == "garbage");
  CHECK(fs::last_write_time(seen) == time);
}

TEST_CASE("A dry run uses what an earlier run has found out") {
  const auto lab = failover_due();
  lab->main.behave(behaviour::Answer{});
  run_once(*lab);
  lab->main.behave(behaviour::Refuse{});
  const std::size_t before = lab->cloudflare.requests().size();

  CHECK(run_once(*lab, {"--dry-run"}).status == 0);

  CHECK(lab->cloudflare.requests().size() == before + 1);
}

TEST_CASE("What a run leaves behind is the owner's alone") {
  const auto lab = failover_due();

  run_once(*lab);

  CHECK(mode_of(state(*lab)) == 0700);
  CHECK(names_in(state(*lab)) == std::set<std::string>{"www.example.com.A.history.jsonl",
                                                       "www.example.com.A.lock",
                                                       "www.example.com.A.seen.json"});
  for (const std::string& name : names_in(state(*lab))) {
    CHECK(mode_of(state(*lab) / name) == 0600);
  }
}

TEST_CASE("A file that a run has not written is set aside with a warning, and the run goes on") {
  const auto lab = failover_due();
  const std::string content = GENERATE(
      as<std::string>(), "garbage", "", "[]", "{}", R"({"version":99})", R"({"version":"1"})",
      R"({"version":1,"zone":7})", R"({"version":1,"zone":{"api":1,"id":2,"name":3}})",
      R"({"version":1,"zone":{"api":"x","id":"../../x","name":"example.com"}})", "\xff\xfe",
      std::string(100'000, '['), std::string(2'000'000, ' '), std::string("{\0}", 3));
  lab->scratch.write(kSeen, content);

  const ProcessResult result = run_once(*lab);

  CAPTURE(content.substr(0, 80), result.err);
  check_moved(*lab, result);
  CHECK(result.err.starts_with("cf-failover: warning: www.example.com"));
  CHECK(contains(result.err, kSeen));
  CHECK(contains(result.err, "; it is now "));
  CHECK(names_in(state(*lab)).size() == 4);
  const std::size_t before = lab->cloudflare.requests().size();
  CHECK(run_once(*lab).err.empty());
  CHECK(lab->cloudflare.requests().size() == before + 1);
}

TEST_CASE("Something that is no file in place of what a run remembers does not hold it up") {
  const auto lab = failover_due();
  const fs::path seen = lab->scratch.path() / kSeen;
  fs::create_directories(state(*lab));

  SECTION("a pipe") {
    REQUIRE(mkfifo(seen.c_str(), 0600) == 0);
  }
  SECTION("a directory") {
    fs::create_directory(seen);
  }
  SECTION("a link") {
    lab->scratch.write("precious", R"({"version":1})");
    fs::create_symlink(lab->scratch.path() / "precious", seen);
  }

  const ProcessResult result = run_once(*lab);

  CAPTURE(result.err);
  check_moved(*lab, result);
  CHECK(contains(result.err, "cf-failover: warning: "));
}

TEST_CASE("What a killed run left half written is no obstacle") {
  const auto lab = failover_due();
  lab->scratch.write(std::string(kSeen) + ".new", "{\"vers");

  const ProcessResult result = run_once(*lab);

  check_moved(*lab, result);
  CHECK(result.err.empty());
  CHECK(names_in(state(*lab)).size() == 3);
}
