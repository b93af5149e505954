// That the tests' own tools do what they say: running programs, and directories for scratch.

#include "support/process.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>

#include "support/catch.h"
#include "support/descriptor.h"
#include "support/scratch_dir.h"

namespace {

using namespace std::chrono_literals;

ProcessSpec shell(const std::string& script) {
  return {.argv = {"/bin/sh", "-c", script}};
}

}  // namespace

TEST_CASE("a run tells status, output and errors apart", "[process]") {
  const ProcessResult result = run(shell("echo out; echo err >&2; exit 3"));

  CHECK(result.status == 3);
  CHECK_FALSE(result.signal);
  CHECK_FALSE(result.killed_at_limit);
  CHECK(result.out == "out\n");
  CHECK(result.err == "err\n");
}

TEST_CASE("a run tells the signal that ended the program", "[process]") {
  const ProcessResult result = run(shell("kill -TERM $$"));

  CHECK_FALSE(result.status);
  CHECK(result.signal == SIGTERM);
}

TEST_CASE("a program gets the environment given and nothing else", "[process]") {
  const ProcessResult result = run({.argv = {"env"}, .environment = {{"A", "1"}, {"B", "x y"}}});

  CHECK(result.out == "A=1\nB=x y\n");
}

TEST_CASE("a program starts where it is told to", "[process]") {
  const ScratchDir scratch;

  const ProcessResult result = run({.argv = {"/bin/pwd"}, .directory = scratch.path()});

  CHECK(result.out == scratch.path().string() + "\n");
}

TEST_CASE("a program inherits no descriptor but its three", "[process]") {
  const Descriptor leaky{dup(STDOUT_FILENO)};

  const ProcessResult result = run({.argv = {"ls", "/proc/self/fd"}});

  CHECK(result.out == "0\n1\n2\n3\n");  // 3 is the directory that ls reads
}

TEST_CASE("a program has the default signals although the test ignores SIGPIPE", "[process]") {
  auto* const before = std::signal(SIGPIPE, SIG_IGN);

  const ProcessResult result = run(shell("kill -PIPE $$; echo survived"));

  std::signal(SIGPIPE, before);
  CHECK(result.signal == SIGPIPE);
}

TEST_CASE("a program's standard streams can be missing", "[process]") {
  ProcessSpec spec = shell("for fd in 0 1; do test -e /proc/$$/fd/$fd || echo no $fd >&2; done");
  spec.in = Input::closed;
  spec.out = output::Closed{};

  CHECK(run(spec).err == "no 0\nno 1\n");
}

TEST_CASE("a program's output can be a pipe that nobody reads", "[process]") {
  ProcessSpec spec = shell("trap '' PIPE; echo lost || exit 4");
  spec.out = output::BrokenPipe{};

  CHECK(run(spec).status == 4);
}

TEST_CASE("a program's output can be a file, even a full one", "[process]") {
  const ScratchDir scratch;
  ProcessSpec spec = shell("echo text || exit 5");

  spec.out = output::File{scratch.path() / "out"};
  CHECK(run(spec).status == 0);
  CHECK(scratch.read("out") == "text\n");

  spec.out = output::File{"/dev/full"};
  CHECK(run(spec).status == 5);
}

TEST_CASE("a program's output can be a terminal of given width", "[process]") {
  ProcessSpec spec = shell("test -t 1 && ! test -t 2 && stty size <&1; echo two; echo err >&2");
  spec.environment = {{"PATH", "/usr/bin:/bin"}};
  spec.out = output::Terminal{.columns = 72, .rows = 20};

  const ProcessResult result = run(spec);

  CHECK(result.out == "20 72\ntwo\n");
  CHECK(result.err == "err\n");
}

TEST_CASE("megabytes on both streams do not block a program", "[process]") {
  const ProcessResult result =
      run(shell("head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2"));

  CHECK(result.out.size() == 3'000'000);
  CHECK(result.err.size() == 2'000'000);
}

TEST_CASE("a program that takes too long is killed", "[process]") {
  ProcessSpec spec = shell("echo begun; exec sleep 60");
  spec.limit = 100ms;

  const ProcessResult result = run(spec);

  CHECK(result.killed_at_limit);
  CHECK(result.signal == SIGKILL);
  CHECK(result.out == "begun\n");
  CHECK(result.elapsed >= 100ms);
  CHECK(result.elapsed < 10s);
}

TEST_CASE("a run ends with the program, whoever still holds its output", "[process]") {
  const ProcessResult result = run(shell("sleep 60 & echo $!"));

  CHECK(result.status == 0);
  CHECK(result.elapsed < 10s);
  kill(std::stoi(result.out), SIGKILL);
}

TEST_CASE("a program that does not exist is an error", "[process]") {
  CHECK_THROWS_AS(run({.argv = {"/nonexistent/program"}}), std::system_error);
}

TEST_CASE("a running program can be watched and signalled", "[process]") {
  RunningProcess process{shell("echo 1 ready; echo note >&2; exec sleep 60")};

  CHECK(process.await_line("ready") == "1 ready");
  CHECK(process.await_error_line("note") == "note");
  CHECK(process.out() == "1 ready\n");
  CHECK(process.running());
  CHECK_FALSE(process.await_line("never", 1ms));
  process.signal(SIGKILL);
  CHECK(process.wait().signal == SIGKILL);
  CHECK_FALSE(process.running());
}

TEST_CASE("waiting for a line ends with the program", "[process]") {
  RunningProcess process{shell("echo other; exit 2")};

  CHECK_FALSE(process.await_line("never"));
  CHECK(process.wait().status == 2);
  CHECK(process.wait().out == "other\n");
}

TEST_CASE("a running program does not outlive its handle", "[process]") {
  pid_t pid = 0;
  {
    RunningProcess process{{.argv = {"sleep", "60"}}};
    pid = process.pid();
    CHECK(kill(pid, 0) == 0);
  }

  CHECK(kill(pid, 0) == -1);
}

TEST_CASE("a scratch directory holds files with the mode given and then is gone", "[scratch]") {
  std::filesystem::path directory;
  {
    const ScratchDir scratch;
    directory = scratch.path();
    const auto file = scratch.write("deep/file", "text", 0640);
    CHECK(file == directory / "deep/file");
    CHECK(scratch.read("deep/file") == "text");
    CHECK(std::filesystem::status(file).permissions() == std::filesystem::perms{0640});
    scratch.write("deep/file", "new");
    CHECK(scratch.read("deep/file") == "new");
    CHECK_THROWS_AS(scratch.read("none"), std::system_error);
  }

  CHECK_FALSE(std::filesystem::exists(directory));
}

TEST_CASE("two scratch directories are two", "[scratch]") {
  CHECK(ScratchDir{}.path() != ScratchDir{}.path());
}
