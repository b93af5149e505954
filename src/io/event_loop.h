#pragma once

#include <coroutine>
#include <list>
#include <span>

#include "core/ports.h"

/// A descriptor that somebody waits to read from, and whether one can.
struct Watched {
  int descriptor;
  bool readable = false;
};

/// What brings events from outside into the loop.
class Pump {
 public:
  virtual ~Pump() = default;

  /// Waits for events of its own or on the watched descriptors, `at_most` that long; marks what is
  /// readable, and resumes whoever waited for its own.
  virtual void pump(Milliseconds at_most, std::span<Watched> watched) = 0;

  /// Ends all that is under way, as at the deadline.
  virtual void cancel_all() = 0;
};

/// The pump of a loop without transfers: poll(2) on the watched descriptors.
class PollPump : public Pump {
 public:
  void pump(Milliseconds at_most, std::span<Watched> watched) override;
  void cancel_all() override {}
};

/// The one loop of a run: resumes tasks when their time or their answer has come. At the deadline
/// everything that still waits is ended, and whatever is begun after it ends at once.
class EventLoop {
 public:
  EventLoop(const Clock& clock, BootTime deadline) : clock_(clock), deadline_(deadline) {}

  BootTime now() const { return clock_.now(); }
  bool expired() const { return now() >= deadline_; }

  /// For what is begun after the deadline that was.
  void set_deadline(BootTime deadline) { deadline_ = deadline; }

  /// Until the deadline; zero after it. Rounded up, so that waiting this long suffices.
  Milliseconds left() const;

  class Wait;
  /// `co_await loop.sleep(1s)`: wakes after the pause or at the deadline, whichever is first.
  Wait sleep(Milliseconds pause);
  /// `co_await loop.readable(descriptor, 1s)`: true when there is something to read, false if there
  /// was nothing until the pause was over or the deadline came.
  Wait readable(int descriptor, Milliseconds at_most);

  /// Runs until the task is done.
  template <typename T>
  T& run(Task<T>& task, Pump& pump) {
    while (!task.done()) {
      turn(pump);
    }
    return task.result();
  }

 private:
  void turn(Pump& pump);
  Milliseconds until_next() const;
  void mark_readable(std::span<const Watched> watched);
  void wake_ready();

  const Clock& clock_;
  BootTime deadline_;
  std::list<Wait*> waits_;
};

class EventLoop::Wait {
 public:
  static constexpr int kNoDescriptor = -1;

  Wait(EventLoop& loop, BootTime until, int descriptor)
      : loop_(loop), until_(until), descriptor_(descriptor) {}
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait() { loop_.waits_.remove(this); }

  bool await_ready() const { return loop_.now() >= until_; }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    loop_.waits_.push_back(this);
  }
  bool await_resume() const { return readable_; }

 private:
  friend class EventLoop;

  EventLoop& loop_;
  BootTime until_;
  int descriptor_;
  bool readable_ = false;
  std::coroutine_handle<> waiter_;
};
