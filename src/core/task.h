#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

/// Work that may have to wait: starts at once, runs up to its first wait, and goes on whenever the
/// event loop has what it waits for. `co_await` it for its result, as often and from wherever that
/// is wanted; many may be under way side by side on the one thread. Destroying a Task ends its work
/// where it stands.
///
/// Await in a statement of its own, `const auto x = co_await task;`: g++ 12 corrupts the heap where
/// co_await stands inside ?: or &&, or where the call that is awaited has a braced argument.
///
/// The coroutine's parameters are copied into it: take them by value, or by a reference to what
/// outlives the task.
template <typename T>
class [[nodiscard]] Task {
 public:
  struct promise_type {
    std::optional<T> value;
    std::exception_ptr thrown;
    std::vector<std::coroutine_handle<>> waiters;

    Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept { return WakeWaiters{}; }
    template <typename U>
    void return_value(U&& result) {
      value.emplace(std::forward<U>(result));
    }
    void unhandled_exception() { thrown = std::current_exception(); }
  };

  Task(Task&& other) noexcept : work_(std::exchange(other.work_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(work_, other.work_);
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (work_) {
      work_.destroy();
    }
  }

  bool done() const { return work_.done(); }

  /// The result; only of a task that is done.
  T& result() {
    promise_type& promise = work_.promise();
    if (promise.thrown) {
      std::rethrow_exception(promise.thrown);
    }
    return promise.value.value();
  }

  /// Refers to the result, which lives as long as the task: a copy of a tl::expected that runs out
  /// of memory ends the program.
  auto operator co_await() & { return Awaiter{*this}; }
  /// Of a task that nobody can ask again: its result is moved.
  auto operator co_await() && { return LastAwaiter{{*this}}; }

 private:
  explicit Task(std::coroutine_handle<promise_type> work) : work_(work) {}

  struct WakeWaiters {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<promise_type> work) noexcept {
      // The first to wake may end this task: nothing of it is touched after that.
      const auto waiters = std::move(work.promise().waiters);
      for (const auto waiter : waiters) {
        waiter.resume();
      }
    }
    void await_resume() const noexcept {}
  };

  struct Awaiter {
    Task& task;
    bool await_ready() const { return task.done(); }
    void await_suspend(std::coroutine_handle<> waiter) {
      task.work_.promise().waiters.push_back(waiter);
    }
    T& await_resume() { return task.result(); }
  };

  struct LastAwaiter : Awaiter {
    T await_resume() { return std::move(this->task.result()); }
  };

  std::coroutine_handle<promise_type> work_;
};
