// Runs a program and prints what it took: exit status, CPU and wall time in microseconds, peak
// memory in KiB. A process's peak includes what was there when it called exec, so whoever measures
// a small program must be small.

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <ctime>

namespace {

long long microseconds(const timespec& time) {
  return time.tv_sec * 1'000'000LL + time.tv_nsec / 1000;
}

long long microseconds(const timeval& time) {
  return time.tv_sec * 1'000'000LL + time.tv_usec;
}

long long now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return microseconds(time);
}

// Its standard output goes where errors go: ours is for the figures. 0: no such program.
pid_t start(char** argv) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    std::fprintf(stderr, "%s: %s\n", argv[0], std::strerror(error));
    return 0;
  }
  return pid;
}

}  // namespace

int main(int argc, char** argv) {
  const long long begun = now();
  const pid_t pid = argc > 1 ? start(argv + 1) : 0;
  int status = 0;
  rusage used{};
  if (pid == 0 || wait4(pid, &status, 0, &used) != pid) {
    return 1;
  }
  const long long ended = now();
  std::printf("%d %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
              microseconds(used.ru_utime) + microseconds(used.ru_stime), ended - begun,
              used.ru_maxrss);
  return 0;
}
