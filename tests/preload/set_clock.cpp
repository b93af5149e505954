// Preloaded into a program, it gives it other clocks:
//
//   SET_CLOCK   the host's clock stands at as many milliseconds since 1970; the time of a run does
//               not depend on how long it waits for its turn
//   CLOCK_JUMP  a file that may come to be while the program runs; by the two numbers in it, in
//               milliseconds, the host's clock is ahead, and the clock that counts from the start
//               of the machine and also while it sleeps

#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

namespace {

constexpr long long kThousand = 1000;
constexpr long long kMillion = kThousand * kThousand;

/// Milliseconds.
struct Jump {
  long long host = 0;
  long long machine = 0;
};

Jump jump() {
  const char* const path = std::getenv("CLOCK_JUMP");
  if (path == nullptr) {
    return {};
  }
  std::ifstream file(path);
  Jump jump;
  return file >> jump.host >> jump.machine ? jump : Jump{};
}

timespec later(timespec time, long long milliseconds) {
  constexpr long long kSecond = kThousand * kMillion;
  const long long nanoseconds = time.tv_nsec + milliseconds % kThousand * kMillion;
  time.tv_sec += milliseconds / kThousand + nanoseconds / kSecond - (nanoseconds < 0 ? 1 : 0);
  time.tv_nsec = (nanoseconds + kSecond) % kSecond;
  return time;
}

timespec real(clockid_t clock) {
  timespec time{};
  syscall(SYS_clock_gettime, clock, &time);
  return time;
}

timespec host_time() {
  if (const char* const text = std::getenv("SET_CLOCK")) {
    return later({}, std::strtoll(text, nullptr, 10));
  }
  return later(real(CLOCK_REALTIME), jump().host);
}

}  // namespace

// The system's headers name the parameters otherwise.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
    *time = host_time();
    return 0;
  }
  *time = clock == CLOCK_BOOTTIME ? later(real(clock), jump().machine) : real(clock);
  return 0;
}

extern "C" int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  const timespec now = host_time();
  *time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / kThousand};
  return 0;
}

extern "C" time_t time(time_t* time) noexcept {
  const time_t now = host_time().tv_sec;
  if (time != nullptr) {
    *time = now;
  }
  return now;
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
