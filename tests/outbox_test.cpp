// Notices on the disk: what is written is read again, and anything else harms nothing.

#include "io/outbox.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "app/system_clock.h"
#include "support/catch.h"
#include "support/scratch_dir.h"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const UnixTime kTime = *parse_unix_time("2026-01-31T10:15:00.250Z");

Letter letter(const std::string& id = "2026-01-31T101500.250Z-1-www.example.com.A-failover",
              const std::string& channel = "slack") {
  return {.channel = channel,
          .notice = {.id = id,
                     .event = Event::failover,
                     .time = kTime,
                     .record = "www.example.com A",
                     .sentence = "www.example.com A: failover \"quoted\" \\ \u00e9 \n\t end",
                     .from = "192.0.2.10",
                     .to = "2001:db8::20",
                     .reason = "192.0.2.10: refused",
                     .host = "watcher",
                     .json = R"({"record":"www.example.com","exit":0})"},
          .failures = 3,
          .next_try = kTime + 8min};
}

bool same(const Letter& a, const Letter& b) {
  return a.channel == b.channel && a.notice == b.notice && a.failures == b.failures &&
         a.next_try == b.next_try;
}

/// An outbox in a directory of its own.
struct Box {
  ScratchDir scratch;
  Outbox outbox{scratch.path()};

  fs::path directory() const { return scratch.path() / "outbox"; }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory())) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
};

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("A letter that is written is read as it was, for every event") {
  for (int number = 0; number < 10; ++number) {
    Letter sent = letter();
    sent.notice.event = static_cast<Event>(number);

    const auto read = parse_letter(to_json(sent));

    REQUIRE(read);
    CHECK(same(*read, sent));
  }
}

TEST_CASE("A letter keeps any text, even one with a null byte") {
  Letter sent = letter();
  sent.notice.reason = std::string("a\0b\x01\x7f", 5);
  sent.notice.sentence = std::string(100'000, 'x');

  const auto read = parse_letter(to_json(sent));

  REQUIRE(read);
  CHECK(same(*read, sent));
}

TEST_CASE("A letter that was cut off is none, wherever it was") {
  const std::string whole = to_json(letter());

  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {  // The last byte is a newline.
    CAPTURE(size);
    CHECK_FALSE(parse_letter(whole.substr(0, size)));
  }
}

TEST_CASE("A letter with any byte changed is read as one or refused, and nothing worse") {
  const std::string whole = to_json(letter());

  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char byte : {'\0', '"', '{', '9', '\xff', '\\', '-', 'e'}) {
      std::string text = whole;
      text[at] = byte;
      const auto read = parse_letter(text);
      if (read) {
        CHECK_FALSE(read->channel.empty());
        CHECK_FALSE(read->notice.id.empty());
        CHECK(read->failures >= 0);
      }
    }
  }
}

TEST_CASE("What is no letter of ours is none") {
  const std::string whole = to_json(letter());
  for (const std::string& text :
       std::vector<std::string>{"",
                                " ",
                                "null",
                                "[]",
                                "{}",
                                "\"x\"",
                                whole + whole,
                                whole + "x",
                                with(whole, "\"version\":1", "\"version\":2"),
                                with(whole, "\"version\":1", "\"version\":\"1\""),
                                with(whole, "\"version\":1,", ""),
                                with(whole, "\"failover\"", "\"failovers\""),
                                with(whole, "\"failover\"", "1"),
                                with(whole, "\"failures\":3", "\"failures\":-3"),
                                with(whole, "\"failures\":3", "\"failures\":3.5"),
                                with(whole, "\"failures\":3", "\"failures\":99999999999999999999"),
                                with(whole, "\"failures\":3", "\"failures\":\"3\""),
                                with(whole, "\"slack\"", "\"\""),
                                with(whole, "\"slack\"", "[\"slack\"]"),
                                with(whole, "\"2026-01-31T10:15:00.250Z\"", "\"soon\""),
                                with(whole, "\"2026-01-31T10:23:00.250Z\"", "\"\""),
                                std::string(1'000'000, '['),
                                std::string(100, '\0'),
                                "\xef\xbb\xbf" + whole + "\xff"}) {
    CAPTURE(text.substr(0, 300));
    CHECK_FALSE(parse_letter(text));
  }
}

