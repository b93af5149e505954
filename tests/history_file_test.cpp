#include "io/history_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "io/state_json.h"
#include "support/catch.h"
#include "support/fakes.h"
#include "support/file_size_limit.h"
#include "support/printers.h"
#include "support/scratch_dir.h"

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uintmax_t kKibi = 1024;
constexpr unsigned kSeed = 20260131;

const UnixTime kStart = *parse_unix_time("2026-01-31T10:00:00Z");

PastRun numbered(int number) {
  return {.time = kStart + seconds(number),
          .host = "host",
          .served = Served::main,
          .likeness = std::to_string(number)};
}

/// A run with something in every member.
PastRun whole() {
  return {.time = kStart + milliseconds(250),
          .host = "gate.example.net",
          .by = By::hook,
          .served = Served::nobody,
          .origin = ip("192.0.2.10"),
          .status = 6,
          .trouble = "could not change the record to 198.51.100.20: HTTP 403",
          .change = PastChange{.kind = PastChange::Kind::failover,
                               .from = ip("192.0.2.10"),
                               .to = ip("198.51.100.20"),
                               .written = false,
                               .reason = "192.0.2.10: refused"},
          .unwatched_since = kStart - seconds(3600),
          .lines = {{"1", "the origin is 192.0.2.10 (MAIN)", StepLine::Tone::plain},
                    {"2", "is it accessible? no: refused (3 ms)", StepLine::Tone::bad},
                    {"", "not changed, as far as is known", StepLine::Tone::doubtful},
                    {"", "198.51.100.20 (BACKUP) accessible? yes (4 ms)", StepLine::Tone::good}},
          .likeness = "6, 3, failover, \"quoted\"\n"};
}

/// The numbers of numbered() runs.
std::vector<int> numbers(const History& runs) {
  std::vector<int> list;
  for (const PastRun& run : runs) {
    list.push_back(std::stoi(run.likeness));
  }
  return list;
}

History read(const fs::path& path) {
  auto runs = read_history(path);
  REQUIRE(runs);
  return *std::move(runs);
}

void append(const fs::path& path, const PastRun& run) {
  const auto appended = append_history(path, run);
  CAPTURE(appended ? "" : appended.error().message);
  REQUIRE(appended);
}

std::string lines_of(int first, int last) {
  std::string text;
  for (int number = first; number <= last; ++number) {
    text += to_json(numbered(number));
  }
  return text;
}

}  // namespace

// --- A run as a line ---

TEST_CASE("A past run is one line, read back as it was written") {
  const PastRun run = whole();

  const std::string line = to_json(run);

  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  CHECK(line.ends_with("}\n"));
  CHECK(parse_past_run(line) == run);
}

TEST_CASE("Each member of a past run is read back by itself, and so is its absence") {
  PastRun run{.time = kStart};
  SECTION("none") {}
  SECTION("the host") {
    run.host = "a";
  }
  SECTION("who") {
    run.by = GENERATE(By::run, By::hook, By::hand);
  }
  SECTION("who served") {
    run.served =
        GENERATE(Served::main, Served::backup, Served::other, Served::nobody, Served::unknown);
  }
  SECTION("the origin") {
    run.origin = ip("2001:db8::10");
  }
  SECTION("the status") {
    run.status = GENERATE(0, 1, 2, 3, 4, 5, 6, 7, 75);
  }
  SECTION("the trouble") {
    run.trouble = "cannot fail over";
  }
  SECTION("the change") {
    run.change =
        PastChange{.kind = GENERATE(PastChange::Kind::failover, PastChange::Kind::failback,
                                    PastChange::Kind::switched),
                   .from = ip("192.0.2.10"),
                   .to = ip("198.51.100.20"),
                   .written = GENERATE(as<std::optional<bool>>(), true, false, std::nullopt),
                   .reason = ""};
  }
  SECTION("the gap before it") {
    run.unwatched_since = kStart - seconds(1);
  }
  SECTION("a line") {
    run.lines = {{"", "text",
                  GENERATE(StepLine::Tone::plain, StepLine::Tone::good, StepLine::Tone::bad,
                           StepLine::Tone::doubtful)}};
  }
  SECTION("the likeness") {
    run.likeness = "0, 1";
  }

  CHECK(parse_past_run(to_json(run)) == run);
}

