#include "core/history.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include "support/catch.h"

namespace {

using std::chrono::seconds;
using enum Served;

const UnixTime kStart = *parse_unix_time("2026-01-31T10:00:00Z");

UnixTime after(int seconds_of_it) {
  return kStart + seconds(seconds_of_it);
}

int second_of(UnixTime time) {
  return static_cast<int>(std::chrono::duration_cast<seconds>(time - kStart).count());
}

PastRun ran(int at, Served served, std::optional<int> unwatched_since = {}) {
  return {
      .time = after(at),
      .served = served,
      .unwatched_since = unwatched_since ? std::optional(after(*unwatched_since)) : std::nullopt};
}

char letter(Served served) {
  switch (served) {
    case main:
      return 'M';
    case backup:
      return 'B';
    case other:
      return 'o';
    case nobody:
      return '!';
    case unknown:
      return '?';
    case not_watched:
      return '.';
  }
  return ' ';
}

/// "M 0-60, ! 60-90": by seconds after kStart.
std::string shown(const std::vector<Stretch>& list) {
  std::string text;
  for (const Stretch& stretch : list) {
    text += (text.empty() ? "" : ", ") + std::string(1, letter(stretch.served)) + " " +
            std::to_string(second_of(stretch.from)) + "-" + std::to_string(second_of(stretch.to));
  }
  return text;
}

std::string shown(const std::vector<Served>& cells) {
  std::string text;
  for (const Served cell : cells) {
    text += letter(cell);
  }
  return text;
}

}  // namespace

// --- Stretches ---

TEST_CASE("Past runs make up stretches, each until the next one that found something else") {
  struct Row {
    std::string story;
    History runs;
    int watched_until;
    int now;
    std::string expected;
  };
  for (const Row& row : std::vector<Row>{
           {"no run at all", {}, 100, 100, ""},
           {"one run, a moment ago", {ran(0, main)}, 0, 0, ""},
           {"one run, and watched since", {ran(0, main)}, 100, 100, "M 0-100"},
           {"one run, and nobody since", {ran(0, main)}, 0, 100, ". 0-100"},
           {"one run, and nobody for a while", {ran(0, main)}, 60, 100, "M 0-60, . 60-100"},
           {"a failover and back",
            {ran(0, main), ran(60, backup), ran(90, main)},
            100,
            100,
            "M 0-60, B 60-90, M 90-100"},
           {"the same again, for another reason",
            {ran(0, main), ran(60, main), ran(90, backup)},
            100,
            100,
            "M 0-90, B 90-100"},
           {"an outage that goes on",
            {ran(0, main), ran(60, nobody)},
            100,
            100,
            "M 0-60, ! 60-100"},
           {"all there is",
            {ran(0, main), ran(10, backup), ran(20, other), ran(30, nobody), ran(40, unknown)},
            50,
            60,
            "M 0-10, B 10-20, o 20-30, ! 30-40, ? 40-50, . 50-60"},
           {"a time in which nobody looked",
            {ran(0, main), ran(90, main, 30)},
            100,
            100,
            "M 0-30, . 30-90, M 90-100"},
           {"nobody looked after a single run",
            {ran(0, nobody), ran(90, main, 0)},
            100,
            100,
            ". 0-90, M 90-100"},
           {"nobody looked, then an outage",
            {ran(0, main), ran(60, nobody, 30), ran(80, main)},
            100,
            100,
            "M 0-30, . 30-60, ! 60-80, M 80-100"},
           {"the last sign of life came before the last line",
            {ran(0, main), ran(60, backup)},
            30,
            100,
            "M 0-60, . 60-100"},
       }) {
    CAPTURE(row.story);

    CHECK(shown(stretches(row.runs, after(row.watched_until), after(row.now))) == row.expected);
  }
}

