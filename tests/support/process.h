#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "descriptor.h"

// What a child's standard output or standard error is connected to.
namespace output {

struct Captured {};    // a pipe, read concurrently
struct Closed {};      // no descriptor at all
struct BrokenPipe {};  // a pipe nobody reads: EPIPE
struct File {          // opened for writing, e.g. /dev/full
  std::filesystem::path path;
};
struct Terminal {  // a pseudo-terminal, captured as written ("\n" stays "\n")
  unsigned short columns = 80;
  unsigned short rows = 24;
};

}  // namespace output

using Output = std::variant<output::Captured, output::Closed, output::BrokenPipe, output::File,
                            output::Terminal>;

enum class Input { null, closed };  // standard input: /dev/null, or no descriptor at all

// A program to start. argv[0] without a slash is looked up in the PATH of the test.
struct ProcessSpec {
  std::vector<std::string> argv = {};
  std::map<std::string, std::string> environment = {};  // all of it: nothing is inherited
  Input in = Input::null;
  Output out = output::Captured{};
  Output err = output::Captured{};
  std::optional<std::filesystem::path> directory = {};  // to start in
  std::chrono::milliseconds limit{60'000};              // of run(): then it is killed
};

struct ProcessResult {
  std::optional<int> status = {};  // the exit status, or none if a signal ended it
  std::optional<int> signal = {};  // that signal
  bool dumped_core = false;        // because of it
  bool killed_at_limit = false;
  std::string out = {};  // captured, or what a terminal showed
  std::string err = {};
  std::chrono::duration<double> elapsed = {};
};

// Runs a program to its end, or to `spec.limit`. Throws std::system_error if it cannot be started.
// Only the child itself is awaited: what its own children write later is nobody's.
ProcessResult run(const ProcessSpec& spec);

// A program that runs beside the test. Its output is read whenever a member function waits or
// looks; the destructor kills it if it is still there. To be used from one thread.
class RunningProcess {
 public:
  explicit RunningProcess(const ProcessSpec& spec);
  RunningProcess(const RunningProcess&) = delete;
  RunningProcess& operator=(const RunningProcess&) = delete;
  ~RunningProcess();

  pid_t pid() const { return pid_; }
  bool running();

  // Sends it a signal; nothing happens if it has ended.
  void signal(int number);

  // What it has written so far.
  const std::string& out();
  const std::string& err();

  // The first whole line on standard output (or error) that contains `text`, without its newline;
  // none if it has ended, closed that stream, or `limit` has passed before.
  std::optional<std::string> await_line(std::string_view text,
                                        std::chrono::milliseconds limit = std::chrono::seconds{10});
  std::optional<std::string> await_error_line(
      std::string_view text, std::chrono::milliseconds limit = std::chrono::seconds{10});

  // The result, once it has ended; after `limit` it is killed first.
  ProcessResult wait(std::chrono::milliseconds limit = std::chrono::seconds{60});

 private:
  using Clock = std::chrono::steady_clock;
  struct Capture {
    Descriptor from = {};
    bool is_terminal = false;
    std::string text = {};

    void take();
    void take_rest();
  };

  static Capture capture(Descriptor from, const Output& output);
  bool pump(Clock::time_point until);
  std::optional<std::string> await_line_in(Capture& capture, std::string_view text,
                                           std::chrono::milliseconds limit);
  void reap();

  Clock::time_point started_ = Clock::now();
  Capture out_ = {};
  Capture err_ = {};
  pid_t pid_ = -1;
  Descriptor pidfd_ = {};
  ProcessResult result_ = {};
};
