#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

void check(int error, const std::string& what) {
  if (error != 0) {
    throw std::system_error{error, std::generic_category(), what};
  }
}

// The two ends of what a child writes to; either may be missing.
struct Ends {
  Descriptor ours = {};
  Descriptor childs = {};
};

Ends open_ends(const output::Captured&) {
  std::array<int, 2> fds{};
  check(pipe2(fds.data(), O_CLOEXEC) == 0 ? 0 : errno, "pipe2");
  return {.ours = Descriptor{fds[0]}, .childs = Descriptor{fds[1]}};
}

Ends open_ends(const output::Closed&) {
  return {};
}

Ends open_ends(const output::BrokenPipe&) {
  return {.childs = std::move(open_ends(output::Captured{}).childs)};
}

Ends open_ends(const output::File& file) {
  const int fd = open(file.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  return {.childs = checked_descriptor(fd, file.path.c_str())};
}

// Without output processing, or every "\n" would arrive as "\r\n".
void make_raw_output(int terminal) {
  termios settings{};
  check(tcgetattr(terminal, &settings) == 0 ? 0 : errno, "tcgetattr");
  settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  check(tcsetattr(terminal, TCSANOW, &settings) == 0 ? 0 : errno, "tcsetattr");
}

Ends open_ends(const output::Terminal& terminal) {
  const winsize size{
      .ws_row = terminal.rows, .ws_col = terminal.columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int ours = -1;
  int childs = -1;
  check(openpty(&ours, &childs, nullptr, nullptr, &size) == 0 ? 0 : errno, "openpty");
  Ends ends{.ours = Descriptor{ours}, .childs = Descriptor{childs}};
  fcntl(ours, F_SETFD, FD_CLOEXEC);
  fcntl(childs, F_SETFD, FD_CLOEXEC);
  make_raw_output(childs);
  return ends;
}

Ends open_ends(const Output& output) {
  return std::visit([](const auto& kind) { return open_ends(kind); }, output);
}

// What happens in the child before the program starts.
class FileActions {
 public:
  FileActions() { check(posix_spawn_file_actions_init(&actions_), "posix_spawn"); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }

  const posix_spawn_file_actions_t* get() const { return &actions_; }

  void read_from(Input input) {
    check(input == Input::closed
              ? posix_spawn_file_actions_addclose(&actions_, STDIN_FILENO)
              : posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0),
          "standard input");
  }
  void connect(int number, const Descriptor& to) {
    check(to ? posix_spawn_file_actions_adddup2(&actions_, to.get(), number)
             : posix_spawn_file_actions_addclose(&actions_, number),
          "standard output");
  }
  void inherit_nothing_else() {
    check(posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1), "closefrom");
  }
  void enter(const fs::path& directory) {
    check(posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()), directory);
  }

 private:
  posix_spawn_file_actions_t actions_;
};

// Every signal unblocked and with its default action, whatever the test's process does with them.
class DefaultSignals {
 public:
  DefaultSignals() {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    check(posix_spawnattr_init(&attributes_), "posix_spawn");
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  DefaultSignals(const DefaultSignals&) = delete;
  DefaultSignals& operator=(const DefaultSignals&) = delete;
  ~DefaultSignals() { posix_spawnattr_destroy(&attributes_); }

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// Pointers into `strings`, with a null pointer at the end.
std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& string : strings) {
    result.push_back(string.data());
  }
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> assignments(const std::map<std::string, std::string>& environment) {
  std::vector<std::string> result;
  for (const auto& [name, value] : environment) {
    result.push_back(name + "=" + value);
  }
  return result;
}

// A relative path means the same file whatever directory the child starts in.
std::string program(const std::string& name) {
  return name.find('/') == std::string::npos ? name : fs::absolute(name).string();
}

// posix_spawn, since after fork a process with threads may hardly do anything before exec.
pid_t spawn(const ProcessSpec& spec, const FileActions& actions) {
  std::vector<std::string> arguments = spec.argv;
  std::vector<std::string> environment = assignments(spec.environment);
  const DefaultSignals signals;
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, program(arguments.at(0)).c_str(), actions.get(), signals.get(),
                   pointers(arguments).data(), pointers(environment).data());
  check(error, arguments.at(0));
  return pid;
}

// One poll, not later than `until`, however often a signal interrupts it.
bool ready_before(std::array<pollfd, 3>& polled, std::chrono::steady_clock::time_point until) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const int ready =
        poll(polled.data(), polled.size(), static_cast<int>(std::max(left, 0ms).count()));
    if (ready >= 0 || errno != EINTR) {
      return ready > 0;
    }
  }
}

