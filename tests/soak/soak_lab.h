#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "../support/lab.h"
#include "events.h"
#include "model.h"

namespace soak {

/// The loopback world in which the month passes. Its clocks go as they are told to.
class SoakLab : public Lab {
 public:
  SoakLab();

  /// Makes the world what it is in that minute, but for what goes wrong in its runs.
  void begin(const Minute& minute);

  /// What goes wrong in the next run, and nothing else.
  void arm(Mishap mishap, const std::string& meddled, std::chrono::seconds hold_length);
  void disarm() { arm(Mishap::none, {}, {}); }

  /// The program with these words, at the time that it is on this host. Each is a little later.
  ProcessSpec spec(const std::vector<std::string>& words);
  /// The same with the options of a run.
  ProcessSpec spec(const std::vector<std::string>& words, const Rules& rules);

  /// What a run would find now.
  Facts facts() const;
  /// What the records of the name hold.
  std::vector<std::string> holds() const;
  /// Plays the program to its end, which may come at a moment that was armed.
  ProcessResult play(const ProcessSpec& spec);
  /// The writes that reached Cloudflare so far.
  int writes() const { return writes_; }
  std::filesystem::path state() const { return scratch.path() / "state"; }

 private:
  Time api_now() const;
  void let_fail(const std::map<std::string, Failing>& failing);
  void list(Listing listing);
  void add_second(const std::string& content);
  LoopbackOrigin& origin(const std::string& address) { return *origins_.at(address); }

  LoopbackOrigin other_;
  LoopbackOrigin moved_;
  LoopbackOrigin third_;
  LoopbackOrigin canary_;
  std::map<std::string, LoopbackOrigin*> origins_;
  std::map<std::string, Failing> failing_ = {};
  Time host_time_;
  Time api_time_;                      ///< what Cloudflare's clock should show at least
  std::chrono::seconds api_shift_{0};  ///< between that and the real one
  std::atomic<int> writes_ = 0;
  std::binary_semaphore is_to_die_{0};
  std::binary_semaphore is_dead_{0};
};

}  // namespace soak
