#include "app/output.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace {

/// What a stream has not taken yet.
class Backlog {
 public:
  explicit Backlog(std::FILE* stream)
      : descriptor_(fileno(stream)), part_(isatty(descriptor_) == 1 ? kTerminalPart : PIPE_BUF) {}

  void add(const std::string& text) { text_ += is_over_ ? "" : text; }

  /// For as long as there is something, and room for it. `patience` is asked each time how long, in
  /// milliseconds, to wait for room; -1: for ever.
  template <typename Patience>
  void write(Patience patience) {
    std::size_t written = 0;
    while (written < text_.size() && has_room(patience())) {
      const std::size_t part = std::min(text_.size() - written, part_);
      const ssize_t taken = ::write(descriptor_, text_.data() + written, part);
      if (taken < 0 && errno != EINTR && errno != EAGAIN) {
        end();
        return;
      }
      written += static_cast<std::size_t>(std::max(taken, ssize_t{0}));
    }
    text_.erase(0, written);
  }

  /// Nobody will read the rest.
  void end() {
    text_.clear();
    is_over_ = true;
  }

  bool is_empty() const { return text_.empty(); }

 private:
  // A terminal may have room for no more when poll(2) says it has some; a pipe has for PIPE_BUF,
  // unless another writer was faster.
  static constexpr std::size_t kTerminalPart = 256;

  bool has_room(int at_most) const {
    pollfd entry{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    return poll(&entry, 1, at_most) > 0;
  }

  int descriptor_;
  std::size_t part_;
  std::string text_ = {};
  bool is_over_ = false;
};

Backlog& backlog_of(std::FILE* stream) {
  static Backlog output(stdout);
  static Backlog errors(stderr);
  return stream == stdout ? output : errors;
}

}  // namespace

void print(std::FILE* stream, const std::string& text) {
  Backlog& backlog = backlog_of(stream);
  backlog.add(text);
  backlog.write([] { return 0; });
}

void flush_output(const EventLoop& loop) {
  constexpr Milliseconds kLongest = std::chrono::hours(1);  // poll takes an int.
  for (std::FILE* const stream : {stdout, stderr}) {
    Backlog& backlog = backlog_of(stream);
    backlog.write([&] { return static_cast<int>(std::min(loop.left(), kLongest).count()); });
    if (!backlog.is_empty()) {
      backlog.end();
    }
  }
}

void flush_output() {
  for (std::FILE* const stream : {stdout, stderr}) {
    backlog_of(stream).write([] { return -1; });
  }
}