TEST_CASE("A stretch has the trouble of the run that it began with") {
  History runs{ran(0, nobody), ran(60, nobody), ran(90, main)};
  runs[0].trouble = "cannot fail over: 192.0.2.10 refused";
  runs[1].trouble = "cannot fail over: 192.0.2.10 reset";

  const auto list = stretches(runs, after(100), after(100));

  REQUIRE(shown(list) == "! 0-90, M 90-100");
  CHECK(list[0].why == "cannot fail over: 192.0.2.10 refused");
  CHECK(list[1].why.empty());
}

TEST_CASE("A clock that was set back leaves no stretch that ends before it begins") {
  const History runs{ran(0, main), ran(600, backup), ran(60, main), ran(90, nobody)};

  const auto list = stretches(runs, after(100), after(100));

  REQUIRE_FALSE(list.empty());
  for (const Stretch& stretch : list) {
    CHECK(stretch.from < stretch.to);
  }
  CHECK(list.back().served == nobody);
  CHECK(list.back().to == after(100));
}

// --- The strip ---

TEST_CASE("A strip shows what took most of each cell, and any time without service") {
  struct Row {
    std::string story;
    History runs;
    int from;
    int to;
    std::size_t cells;
    std::string expected;
  };
  const int now = 100;
  for (const Row& row : std::vector<Row>{
           {"one site", {ran(0, main)}, 0, 100, 10, "MMMMMMMMMM"},
           {"no run", {}, 0, 100, 5, "....."},
           {"the half of it", {ran(0, main), ran(50, backup)}, 0, 100, 10, "MMMMMBBBBB"},
           {"most of a cell", {ran(0, main), ran(16, backup)}, 0, 100, 5, "MBBBB"},
           {"the lesser part", {ran(0, main), ran(14, backup)}, 0, 100, 5, "MBBBB"},
           {"less than half", {ran(0, main), ran(35, backup), ran(45, main)}, 0, 100, 2, "MM"},
           {"a second without service",
            {ran(0, main), ran(50, nobody), ran(51, main)},
            0,
            100,
            2,
            "M!"},
           {"a second without service on both sides of a border",
            {ran(0, main), ran(49, nobody), ran(51, backup)},
            0,
            100,
            2,
            "!!"},
           {"an outage matters more than not having looked",
            {ran(0, nobody), ran(100, main, 1)},
            0,
            100,
            1,
            "!"},
           {"nobody looked", {ran(0, main), ran(60, main, 20)}, 0, 100, 5, "M..MM"},
           {"before the first run nobody looked", {ran(50, main)}, 0, 100, 10, ".....MMMMM"},
           {"a window before the first run", {ran(50, main)}, 0, 50, 5, "....."},
           {"a window within", {ran(0, main), ran(50, backup)}, 40, 60, 4, "MMBB"},
           {"no cell", {ran(0, main)}, 0, 100, 0, ""},
       }) {
    CAPTURE(row.story);
    const auto list = stretches(row.runs, after(now), after(now));

    CHECK(shown(strip(list, after(row.from), after(row.to), row.cells)) == row.expected);
  }
}

TEST_CASE("A strip of a time that is none has all its cells") {
  const auto list = stretches({ran(0, main)}, after(100), after(100));

  CHECK(strip(list, after(50), after(50), 7).size() == 7);
  CHECK(shown(strip(list, after(100), after(0), 3)) == "...");
  CHECK(shown(strip(list, after(200), after(300), 3)) == "...");
}

// --- The run at a time ---

TEST_CASE("The run at a time is the latest one that is not after it") {
  const History runs{ran(10, main), ran(20, backup), ran(30, main)};

  CHECK(run_at(runs, after(9)) == nullptr);
  CHECK(run_at(runs, after(10)) == runs.data());
  CHECK(run_at(runs, after(19)) == runs.data());
  CHECK(run_at(runs, after(20)) == &runs[1]);
  CHECK(run_at(runs, after(1000)) == &runs[2]);
  CHECK(run_at({}, after(10)) == nullptr);
}