TEST_CASE("Letters come out of the outbox in the order in which things happened") {
  const Box box;
  CHECK(box.outbox.letters().empty());
  CHECK(box.outbox.size() == 0);

  REQUIRE(box.outbox.add(letter("2026-01-31T101500.250Z-2-x-failover")));
  REQUIRE(box.outbox.add(letter("2026-01-31T101500.250Z-1-x-failover")));
  REQUIRE(box.outbox.add(letter("2026-01-30T101500.250Z-9-x-failover", "email")));

  const auto letters = box.outbox.letters();
  REQUIRE(letters.size() == 3);
  CHECK(letters[0].channel == "email");
  CHECK(letters[1].notice.id < letters[2].notice.id);
  CHECK(box.outbox.size() == 3);
}

TEST_CASE("A notice that waits is not added again, but another channel's copy is") {
  const Box box;
  REQUIRE(box.outbox.add(letter()));
  Letter again = letter();
  again.failures = 0;

  REQUIRE(box.outbox.add(again));
  REQUIRE(box.outbox.add(letter(letter().notice.id, "slack-2")));

  REQUIRE(box.outbox.size() == 2);
  for (const Letter& each : box.outbox.letters()) {
    CHECK(each.failures == 3);
  }
}

TEST_CASE("What a killed run left half written is swept away, and what is being written stays") {
  const Box box;
  REQUIRE(box.outbox.add(letter()));
  std::ofstream(box.directory() / "old.slack.json.new") << "{";
  std::ofstream(box.directory() / "young.slack.json.new") << "{";
  fs::last_write_time(box.directory() / "old.slack.json.new",
                      fs::file_time_type::clock::now() - 61min);

  box.outbox.sweep(unix_now());

  const std::vector<std::string> files = box.files();
  CHECK(files.size() == 2);
  CHECK(std::count(files.begin(), files.end(), "young.slack.json.new") == 1);
  CHECK(box.outbox.size() == 1);
}

TEST_CASE("A letter that is postponed stays with what is new of it, and one removed is gone") {
  const Box box;
  REQUIRE(box.outbox.add(letter()));
  Letter taken = box.outbox.letters().at(0);
  taken.failures = 4;
  taken.next_try += 1h;

  REQUIRE(box.outbox.postpone(taken));

  REQUIRE(box.outbox.letters().size() == 1);
  CHECK(same(box.outbox.letters()[0], taken));
  box.outbox.remove(taken);
  CHECK(box.outbox.size() == 0);
  box.outbox.remove(taken);
}

TEST_CASE("Files of the outbox are its owner's alone, and no temporary one is left") {
  const Box box;
  REQUIRE(box.outbox.add(letter()));

  struct stat status {};
  REQUIRE(stat(box.outbox.letters().at(0).path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(box.files() ==
        std::vector<std::string>{"2026-01-31T101500.250Z-1-www.example.com.A-failover.slack.json"});
}

TEST_CASE("Whatever lies in the outbox, the letters in it are found, and the rest is set aside") {
  const Box box;
  REQUIRE(box.outbox.add(letter()));
  const std::string whole = to_json(letter());
  box.scratch.write("outbox/0.json", whole.substr(0, whole.size() / 2));
  box.scratch.write("outbox/1.json", std::string(2'000'000, ' '));
  box.scratch.write("outbox/killed.json.new", whole);
  box.scratch.write("outbox/notes.txt", "hello");
  fs::create_symlink(box.scratch.write("elsewhere.json", whole), box.directory() / "3.json");
  fs::create_directories(box.directory() / "4.json");

  CHECK(box.outbox.letters().size() == 1);
  CHECK(box.outbox.letters().size() == 1);

  CHECK(box.outbox.size() == 1);
  CHECK(fs::exists(box.scratch.path() / "elsewhere.json"));
  CHECK(fs::exists(box.directory() / "0.json.bad"));
  CHECK(fs::exists(box.directory() / "notes.txt"));
}

TEST_CASE("One run at a time delivers") {
  const Box box;
  auto first = box.outbox.try_lock();
  REQUIRE(first);
  REQUIRE(*first);

  const auto second = box.outbox.try_lock();

  REQUIRE(second);
  CHECK_FALSE(*second);
  first->reset();
  const auto third = box.outbox.try_lock();
  CHECK((third && *third));
}

TEST_CASE("An outbox where there can be none is an error, and nothing worse") {
  const ScratchDir scratch;
  const std::string file = scratch.write("file", "");
  const Outbox outbox(file);

  CHECK_FALSE(outbox.add(letter()));
  CHECK(outbox.letters().empty());
  CHECK(outbox.size() == 0);
  CHECK_FALSE(outbox.try_lock());
}