std::optional<std::string> line_with(std::string_view part, std::string_view text) {
  for (std::size_t end = 0; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1)) {
    const std::string_view line = text.substr(0, end);
    if (line.find(part) != line.npos) {
      return std::string{line};
    }
  }
  return {};
}

}  // namespace

ProcessResult run(const ProcessSpec& spec) {
  return RunningProcess{spec}.wait(spec.limit);
}

RunningProcess::RunningProcess(const ProcessSpec& spec) {
  Ends out = open_ends(spec.out);
  Ends err = open_ends(spec.err);
  FileActions actions;
  actions.read_from(spec.in);
  actions.connect(STDOUT_FILENO, out.childs);
  actions.connect(STDERR_FILENO, err.childs);
  actions.inherit_nothing_else();
  if (spec.directory) {
    actions.enter(*spec.directory);
  }

  pid_ = spawn(spec, actions);
  pidfd_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  out_ = capture(std::move(out.ours), spec.out);
  err_ = capture(std::move(err.ours), spec.err);
}

RunningProcess::~RunningProcess() {
  signal(SIGKILL);
  if (pidfd_) {
    reap();
  }
}

bool RunningProcess::running() {
  while (pump(Clock::now())) {
  }
  return static_cast<bool>(pidfd_);
}

// Until it is reaped, the number cannot belong to another process.
void RunningProcess::signal(int number) {
  if (pidfd_) {
    kill(pid_, number);
  }
}

const std::string& RunningProcess::out() {
  running();
  return out_.text;
}

const std::string& RunningProcess::err() {
  running();
  return err_.text;
}

std::optional<std::string> RunningProcess::await_line(std::string_view text,
                                                      std::chrono::milliseconds limit) {
  return await_line_in(out_, text, limit);
}

std::optional<std::string> RunningProcess::await_error_line(std::string_view text,
                                                            std::chrono::milliseconds limit) {
  return await_line_in(err_, text, limit);
}

std::optional<std::string> RunningProcess::await_line_in(Capture& capture, std::string_view text,
                                                         std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  while (true) {
    if (auto line = line_with(text, capture.text)) {
      return line;
    }
    if (!capture.from || !pump(until)) {
      return {};
    }
  }
}

ProcessResult RunningProcess::wait(std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  while (pidfd_) {
    if (!pump(until)) {
      result_.killed_at_limit = true;
      signal(SIGKILL);
      reap();
    }
  }
  result_.out = out_.text;
  result_.err = err_.text;
  return result_;
}

RunningProcess::Capture RunningProcess::capture(Descriptor from, const Output& output) {
  return {.from = std::move(from),
          .is_terminal = std::holds_alternative<output::Terminal>(output),
          .text = {}};
}

// Awaits the next event, output or the end, and takes it in; false if there was none before `until`
// or nothing is left to wait for.
bool RunningProcess::pump(Clock::time_point until) {
  std::array<pollfd, 3> polled{
      {{out_.from.get(), POLLIN, 0}, {err_.from.get(), POLLIN, 0}, {pidfd_.get(), POLLIN, 0}}};
  if (!pidfd_ || !ready_before(polled, until)) {
    return false;
  }
  if (polled[0].revents != 0) {
    out_.take();
  }
  if (polled[1].revents != 0) {
    err_.take();
  }
  if (polled[2].revents != 0) {
    reap();
  }
  return true;
}

// Reads what is there. At the end, which a terminal reports as EIO, the descriptor is closed.
void RunningProcess::Capture::take() {
  std::array<char, 65536> buffer;
  const ssize_t count = read(from.get(), buffer.data(), buffer.size());
  if (count > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  } else if (count == 0 || errno != EINTR) {
    from.reset();
  }
}

// What an ended child left in a pipe is there at once; a terminal may hand it on a little later.
void RunningProcess::Capture::take_rest() {
  const int patience = is_terminal ? 1000 : 0;
  pollfd polled{from.get(), POLLIN, 0};
  while (from && poll(&polled, 1, patience) > 0) {
    take();
  }
  from.reset();
}

void RunningProcess::reap() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  result_.elapsed = Clock::now() - started_;
  if (WIFEXITED(status)) {
    result_.status = WEXITSTATUS(status);
  } else {
    result_.signal = WTERMSIG(status);
    result_.dumped_core = WCOREDUMP(status);
  }
  pidfd_.reset();
  out_.take_rest();
  err_.take_rest();
}
