#include "io/state_directory.h"

#include <filesystem>
#include <set>

#include "app/system_clock.h"
#include "support/catch.h"
#include "support/fakes.h"
#include "support/printers.h"
#include "support/scratch_dir.h"

namespace {

namespace fs = std::filesystem;

const Fqdn kName = Fqdn::parse("www.example.com").value();
const std::string kZoneId = "023e105f4ecef8ad9ca31a8372d0c353";
const Seen kSeen{.zone = Seen::CachedZone{"https://api.cloudflare.com/client/v4",
                                          Zone{.id = kZoneId, .name = "example.com"}}};

std::set<std::string> names_in(const fs::path& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.insert(entry.path().filename());
  }
  return names;
}

}  // namespace

TEST_CASE("The files of a record are named after it and its type") {
  const ScratchDir scratch;

  for (const char* const name : {"www.example.com", "*.example.com"}) {
    for (const RecordType type : {RecordType::a, RecordType::aaaa}) {
      const StateDirectory state(scratch.path(), Fqdn::parse(name).value(), type);
      REQUIRE(state.try_lock());
      REQUIRE(state.write_seen(kSeen));
    }
  }

  CHECK(names_in(scratch.path()) ==
        std::set<std::string>{"www.example.com.A.lock", "www.example.com.A.seen.json",
                              "www.example.com.AAAA.lock", "www.example.com.AAAA.seen.json",
                              "+.example.com.A.lock", "+.example.com.A.seen.json",
                              "+.example.com.AAAA.lock", "+.example.com.AAAA.seen.json"});
}

TEST_CASE("Runs for one record exclude each other, and those for others do not") {
  const ScratchDir scratch;
  const StateDirectory state(scratch.path(), kName, RecordType::a);
  const StateDirectory other(scratch.path(), kName, RecordType::aaaa);

  const auto lock = state.try_lock();

  REQUIRE(lock);
  CHECK(lock->has_value());
  CHECK_FALSE(state.try_lock()->has_value());
  CHECK(other.try_lock()->has_value());
}

TEST_CASE("The state directory is made when the lock is taken") {
  const ScratchDir scratch;
  const StateDirectory state(scratch.path() / "a" / "b", kName, RecordType::a);

  const auto lock = state.try_lock();

  REQUIRE(lock);
  CHECK(fs::exists(scratch.path() / "a" / "b" / "www.example.com.A.lock"));
}

TEST_CASE("Without a state directory there is no lock, and the error says why") {
  const StateDirectory state("", kName, RecordType::a);

  const auto lock = state.try_lock();

  REQUIRE_FALSE(lock);
  CHECK(lock.error().message == "no state directory: neither HOME nor STATE_DIRECTORY is set");
}

TEST_CASE("What one run saw, the next one reads") {
  const ScratchDir scratch;
  const StateDirectory state(scratch.path(), kName, RecordType::a);
  CHECK_FALSE(state.read_seen()->zone);

  REQUIRE(state.write_seen(kSeen));

  const auto seen = state.read_seen();
  REQUIRE(seen);
  REQUIRE(seen->zone);
  CHECK(seen->zone->zone.id == kZoneId);
}

TEST_CASE("Foreign content is an error and left where it is, until it is set aside") {
  const ScratchDir scratch;
  const StateDirectory state(scratch.path(), kName, RecordType::a);
  const auto path = scratch.write("www.example.com.A.seen.json", "rubbish");

  const auto seen = state.read_seen();

  REQUIRE_FALSE(seen);
  CHECK(seen.error().message == path.string() + " is not a state file of ours");
  CHECK(scratch.read("www.example.com.A.seen.json") == "rubbish");

  CHECK(state.set_seen_aside() == path.string() + ".bad");
  CHECK_FALSE(state.read_seen()->zone);
}

// --- What was said ---

namespace {

using namespace std::chrono_literals;

Result<StateDirectory::SaidChange> change(const StateDirectory& state,
                                          const std::function<Said(const Said&)>& how,
                                          Milliseconds at_most = 5s) {
  const SystemClock clock;
  EventLoop loop(clock, clock.now() + at_most);
  PollPump pump;
  auto task = state.change_said(loop, how);
  return loop.run(task, pump);
}

const UnixTime kUntil = *parse_unix_time("2026-01-31T10:15:00Z");

Said held(Said said) {
  said.hold = Hold{kUntil};
  return said;
}

}  // namespace

TEST_CASE("What was said lasts, beside what was seen") {
  const ScratchDir scratch;
  const StateDirectory state(scratch.path() / "new", kName, RecordType::a);

  const auto changed = change(state, held);

  REQUIRE(changed);
  CHECK(changed->before == Said{});
  CHECK(changed->now == Said{.hold = Hold{kUntil}});
  CHECK(state.read_said() == changed->now);
  REQUIRE(state.write_seen(kSeen));
  CHECK(state.read_said() == changed->now);
}

TEST_CASE("What says nothing new is not written") {
  const ScratchDir scratch;
  const StateDirectory state(scratch.path(), kName, RecordType::a);

  REQUIRE(change(state, [](const Said& said) { return said; }));

  CHECK(names_in(scratch.path()) == std::set<std::string>{"www.example.com.A.said.json.lock"});
}

TEST_CASE("A file of sayings that makes no sense is set aside with a warning") {
  const ScratchDir scratch;
  const StateDirectory state(scratch.path(), kName, RecordType::a);
  scratch.write("www.example.com.A.said.json", "{\"version\": 9}");

  CHECK_FALSE(state.read_said());
  const auto changed = change(state, held);

  REQUIRE(changed);
  const std::string path = scratch.path() / "www.example.com.A.said.json";
  CHECK(changed->warning == path + " is not a state file of ours; it is now " + path + ".bad");
  CHECK(state.read_said() == Said{.hold = Hold{kUntil}});
}

TEST_CASE("A run sets aside only what nobody is replacing, and nothing that makes sense") {
  const ScratchDir scratch;
  const StateDirectory state(scratch.path(), kName, RecordType::a);
  scratch.write("www.example.com.A.said.json", "rubbish");
  {
    const auto sayer = Lock::try_acquire(scratch.path() / "www.example.com.A.said.json.lock");
    CHECK_FALSE(state.set_said_aside());
  }
  CHECK(state.set_said_aside());
  CHECK(state.read_said() == Said{});

  REQUIRE(change(state, held));
  CHECK_FALSE(state.set_said_aside());
  CHECK(state.read_said() == Said{.hold = Hold{kUntil}});
}

TEST_CASE("A change waits for another one under way, and for none for ever") {
  const ScratchDir scratch;
  const StateDirectory state(scratch.path(), kName, RecordType::a);
  const auto sayer = Lock::try_acquire(scratch.path() / "www.example.com.A.said.json.lock");
  REQUIRE((sayer && *sayer));

  const auto changed = change(state, held, 50ms);

  CHECK_FALSE(changed);
  CHECK(state.read_said() == Said{});
}
