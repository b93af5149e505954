#include "io/aside.h"

#include <sys/eventfd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <system_error>
#include <thread>

#include "io/descriptor.h"

namespace {

/// Belongs to the thread and to whoever waits for it, and ends with the last of them.
struct Errand {
  std::function<void()> work;
  Descriptor finished;
  std::exception_ptr problem = {};  // Before it is finished, the thread's.
  std::atomic<bool> is_finished = false;
};

void run(Errand& errand) {
  try {
    errand.work();
  } catch (...) {
    errand.problem = std::current_exception();
  }
  errand.is_finished = true;
  eventfd_write(errand.finished.get(), 1);
}

/// An errno; 0 if the thread runs. It is born with all signals blocked: they are for the loop.
int start_thread(const std::shared_ptr<Errand>& errand) {
  sigset_t all{};
  sigset_t before{};
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error_number = 0;
  try {
    std::thread([errand] { run(*errand); }).detach();
  } catch (const std::system_error& error) {
    error_number = error.code().value();
  } catch (const std::bad_alloc&) {
    error_number = ENOMEM;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return error_number;
}

}  // namespace

Task<Result<bool>> aside(EventLoop& loop, std::function<void()> work, Milliseconds at_most) {
  const auto errand = std::make_shared<Errand>();
  errand->work = std::move(work);
  errand->finished.reset(eventfd(0, EFD_CLOEXEC));
  if (!errand->finished) {
    co_return failure(std::string("no descriptor to wait for a thread: ") + std::strerror(errno));
  }
  if (const int error_number = start_thread(errand); error_number != 0) {
    co_return failure(std::string("cannot start a thread: ") + std::strerror(error_number));
  }
  co_await loop.readable(errand->finished.get(), at_most);
  const bool is_finished = errand->is_finished;
  if (is_finished && errand->problem) {
    std::rethrow_exception(errand->problem);
  }
  co_return is_finished;
}