// --- Second by second ---

namespace {

constexpr unsigned kSeed = 20260131;

/// Some runs in order, perhaps none, within `end` seconds; with gaps.
History random_runs(std::mt19937_64& random, int end) {
  const auto up_to = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  History runs;
  for (int time = up_to(end); time <= end; time += 1 + up_to(end / 4)) {
    runs.push_back(ran(time, static_cast<Served>(up_to(4))));
    if (runs.size() > 1 && up_to(3) == 0) {
      const UnixTime before = runs[runs.size() - 2].time;
      runs.back().unwatched_since = before + seconds(up_to(time - second_of(before)));
    }
  }
  return runs;
}

/// What each second was, the plain way; nothing before the first run.
std::vector<std::optional<Served>> second_by_second(const History& runs, int watched_until,
                                                    int now) {
  std::vector<std::optional<Served>> line;
  for (int second = 0; second < now; ++second) {
    std::optional<Served> served;
    for (const PastRun& run : runs) {
      if (run.unwatched_since && *run.unwatched_since <= after(second)) {
        served = not_watched;
      }
      if (run.time <= after(second)) {
        served = run.served;
      }
    }
    const bool is_past_last = !runs.empty() && runs.back().time <= after(second);
    line.push_back(is_past_last && watched_until <= second ? not_watched : served);
  }
  return line;
}

Served at_second(const std::vector<Stretch>& list, int second) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const Stretch& stretch) {
    return stretch.from <= after(second) && after(second) < stretch.to;
  });
  REQUIRE(found != list.end());
  return found->served;
}

/// That they follow one another without a gap, up to `now`.
void check_chain(const std::vector<Stretch>& list, UnixTime now) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    REQUIRE(list[i].from < list[i].to);
    REQUIRE((i == 0 || list[i].from == list[i - 1].to));
  }
  REQUIRE((list.empty() || list.back().to == now));
}

/// What may be shown of some seconds.
bool may_show(const std::vector<std::optional<Served>>& line, int from, int to, Served shown) {
  std::map<Served, int> shares;
  for (int second = from; second < to; ++second) {
    ++shares[line[static_cast<std::size_t>(second)].value_or(not_watched)];
  }
  if (shares.contains(nobody)) {
    return shown == nobody;
  }
  const bool is_partly_before = !line[static_cast<std::size_t>(from)];
  return std::all_of(shares.begin(), shares.end(), [&](const auto& share) {
    return share.second <= shares[shown] || (is_partly_before && share.first == not_watched);
  });
}

}  // namespace

TEST_CASE("Stretches and strips say of any runs what a count of every second says") {
  INFO("seed " << kSeed);
  constexpr int kNow = 240;
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 500; ++round) {
    const History runs = random_runs(random, kNow);
    const int last = runs.empty() ? 0 : second_of(runs.back().time);
    const int watched_until = std::uniform_int_distribution<int>(last, kNow)(random);
    CAPTURE(round, watched_until, runs.size());
    const auto line = second_by_second(runs, watched_until, kNow);

    const auto list = stretches(runs, after(watched_until), after(kNow));

    check_chain(list, after(kNow));
    for (int second = 0; second < kNow; ++second) {
      if (line[static_cast<std::size_t>(second)]) {
        REQUIRE(letter(at_second(list, second)) == letter(*line[static_cast<std::size_t>(second)]));
      }
    }
    for (const int cells : {1, 8, 60, 240}) {
      const int width = kNow / cells;
      const auto shown_cells = strip(list, after(0), after(kNow), static_cast<std::size_t>(cells));
      REQUIRE(shown_cells.size() == static_cast<std::size_t>(cells));
      for (int cell = 0; cell < cells; ++cell) {
        CAPTURE(cells, cell);
        REQUIRE(may_show(line, cell * width, (cell + 1) * width,
                         shown_cells[static_cast<std::size_t>(cell)]));
      }
    }
  }
}
