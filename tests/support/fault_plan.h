#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "fault.h"

// All that is to be done to one request and its answer.
struct FaultPlan {
  enum class Silence { none, hang, close, reset };

  std::vector<std::function<void()>> before = {};
  std::vector<std::function<void()>> after = {};
  std::chrono::milliseconds wait_before{};
  std::chrono::milliseconds wait_after{};
  bool carried_out = true;
  Silence silence = Silence::none;
  std::optional<fault::Answer> answer = {};
  std::vector<fault::Rewrite> rewrites = {};
  std::optional<fault::Chunked> chunked = {};
  std::optional<fault::Cut> cut = {};
  std::optional<fault::Pause> pause = {};
  std::optional<fault::Drip> drip = {};
  bool endless = false;
  bool close_after_answer = false;
};

// The faults that are armed, and how often each has been met.
class ArmedFaults {
 public:
  void arm(Fault fault);
  void disarm_all();

  // Counts the request for every fault that it matches.
  FaultPlan plan_for(std::string_view method, std::string_view target);

 private:
  struct Armed {
    Fault fault;
    std::size_t met = 0;
  };

  static bool befalls(Armed& armed, std::string_view method, std::string_view target);

  std::mutex mutex_;
  std::vector<Armed> armed_;
};
