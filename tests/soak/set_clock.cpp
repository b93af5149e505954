// Preloaded into a program, it lets the host's clock stand at as many milliseconds since 1970 as
// SOAK_CLOCK says: the time of a run does not depend on how long it waits for its turn. What counts
// from the start of the machine goes on as it does.

#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace {

/// Read once: who sets the clock sets it for the next program.
timespec set_time() {
  static const long long kMilliseconds = [] {
    const char* const text = std::getenv("SOAK_CLOCK");
    return text != nullptr ? std::strtoll(text, nullptr, 10) : 0;
  }();
  return {.tv_sec = kMilliseconds / 1000, .tv_nsec = kMilliseconds % 1000 * 1'000'000};
}

}  // namespace

// The system's headers name the parameters otherwise.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
    *time = set_time();
    return 0;
  }
  return static_cast<int>(syscall(SYS_clock_gettime, clock, time));
}

extern "C" int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  const timespec now = set_time();
  *time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return 0;
}

extern "C" time_t time(time_t* time) noexcept {
  const time_t now = set_time().tv_sec;
  if (time != nullptr) {
    *time = now;
  }
  return now;
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
