#include "io/event_loop.h"

#include <algorithm>

Milliseconds EventLoop::left() const {
  return std::max(std::chrono::ceil<Milliseconds>(deadline_ - now()), Milliseconds{0});
}

EventLoop::Sleep EventLoop::sleep(Milliseconds pause) {
  return {*this, std::min(now() + pause, deadline_)};
}

void EventLoop::turn(Pump& pump) {
  const BootTime next = sleepers_.empty() ? deadline_ : sleepers_.begin()->first;
  const auto wait = std::chrono::ceil<Milliseconds>(std::min(next, deadline_) - now());
  pump.pump(std::max(wait, Milliseconds{0}));
  wake_due();
  if (expired()) {
    pump.cancel_all();
  }
}

void EventLoop::wake_due() {
  while (!sleepers_.empty() && sleepers_.begin()->first <= now()) {
    const auto sleeper = sleepers_.begin()->second;
    sleepers_.erase(sleepers_.begin());
    sleeper.resume();
  }
}

void EventLoop::Sleep::await_suspend(std::coroutine_handle<> sleeper) {
  sleeper_ = sleeper;
  loop_.sleepers_.emplace(until_, sleeper);
}

EventLoop::Sleep::~Sleep() {
  // Awake, it is no longer listed; destroyed while asleep, it must not be resumed.
  std::erase_if(loop_.sleepers_, [&](const auto& entry) { return entry.second == sleeper_; });
}
