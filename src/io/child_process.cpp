#include "io/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace {

class FileActions {
 public:
  FileActions() {
    error_ = posix_spawn_file_actions_init(&actions_);
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      add(posix_spawn_file_actions_addopen(&actions_, stream, "/dev/null", O_RDWR, 0));
    }
    add(posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }

  const posix_spawn_file_actions_t* get() const { return &actions_; }
  /// Why they are not complete; 0: they are.
  int error() const { return error_; }

 private:
  void add(int error) { error_ = error_ != 0 ? error_ : error; }

  int error_ = 0;
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

/// As exec(3) takes a list; the strings must outlive it.
std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> list;
  list.reserve(strings.size() + 1);
  for (std::string& string : strings) {
    list.push_back(string.data());
  }
  list.push_back(nullptr);
  return list;
}

Descriptor open_pid(pid_t pid) {
  return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace

Result<ChildProcess> ChildProcess::start(std::vector<std::string> words,
                                         std::vector<std::string> environment) {
  pid_t pid = 0;
  const FileActions actions;
  const int error = actions.error() != 0 ? actions.error()
                                         : posix_spawnp(&pid, words.front().c_str(), actions.get(),
                                                        Attributes().get(), pointers(words).data(),
                                                        pointers(environment).data());
  if (error != 0) {
    return failure(std::strerror(error));
  }
  ChildProcess child(pid, open_pid(pid));
  if (!child.exit_) {
    return failure(std::strerror(errno));
  }
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      exit_status_(std::exchange(other.exit_status_, std::nullopt)),
      exit_(std::move(other.exit_)) {}

ChildProcess::~ChildProcess() {
  (void)exit_status();
}

std::optional<int> ChildProcess::exit_status() {
  const pid_t pid = std::exchange(pid_, 0);
  if (pid <= 0) {
    return exit_status_;
  }
  kill(-pid, SIGKILL);  // Not reaped yet, the group's number is still ours.
  int status = 0;
  pid_t reaped = -1;
  do {
    reaped = waitpid(pid, &status, 0);
  } while (reaped < 0 && errno == EINTR);
  if (reaped == pid && WIFEXITED(status)) {
    exit_status_ = WEXITSTATUS(status);
  }
  return exit_status_;
}
