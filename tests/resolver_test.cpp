#include "io/resolver.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <thread>

#include "app/system_clock.h"
#include "io/aside.h"
#include "io/descriptor.h"
#include "support/catch.h"
#include "support/fakes.h"
#include "support/printers.h"
#include "support/process.h"
#include "support/scratch_dir.h"

namespace {

using namespace std::chrono_literals;
using Addresses = std::vector<IpAddress>;
using Family = IpAddress::Family;

constexpr int kCannotTry = 77;

struct World {
  explicit World(Milliseconds deadline = 20s) : loop(clock, clock.now() + deadline) {}

  template <typename T>
  T run(Task<T> task) {
    return loop.run(task, pump);
  }

  SystemClock clock;
  EventLoop loop;
  PollPump pump;
};

/// What blocks until it is let go, even where that is never.
class Blocker {
 public:
  Blocker() {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    *from_ = Descriptor(ends[0]);
    to_ = Descriptor(ends[1]);
  }

  std::function<void()> work() const {
    return [from = from_, ended = ended_] {
      char c = 0;
      *ended = read(from->get(), &c, 1) >= 0;
    };
  }
  void let_go() { to_.reset(); }
  bool ended() const { return *ended_; }

 private:
  std::shared_ptr<Descriptor> from_ = std::make_shared<Descriptor>();
  Descriptor to_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
};

Fqdn fqdn(std::string_view text) {
  return Fqdn::parse(text).value();
}

/// This program with one of its hidden tests.
std::vector<std::string> hidden_test(const std::string& name) {
  return {std::filesystem::read_symlink("/proc/self/exe").string(), name};
}

}  // namespace

TEST_CASE("A call that blocks is done aside, and has been done when one goes on") {
  World world;
  const auto result = std::make_shared<int>(0);

  const auto done = world.run(aside(
      world.loop, [result] { *result = 42; }, 10s));

  CHECK(done == true);
  CHECK(*result == 42);
}

TEST_CASE("What is done aside holds up nothing else") {
  World world;
  Blocker blocker;
  const auto both = [&]() -> Task<bool> {
    auto blocked = aside(world.loop, blocker.work(), 10s);
    co_await world.loop.sleep(20ms);
    const bool was_blocked = !blocked.done();
    blocker.let_go();
    const Result<bool> done = co_await blocked;
    co_return was_blocked&& done == true;
  };

  CHECK(world.run(both()));
}

TEST_CASE("A call that does not end in time is left behind") {
  World world;
  Blocker blocker;
  const BootTime start = world.clock.now();

  const auto done = world.run(aside(world.loop, blocker.work(), 50ms));

  CHECK(done == false);
  CHECK(world.clock.now() - start >= 50ms);
  CHECK(world.clock.now() - start < 5s);
  CHECK_FALSE(blocker.ended());
  blocker.let_go();
  while (!blocker.ended()) {
    std::this_thread::sleep_for(1ms);
  }
}

TEST_CASE("A call aside is not awaited past the deadline of the run") {
  World world(50ms);
  Blocker blocker;
  const BootTime start = world.clock.now();

  const auto done = world.run(aside(world.loop, blocker.work(), 1h));

  CHECK(done == false);
  CHECK(world.clock.now() - start < 5s);
}

TEST_CASE("Whoever asked for a call aside may be gone before it ends") {
  Blocker blocker;
  {
    World world;
    const auto abandoned = aside(world.loop, blocker.work(), 10s);
    REQUIRE_FALSE(abandoned.done());
  }

  blocker.let_go();

  while (!blocker.ended()) {
    std::this_thread::sleep_for(1ms);
  }
}

TEST_CASE("A call aside is troubled by no signal, and this thread hears as many as before") {
  World world;
  const auto inside = std::make_shared<sigset_t>();
  sigset_t before{};
  sigset_t after{};
  pthread_sigmask(SIG_SETMASK, nullptr, &before);

  const auto done = world.run(aside(
      world.loop, [inside] { pthread_sigmask(SIG_SETMASK, nullptr, inside.get()); }, 10s));

  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  REQUIRE(done == true);
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD, SIGHUP, SIGALRM, SIGPIPE, SIGUSR1}) {
    CHECK(sigismember(inside.get(), signal) == 1);
    CHECK(sigismember(&before, signal) == sigismember(&after, signal));
  }
}

TEST_CASE("Hidden: a program ends while a call aside still blocks", "[.hidden]") {
  World world;
  static const auto* const kNeverLetGo = new Blocker;

  CHECK(world.run(aside(world.loop, kNeverLetGo->work(), 20ms)) == false);
}

TEST_CASE("A program does not wait at its end for what it left behind") {
  const ProcessResult result =
      run({.argv = hidden_test("Hidden: a program ends while a call aside still blocks"),
           .limit = 20s});

  CAPTURE(result.out, result.err);
  CHECK_FALSE(result.killed_at_limit);
  CHECK(result.status == 0);
}

