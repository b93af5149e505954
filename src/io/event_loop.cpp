#include "io/event_loop.h"

#include <poll.h>

#include <algorithm>
#include <vector>

void PollPump::pump(Milliseconds at_most, std::span<Watched> watched) {
  constexpr Milliseconds kLongest = std::chrono::hours(1);  // poll takes an int.
  std::vector<pollfd> polled;
  for (const Watched& one : watched) {
    polled.push_back({one.descriptor, POLLIN, 0});
  }
  poll(polled.data(), polled.size(), static_cast<int>(std::min(at_most, kLongest).count()));
  for (std::size_t i = 0; i < polled.size(); ++i) {
    watched[i].readable = polled[i].revents != 0;
  }
}

Milliseconds EventLoop::left() const {
  return std::max(std::chrono::ceil<Milliseconds>(deadline_ - now()), Milliseconds{0});
}

EventLoop::Wait EventLoop::sleep(Milliseconds pause) {
  return readable(Wait::kNoDescriptor, pause);
}

EventLoop::Wait EventLoop::readable(int descriptor, Milliseconds at_most) {
  return {*this, std::min(now() + at_most, deadline_), descriptor};
}

void EventLoop::turn(Pump& pump) {
  std::vector<Watched> watched;
  for (const Wait* wait : waits_) {
    if (wait->descriptor_ != Wait::kNoDescriptor) {
      watched.push_back({wait->descriptor_});
    }
  }
  pump.pump(until_next(), watched);
  mark_readable(watched);
  wake_ready();
  if (expired()) {
    pump.cancel_all();
  }
}

Milliseconds EventLoop::until_next() const {
  BootTime next = deadline_;
  for (const Wait* wait : waits_) {
    next = std::min(next, wait->until_);
  }
  return std::max(std::chrono::ceil<Milliseconds>(next - now()), Milliseconds{0});
}

void EventLoop::mark_readable(std::span<const Watched> watched) {
  for (const Watched& one : watched) {
    for (Wait* wait : waits_) {
      wait->readable_ = wait->readable_ || (one.readable && wait->descriptor_ == one.descriptor);
    }
  }
}

void EventLoop::wake_ready() {
  const auto is_ready = [this](const Wait* wait) {
    return wait->readable_ || wait->until_ <= now();
  };
  // Whoever wakes may begin or end other waits: look anew each time.
  for (auto next = std::find_if(waits_.begin(), waits_.end(), is_ready); next != waits_.end();
       next = std::find_if(waits_.begin(), waits_.end(), is_ready)) {
    const auto waiter = (*next)->waiter_;
    waits_.erase(next);
    waiter.resume();
  }
}
