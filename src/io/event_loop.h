#pragma once

#include <coroutine>
#include <map>

#include "core/ports.h"

/// What brings events from outside into the loop.
class Pump {
 public:
  virtual ~Pump() = default;

  /// Waits for events, `at_most` that long, and resumes whoever waited for them.
  virtual void pump(Milliseconds at_most) = 0;

  /// Ends all that is under way, as at the deadline.
  virtual void cancel_all() = 0;
};

/// The one loop of a run: resumes tasks when their time or their answer has come. At the deadline
/// everything that still waits is ended, and whatever is begun after it ends at once.
class EventLoop {
 public:
  EventLoop(const Clock& clock, BootTime deadline) : clock_(clock), deadline_(deadline) {}

  BootTime now() const { return clock_.now(); }
  bool expired() const { return now() >= deadline_; }

  /// Until the deadline; zero after it. Rounded up, so that waiting this long suffices.
  Milliseconds left() const;

  class Sleep;
  /// `co_await loop.sleep(1s)`: wakes after the pause or at the deadline, whichever is first.
  Sleep sleep(Milliseconds pause);

  /// Runs until the task is done.
  template <typename T>
  T& run(Task<T>& task, Pump& pump) {
    while (!task.done()) {
      turn(pump);
    }
    return task.result();
  }

 private:
  using Sleepers = std::multimap<BootTime, std::coroutine_handle<>>;

  void turn(Pump& pump);
  void wake_due();

  const Clock& clock_;
  BootTime deadline_;
  Sleepers sleepers_;
};

class EventLoop::Sleep {
 public:
  Sleep(EventLoop& loop, BootTime until) : loop_(loop), until_(until) {}
  Sleep(const Sleep&) = delete;
  Sleep& operator=(const Sleep&) = delete;
  ~Sleep();

  bool await_ready() const { return loop_.now() >= until_; }
  void await_suspend(std::coroutine_handle<> sleeper);
  void await_resume() {}

 private:
  EventLoop& loop_;
  BootTime until_;
  std::coroutine_handle<> sleeper_;
};
