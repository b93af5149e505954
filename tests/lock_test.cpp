#include "io/lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>

#include "app/system_clock.h"
#include "support/catch.h"
#include "support/printers.h"
#include "support/scratch_dir.h"

namespace {

namespace fs = std::filesystem;

constexpr int kAcquired = 0;
constexpr int kBusy = 1;
constexpr int kFailed = 2;

int outcome(const Result<std::optional<Lock>>& lock) {
  if (!lock) {
    return kFailed;
  }
  return lock->has_value() ? kAcquired : kBusy;
}

int exit_status(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// What another process is told when it tries to take the lock.
int outcome_elsewhere(const fs::path& path) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(outcome(Lock::try_acquire(path)));
  }
  return exit_status(child);
}

/// A process that holds the lock until it is killed.
class Holder {
 public:
  explicit Holder(const fs::path& path) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    child_ = fork();
    if (child_ == 0) {
      const auto lock = Lock::try_acquire(path);
      const char answer = outcome(lock) == kAcquired ? 'y' : 'n';
      if (write(ends[1], &answer, 1) == 1) {
        pause();
      }
      _exit(kFailed);
    }
    char answer = '\0';
    const bool answered = read(ends[0], &answer, 1) == 1;
    close(ends[0]);
    close(ends[1]);
    REQUIRE(answered);
    REQUIRE(answer == 'y');
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() { end(); }

  void end() {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
      child_ = 0;
    }
  }

 private:
  pid_t child_ = 0;
};

/// Our descriptors that are open on this file.
std::vector<int> descriptors_on(const fs::path& path) {
  std::vector<int> found;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // The one that lists them is closed by now.
    if (fs::read_symlink(entry.path(), gone) == path) {
      found.push_back(std::stoi(entry.path().filename()));
    }
  }
  return found;
}

std::string error_of(const Result<std::optional<Lock>>& lock) {
  REQUIRE_FALSE(lock);
  return lock.error().message;
}

}  // namespace

TEST_CASE("A lock that is held is nobody else's, in this process or another") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "lock";

  const auto lock = Lock::try_acquire(path);

  CHECK(outcome(lock) == kAcquired);
  CHECK(outcome(Lock::try_acquire(path)) == kBusy);
  CHECK(outcome_elsewhere(path) == kBusy);
}

TEST_CASE("A lock ends with the object, and its file stays") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "lock";

  for (int round = 0; round < 3; ++round) {
    CHECK(outcome(Lock::try_acquire(path)) == kAcquired);
    CHECK(outcome_elsewhere(path) == kAcquired);
  }

  CHECK(fs::exists(path));
  CHECK(descriptors_on(path).empty());
}

TEST_CASE("A lock ends with the process that holds it, even when that is killed") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "lock";
  Holder holder(path);
  CHECK(outcome(Lock::try_acquire(path)) == kBusy);

  holder.end();

  CHECK(outcome(Lock::try_acquire(path)) == kAcquired);
}

TEST_CASE("A lock that was refused leaves the holder's alone") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "lock";
  const auto lock = Lock::try_acquire(path);

  CHECK(outcome(Lock::try_acquire(path)) == kBusy);

  CHECK(outcome(lock) == kAcquired);
  CHECK(outcome_elsewhere(path) == kBusy);
  CHECK(descriptors_on(path).size() == 1);
}

TEST_CASE("Locks on different files do not meet") {
  const ScratchDir scratch;

  const auto one = Lock::try_acquire(scratch.path() / "one");
  const auto two = Lock::try_acquire(scratch.path() / "two");

  CHECK(outcome(one) == kAcquired);
  CHECK(outcome(two) == kAcquired);
}

TEST_CASE("A lock can be handed on, and is released once") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "one";
  const auto other_path = scratch.path() / "two";

  {
    auto first = Lock::try_acquire(path);
    REQUIRE(outcome(first) == kAcquired);
    Lock second(*std::move(*first));
    first->reset();
    CHECK(outcome_elsewhere(path) == kBusy);

    auto other = Lock::try_acquire(other_path);
    REQUIRE(outcome(other) == kAcquired);
    second = *std::move(*other);
    other->reset();
    CHECK(outcome_elsewhere(path) == kAcquired);
    CHECK(outcome_elsewhere(other_path) == kBusy);
  }

  CHECK(outcome_elsewhere(other_path) == kAcquired);
}

TEST_CASE("A lock is not inherited by the programs that we start") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "lock";
  const auto lock = Lock::try_acquire(path);

  const auto descriptors = descriptors_on(path);

  REQUIRE(descriptors.size() == 1);
  CHECK((fcntl(descriptors.front(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("The file of a lock is for its owner alone, and its content is left alone") {
  const ScratchDir scratch;
  const auto old = scratch.write("old", "text", 0640);
  const mode_t before = umask(0);

  const auto lock = Lock::try_acquire(scratch.path() / "new");
  const auto old_lock = Lock::try_acquire(old);

  umask(before);
  CHECK(outcome(lock) == kAcquired);
  CHECK(fs::status(scratch.path() / "new").permissions() == fs::perms{0600});
  CHECK(outcome(old_lock) == kAcquired);
  CHECK(scratch.read("old") == "text");
  CHECK(fs::status(old).permissions() == fs::perms{0640});
}

TEST_CASE("A lock is not taken through a symbolic link") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "lock";
  fs::create_symlink(scratch.path() / "target", path);

  const auto lock = Lock::try_acquire(path);

  CHECK(error_of(lock) == "cannot open " + path.string() + ": Too many levels of symbolic links");
  CHECK_FALSE(fs::exists(scratch.path() / "target"));
}

TEST_CASE("A directory in the way of a lock, or none to hold it, is an error") {
  const ScratchDir scratch;
  const auto none = scratch.path() / "none" / "lock";

  CHECK(error_of(Lock::try_acquire(scratch.path())) ==
        "cannot open " + scratch.path().string() + ": Is a directory");
  CHECK(error_of(Lock::try_acquire(none)) ==
        "cannot open " + none.string() + ": No such file or directory");
}

TEST_CASE("Who waits for a lock has it once its holder is gone") {
  const ScratchDir scratch;
  const fs::path path = scratch.path() / "lock";
  const SystemClock clock;
  EventLoop loop(clock, clock.now() + std::chrono::seconds(20));
  PollPump pump;

  auto waiting = [&] {
    const Holder holder(path);
    auto task = Lock::acquire(loop, path, loop.left());
    CHECK_FALSE(task.done());
    return task;
  }();

  CHECK(outcome(loop.run(waiting, pump)) == kAcquired);
  CHECK(outcome_elsewhere(path) == kBusy);
}

TEST_CASE("Who waits for a lock in vain is told at the deadline") {
  const ScratchDir scratch;
  const fs::path path = scratch.path() / "lock";
  const Holder holder(path);
  const SystemClock clock;
  EventLoop loop(clock, clock.now() + std::chrono::milliseconds(50));
  PollPump pump;

  auto waiting = Lock::acquire(loop, path, loop.left());

  CHECK(outcome(loop.run(waiting, pump)) == kBusy);
}