TEST_CASE("The last run is read back as a part of what was seen") {
  const auto seen = parse_seen(to_json(Seen{.last = whole()}));

  REQUIRE(seen);
  CHECK(seen->last == whole());
}

TEST_CASE("A last run that makes no sense voids the whole of what was seen") {
  std::string text = to_json(Seen{.last = whole()});
  const std::string served = "\"nobody\"";
  text.replace(text.find(served), served.size(), "\"everybody\"");

  CHECK_FALSE(parse_seen(text));
}

namespace {

class RandomRuns {
 public:
  PastRun next() {
    PastRun run{.time = time(),
                .host = text(),
                .by = static_cast<By>(up_to(2)),
                .served = static_cast<Served>(up_to(4)),
                .status = up_to(255),
                .trouble = text(),
                .likeness = text()};
    if (up_to(1) == 1) {
      run.origin = address();
    }
    if (up_to(1) == 1) {
      run.unwatched_since = time();
    }
    if (up_to(1) == 1) {
      const int written = up_to(2);
      run.change = PastChange{.kind = static_cast<PastChange::Kind>(up_to(2)),
                              .from = address(),
                              .to = address(),
                              .written = written == 2 ? std::nullopt : std::optional(written == 1),
                              .reason = text()};
    }
    for (int lines = up_to(5); lines > 0; --lines) {
      run.lines.push_back({text(), text(), static_cast<StepLine::Tone>(up_to(3))});
    }
    return run;
  }

 private:
  int up_to(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }

  UnixTime time() {
    constexpr std::int64_t kEndOf9999 = 253'402'300'799'999;
    return UnixTime(
        milliseconds(std::uniform_int_distribution<std::int64_t>(0, kEndOf9999)(random_)));
  }

  IpAddress address() {
    return ip(up_to(1) == 0 ? "192.0.2." + std::to_string(up_to(255))
                            : "2001:db8::" + std::to_string(up_to(9999)));
  }

  std::string text() {
    static const std::vector<std::string> kParts{"a",
                                                 " ",
                                                 "\"",
                                                 "\\",
                                                 "\n",
                                                 "\r",
                                                 "\t",
                                                 "\x1b",
                                                 "\x7f",
                                                 "/",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 ",",
                                                 ":",
                                                 "\u00e4",
                                                 "\u2028",
                                                 "\U0001f600",
                                                 std::string(1, '\0')};
    std::string text;
    for (int parts = up_to(12); parts > 0; --parts) {
      text += kParts[static_cast<std::size_t>(up_to(static_cast<int>(kParts.size()) - 1))];
    }
    return text;
  }

  std::mt19937_64 random_{kSeed};
};

}  // namespace

TEST_CASE("Any past run is read back as it was written, from one line") {
  INFO("seed " << kSeed);
  RandomRuns random;
  for (int round = 0; round < 3000; ++round) {
    const PastRun run = random.next();
    const std::string line = to_json(run);
    CAPTURE(round, line);

    REQUIRE(std::count(line.begin(), line.end(), '\n') == 1);
    REQUIRE(parse_past_run(line) == run);
  }
}

TEST_CASE("A line that is no past run is none") {
  const auto [from, to] = GENERATE(table<std::string, std::string>({
      {"\"time\"", "\"when\""},
      {"2026-01-31T10:00:00.250Z", "yesterday"},
      {"\"hook\"", "\"crook\""},
      {"\"nobody\"", "\"not_watched\""},
      {"\"nobody\"", "\"\""},
      {"\"nobody\"", "null"},
      {"\"exit\":6", "\"exit\":-1"},
      {"\"exit\":6", "\"exit\":\"6\""},
      {"\"exit\":6", "\"exit\":256"},
      {"\"exit\":6", "\"exit\":6.5"},
      {"\"action\":\"failover\"", "\"action\":\"fail\""},
      {"\"to\":\"198.51.100.20\"", "\"to\":\"home\""},
      {"\"written\":false", "\"written\":0"},
      {"\"lines\":[", "\"lines\":[1,"},
      {"\"tone\":\"bad\"", "\"tone\":\"sour\""},
      {"}\n", "}}\n"},
      {"}\n", "\n"},
      {"refused", "\xff"},
  }));
  std::string line = to_json(whole());
  REQUIRE(line.find(from) != std::string::npos);
  line.replace(line.rfind(from), from.size(), to);
  CAPTURE(line);

  CHECK_FALSE(parse_past_run(line));
}