TEST_CASE("This host is localhost") {
  CHECK(look_up("localhost", Family::v4) == Result<Addresses>(Addresses{ip("127.0.0.1")}));
}

TEST_CASE("An address needs no resolving, and is none of the other family") {
  const auto v6 = look_up("127.0.0.1", Family::v6);

  CHECK(look_up("127.0.0.1", Family::v4) == Result<Addresses>(Addresses{ip("127.0.0.1")}));
  CHECK(look_up("::1", Family::v6) == Result<Addresses>(Addresses{ip("::1")}));
  REQUIRE_FALSE(v6);
  CHECK(v6.error().message.starts_with("does not resolve: "));
}

TEST_CASE("An address that means something on this host alone stands for no name") {
  const auto found = look_up("fe80::1%lo", Family::v6);

  REQUIRE_FALSE(found);
  CHECK(found.error().message == "resolves to link-local addresses only");
}

TEST_CASE("A name that does not exist does not resolve, in the system's words") {
  World world;

  const auto found = world.run(resolve(world.loop, fqdn("www.example.invalid"), Family::v4, 15s));

  REQUIRE_FALSE(found);
  CHECK_THAT(found.error().message, Catch::Matchers::StartsWith("does not resolve: ") ||
                                        Catch::Matchers::StartsWith("not resolved within 15 s"));
}

TEST_CASE("A name that is not resolved in time says how long it had") {
  World world;

  const auto found = world.run(resolve(world.loop, fqdn("www.example.invalid"), Family::v4, 0ms));

  REQUIRE_FALSE(found);
  CHECK(found.error().message == "not resolved within 0 ms");
}

TEST_CASE("A name is not resolved once the run is over") {
  World world(0ms);

  const auto found = world.run(resolve(world.loop, fqdn("www.example.invalid"), Family::v4, 5s));

  REQUIRE_FALSE(found);
  CHECK(found.error().message == "not resolved before the deadline");
}

TEST_CASE("Many calls go aside at once, each with its own answer") {
  World world;
  constexpr int kMany = 50;
  const auto sums = std::make_shared<std::vector<int>>(kMany);
  const auto all = [&]() -> Task<int> {
    std::vector<Task<Result<bool>>> tasks;
    for (int i = 0; i < kMany; ++i) {
      auto& sum = sums->at(static_cast<std::size_t>(i));
      tasks.push_back(aside(
          world.loop,
          [sums, &sum, i] {
            std::this_thread::sleep_for(5ms);
            sum = i;
          },
          10s));
    }
    int done = 0;
    for (auto& task : tasks) {
      const Result<bool> one = co_await task;
      done += one == true ? 1 : 0;
    }
    co_return done;
  };

  CHECK(world.run(all()) == kMany);

  for (int i = 0; i < kMany; ++i) {
    CHECK(sums->at(static_cast<std::size_t>(i)) == i);
  }
}

TEST_CASE("Hidden: names of a hosts file", "[.hidden]") {
  World world;
  const auto v4_and_v6 = [&]() -> Task<bool> {
    auto both = resolve(world.loop, fqdn("both.example.com"), Family::v4, 10s);
    auto six = resolve(world.loop, fqdn("both.example.com"), Family::v6, 10s);
    auto only_four = resolve(world.loop, fqdn("four.example.com"), Family::v6, 10s);
    const auto found = co_await both;
    const auto found_six = co_await six;
    const auto found_none = co_await only_four;
    CHECK(found.value() == Addresses{ip("192.0.2.9"), ip("192.0.2.10"), ip("198.51.100.20")});
    CHECK(found_six.value() == Addresses{ip("2001:db8::9"), ip("2001:db8::10")});
    REQUIRE_FALSE(found_none);
    CHECK(found_none.error().message.starts_with("does not resolve: "));
    co_return true;
  };

  CHECK(world.run(v4_and_v6()));
}

TEST_CASE("A name of several addresses stands for all of its family, sorted and each once") {
  constexpr const char* kScript = R"(
printf '%s both.example.com\n' 198.51.100.20 192.0.2.10 2001:db8::10 192.0.2.9 192.0.2.10 2001:db8::9 >"$1/hosts"
echo 192.0.2.1 four.example.com >>"$1/hosts"
echo hosts: files >"$1/nsswitch.conf"
mount --bind "$1/hosts" /etc/hosts || exit 77
mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf || exit 77
shift
exec "$@"
)";
  const ScratchDir scratch;
  ProcessSpec spec{.argv = {"unshare", "--mount", "sh", "-c", kScript, "sh", scratch.path()},
                   .environment = {{"PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"}},
                   .limit = 20s};
  for (const std::string& word : hidden_test("Hidden: names of a hosts file")) {
    spec.argv.push_back(word);
  }

  const ProcessResult result = run(spec);

  if (result.status == kCannotTry || result.err.find("unshare: ") != std::string::npos) {
    WARN("not tried: no mount namespace to be had here: " << result.err);
    return;
  }
  CAPTURE(result.out, result.err);
  CHECK(result.status == 0);
}
