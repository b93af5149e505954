// The scene of the tests of what is remembered and said, which checks with Catch2 and so belongs to
// the tests' program; and that it is the scene that they take it for.

#include <algorithm>
#include <filesystem>
#include <regex>

#include "support/catch.h"
#include "support/moving_lab.h"
#include "value/unix_time.h"

MovingLab::MovingLab() : moved({.address = kMoved, .port = main.port()}) {}

ProcessSpec MovingLab::spec(const Options& words, const Options& more) const {
  ProcessSpec spec = command({"--attempts", "1"});
  spec.argv.erase(spec.argv.begin() + 1);
  spec.argv.insert(spec.argv.begin() + 1, words.begin(), words.end());
  spec.argv.insert(spec.argv.end(), more.begin(), more.end());
  return spec;
}

ProcessSpec MovingLab::set_backup_spec(const std::string& address, const Options& more) const {
  return spec({"set-backup", address, "--allow-private"}, more);
}

ProcessResult MovingLab::finish(const ProcessSpec& spec) const {
  const std::size_t before = writes();
  ProcessResult result = ::run(spec);
  CHECK_FALSE(contains(result.out + result.err, kToken));
  CHECK(writes() <= before + 1);
  return result;
}

bool MovingLab::has(const std::string& file) const {
  return std::filesystem::exists(scratch.path() / file);
}

std::string MovingLab::text(const std::string& file) const {
  return has(file) ? scratch.read(file) : "";
}

bool MovingLab::is_announced(const std::string& address) const {
  const std::string said = std::regex_replace(text(kSaid), std::regex("\\s"), "");
  return contains(
      said, "{\"configured\":\"" + std::string(kBackup) + "\",\"address\":\"" + address + "\"");
}

void MovingLab::let_pass_here(std::chrono::milliseconds time) const {
  scratch.write(kSeen, with_times_moved(scratch.read(kSeen), -time));
}

void MovingLab::let_pass(std::chrono::seconds time) {
  let_pass_here(time);
  cloudflare.shift_clock(time);
}

void MovingLab::lock_out() {
  cloudflare.arm(
      {.times = fault::kAlways, .mischief = fault::refusal(403, 10000, "Authentication error")});
}

ProcessSpec without(ProcessSpec spec, const std::string& option) {
  const auto found = std::find(spec.argv.begin(), spec.argv.end(), option);
  REQUIRE(found != spec.argv.end());
  spec.argv.erase(found, found + 2);
  return spec;
}

ProcessSpec with_no_room(ProcessSpec spec) {
  const std::vector<std::string> shell{"/bin/sh", "-c", "ulimit -f 0; exec \"$@\"", "sh"};
  spec.argv.insert(spec.argv.begin(), shell.begin(), shell.end());
  return spec;
}

ProcessSpec among_mounts(const Lab& lab, ProcessSpec spec, const std::string& script) {
  const std::vector<std::string> shell{
      "unshare", "--mount", "sh", "-c", script + "\nexec \"$@\"", lab.scratch.path()};
  spec.argv.insert(spec.argv.begin(), shell.begin(), shell.end());
  spec.environment["PATH"] = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";
  return spec;
}

bool was_tried(const ProcessResult& result) {
  constexpr int kCannotTry = 77;
  if (result.status != kCannotTry && !contains(result.err, "unshare: ")) {
    return true;
  }
  WARN("not tried: no mount namespace to be had here: " << result.err);
  return false;
}

std::string with_times_moved(const std::string& text, std::chrono::milliseconds by) {
  static const std::regex kTime("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z");
  std::string moved;
  auto rest = text.cbegin();
  for (std::sregex_iterator at(text.begin(), text.end(), kTime), last; at != last; ++at) {
    moved.append(rest, text.cbegin() + at->position());
    moved += to_text(parse_unix_time(at->str()).value() + by);
    rest = text.cbegin() + at->position() + at->length();
  }
  return moved.append(rest, text.cend());
}

TEST_CASE("The scene of a moving backup lets time pass in a text") {
  CHECK(with_times_moved(R"({"a": "2026-01-31T10:15:00Z", "b": "2026-01-31T10:15:00.5Z"})",
                         -std::chrono::minutes(15)) ==
        R"({"a": "2026-01-31T10:00:00Z", "b": "2026-01-31T10:00:00.500Z"})");
  CHECK(with_times_moved("no time at all", std::chrono::hours(1)) == "no time at all");
}

TEST_CASE("The scene of a moving backup begins on MAIN with everybody up and nothing said") {
  const MovingLab lab;

  const ProcessResult result = lab.run_once();

  CHECK(result.status == 0);
  CHECK((result.out + result.err).empty());
  CHECK(lab.content() == Lab::kMain);
  CHECK_FALSE(lab.has(MovingLab::kSaid));
  CHECK(lab.has(MovingLab::kSeen));
}