// --- Appending and reading ---

TEST_CASE("No file is an empty history") {
  const ScratchDir scratch;

  CHECK(read(scratch.path() / "history").empty());
  CHECK(read(scratch.path() / "none" / "history").empty());
}

TEST_CASE("Runs are kept in the order of their coming, for the owner's eyes only") {
  const ScratchDir scratch;
  const fs::path path = scratch.path() / "history";
  const mode_t before = umask(0);
  for (int number = 1; number <= 5; ++number) {
    append(path, numbered(number));
  }
  umask(before);

  CHECK(numbers(read(path)) == std::vector{1, 2, 3, 4, 5});
  CHECK(scratch.read("history") == lines_of(1, 5));
  CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("A file that was cut at any byte keeps the lines before it, and takes the next") {
  const ScratchDir scratch;
  const std::string text = lines_of(1, 3);
  const std::size_t line = text.size() / 3;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    CAPTURE(length);
    const fs::path path = scratch.write("history", text.substr(0, length));
    // Its end is all that the last line of a file may lack.
    const std::size_t kept = (length + 1) / line;
    std::vector<int> expected{1, 2, 3};
    expected.resize(std::min(kept, expected.size()));

    REQUIRE(numbers(read(path)) == expected);
    append(path, numbered(4));
    expected.push_back(4);
    REQUIRE(numbers(read(path)) == expected);
    append(path, numbered(5));
    expected.push_back(5);
    REQUIRE(numbers(read(path)) == expected);
  }
}

TEST_CASE("The zeros that a crash may leave at the end of a file cost no other line") {
  const ScratchDir scratch;
  const fs::path path = scratch.write("history", lines_of(1, 2) + std::string(4096, '\0'));

  CHECK(numbers(read(path)) == std::vector{1, 2});
  append(path, numbered(3));
  CHECK(numbers(read(path)) == std::vector{1, 2, 3});
}

