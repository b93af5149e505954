#pragma once

#include <chrono>
#include <string>

#include "api_scene.h"

/// A Lab whose backup may move, and what is remembered and said of its record between two runs.
/// Every command here is checked for what holds always: one write at most, and no token told.
class MovingLab : public Lab {
 public:
  MovingLab();

  static constexpr const char* kMoved = "127.0.5.1";
  static constexpr const char* kSaid = "state/www.example.com.A.said.json";
  static constexpr const char* kSeen = "state/www.example.com.A.seen.json";

  LoopbackOrigin moved;  ///< where the backup may move to

  /// The program with these words in place of `run`, one attempt per probe, and `more`.
  ProcessSpec spec(const Options& words, const Options& more = {}) const;
  ProcessResult finish(const ProcessSpec& spec) const;

  ProcessResult run_once(const Options& more = {}) const { return finish(spec({"run"}, more)); }
  ProcessResult set_backup(const std::string& address, const Options& more = {}) const {
    return finish(set_backup_spec(address, more));
  }
  ProcessSpec set_backup_spec(const std::string& address, const Options& more = {}) const;
  ProcessResult hold(const Options& more = {}) const { return finish(spec({"hold"}, more)); }

  bool has(const std::string& file) const;
  /// What such a file says; empty if there is none.
  std::string text(const std::string& file) const;
  /// Whether it is said that the backup configured there is at `address` now.
  bool is_announced(const std::string& address) const;

  /// Time passes on this host alone: all that is remembered happened so much earlier.
  void let_pass_here(std::chrono::milliseconds time) const;
  /// Time passes on this host and at Cloudflare.
  void let_pass(std::chrono::seconds time);

  std::size_t writes() const { return cloudflare.writes().size(); }
  /// From now on Cloudflare refuses to say anything.
  void lock_out();
};

/// The command line without the option and its value.
ProcessSpec without(ProcessSpec spec, const std::string& option);

/// The same command, which no file may grow under.
ProcessSpec with_no_room(ProcessSpec spec);

/// The same command in a mount namespace of its own, after a script that mounts things; it finds
/// the scratch directory in $0, and gives up by "exit 77".
ProcessSpec among_mounts(const Lab& lab, ProcessSpec spec, const std::string& script);
/// Whether that was to be had here; otherwise warns.
bool was_tried(const ProcessResult& result);

/// `text` with every time in it moved.
std::string with_times_moved(const std::string& text, std::chrono::milliseconds by);