TEST_CASE("Lines that are not ours are passed over, wherever they stand") {
  const ScratchDir scratch;
  std::string text;
  int number = 0;
  for (const std::string& foreign : std::vector<std::string>{
           "", "   ", "null", "[]", "{}", "42", "\"text\"", "# a comment", "{\"time\":\"now\"}",
           "{\"version\":1}", std::string(100'000, '['), "\xff\xfe", std::string(3, '\0'), "\r"}) {
    text += to_json(numbered(++number)) + foreign + "\n";
  }
  const fs::path path = scratch.write("history", text);

  append(path, numbered(++number));

  const History runs = read(path);
  CHECK(runs.size() == static_cast<std::size_t>(number));
  CHECK(std::is_sorted(runs.begin(), runs.end(),
                       [](const PastRun& a, const PastRun& b) { return a.time < b.time; }));
}

// --- Its size ---

namespace {

/// That the runs kept are the latest, without a gap, in order.
void check_latest(const History& runs, int newest) {
  REQUIRE_FALSE(runs.empty());
  const std::vector<int> kept = numbers(runs);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    REQUIRE(kept[i] == newest - static_cast<int>(kept.size() - 1 - i));
  }
}

PastRun long_one(int number) {
  PastRun run = whole();
  run.time = kStart + seconds(number);
  run.likeness = std::to_string(number);
  return run;
}

}  // namespace

TEST_CASE("A history stays below its bound, and what is kept is the latest of it") {
  const ScratchDir scratch;
  const fs::path path = scratch.path() / "history";
  const std::uintmax_t bound = 520 * kKibi + to_json(long_one(9999)).size();
  std::uintmax_t largest = 0;
  int times_shortened = 0;
  for (int number = 1; number <= 4000; ++number) {
    const std::uintmax_t before = number == 1 ? 0 : fs::file_size(path);
    append(path, long_one(number));
    const std::uintmax_t size = fs::file_size(path);
    largest = std::max(largest, size);
    REQUIRE(size <= bound);
    if (size < before) {
      ++times_shortened;
      const History runs = read(path);
      check_latest(runs, number);
      CHECK(runs.size() > 200);
    }
  }
  check_latest(read(path), 4000);
  CHECK(times_shortened >= 3);
  CHECK(largest > 500 * kKibi);
  CHECK(fs::directory_iterator(scratch.path()) != fs::directory_iterator());
  CHECK_FALSE(fs::exists(scratch.path() / "history.new"));
}

TEST_CASE("A file that has grown beyond what is read is brought back to its size") {
  const ScratchDir scratch;
  const fs::path path = scratch.write("history", lines_of(1, 20'000));
  REQUIRE(fs::file_size(path) > 1024 * kKibi);

  append(path, numbered(20'001));

  CHECK(fs::file_size(path) <= 520 * kKibi + 200);
  check_latest(read(path), 20'001);
}

TEST_CASE("A line that is longer than half of the file does not take itself away") {
  const ScratchDir scratch;
  PastRun long_run = numbered(2);
  long_run.trouble = std::string(600 * kKibi, 'x');
  const fs::path path = scratch.write("history", lines_of(1, 1) + to_json(long_run));

  append(path, numbered(3));

  const std::vector<int> kept = numbers(read(path));
  REQUIRE_FALSE(kept.empty());
  CHECK(kept.back() == 3);
}

// --- What is in the way ---

TEST_CASE("A full disk takes the new run only, and none of it stays") {
  const ScratchDir scratch;
  const std::string before = lines_of(1, 3);
  const std::string line = to_json(numbered(4));
  const fs::path path = scratch.write("history", before);
  for (std::size_t room = 0; room < line.size(); ++room) {
    CAPTURE(room);
    {
      const FileSizeLimit limit(before.size() + room);
      const auto appended = append_history(path, numbered(4));
      REQUIRE_FALSE(appended);
      REQUIRE(appended.error().message.starts_with("cannot write " + path.string() + ": "));
    }
    REQUIRE(scratch.read("history") == before);
  }

  append(path, numbered(4));
  CHECK(numbers(read(path)) == std::vector{1, 2, 3, 4});
}

TEST_CASE("A full disk while a history is shortened loses nothing of it") {
  const ScratchDir scratch;
  int number = 0;
  std::string text;
  while (text.size() <= 512 * kKibi) {
    text += to_json(long_one(++number));
  }
  const fs::path path = scratch.write("history", text);

  SECTION("no room for the shorter one") {
    fs::create_directory(scratch.path() / "history.new");
    CHECK_FALSE(append_history(path, long_one(number + 1)));
    fs::remove(scratch.path() / "history.new");
    check_latest(read(path), number + 1);
  }
  SECTION("no room for the run either") {
    const FileSizeLimit limit(100 * kKibi);
    CHECK_FALSE(append_history(path, long_one(number + 1)));
    CHECK(scratch.read("history") == text);
  }
  append(path, long_one(number + 2));
  CHECK(fs::file_size(path) < 300 * kKibi);
}

TEST_CASE("What is no regular file in a history's place is neither followed, read nor written") {
  const ScratchDir scratch;
  const fs::path path = scratch.path() / "history";
  const fs::path precious = scratch.write("precious", lines_of(1, 1));
  SECTION("a link") {
    fs::create_symlink(precious, path);
  }
  SECTION("a link to nothing") {
    fs::create_symlink(scratch.path() / "nothing", path);
  }
  SECTION("a pipe, which nobody waits for") {
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  }
  SECTION("a directory") {
    fs::create_directory(path);
  }
  const auto kind = fs::symlink_status(path).type();

  const auto runs = read_history(path);
  const auto appended = append_history(path, numbered(2));

  CHECK_FALSE(runs);
  REQUIRE_FALSE(appended);
  CHECK(appended.error().message.starts_with("cannot write " + path.string() + ": "));
  CHECK(scratch.read("precious") == lines_of(1, 1));
  CHECK(fs::symlink_status(path).type() == kind);
  CHECK_FALSE(fs::exists(scratch.path() / "nothing"));
}

TEST_CASE("Without its directory a run is not kept, and the error says where") {
  const ScratchDir scratch;
  const std::string path = scratch.path() / "none" / "history";

  const auto appended = append_history(path, numbered(1));

  REQUIRE_FALSE(appended);
  CHECK(appended.error().message == "cannot write " + path + ": No such file or directory");
}
