#pragma once

#include <coroutine>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "core/ports.h"

/// An address that must be one.
inline IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

/// A moment that a test chooses: whoever awaits it goes on when it is opened.
class Gate {
 public:
  void open() {
    open_ = true;
    for (const auto waiter : std::exchange(waiters_, {})) {
      waiter.resume();
    }
  }

  bool await_ready() const { return open_; }
  void await_suspend(std::coroutine_handle<> waiter) { waiters_.push_back(waiter); }
  void await_resume() const {}

 private:
  bool open_ = false;
  std::vector<std::coroutine_handle<>> waiters_;
};

/// Answers reads and writes from lists, and keeps what was asked.
struct FakeStore : RecordStore {
  std::deque<ApiResult<std::vector<Record>>> reads;
  std::deque<ApiResult<Record>> answers;
  bool in_time = true;
  int reads_seen = 0;
  std::vector<std::pair<std::string, IpAddress>> writes;

  Task<ApiResult<std::vector<Record>>> read() override {
    ++reads_seen;
    auto answer = reads.front();
    if (reads.size() > 1) {
      reads.pop_front();  // The last one is given for ever.
    }
    co_return answer;
  }

  Task<ApiResult<Record>> write(std::string id, IpAddress content) override {
    writes.emplace_back(id, content);
    if (answers.empty()) {
      reads = {std::vector<Record>{Record{id, content}}};
      co_return Record{id, content};
    }
    auto answer = answers.front();
    answers.pop_front();
    co_return answer;
  }

  bool may_still_write() const override { return in_time; }
};

/// Addresses are down unless said otherwise; those with a gate are not known before it opens. Names
/// do not resolve unless said otherwise.
struct FakeProber : Prober {
  std::map<Fqdn, std::vector<IpAddress>> names;
  std::map<IpAddress, Health> health;
  std::map<IpAddress, Gate*> gates;
  Gate* slow_names = nullptr;  ///< no name is known before it opens
  std::vector<IpAddress> asked;
  std::vector<IpAddress> needed;
  bool cut_off = false;

  Task<Result<std::vector<IpAddress>>> resolve(Fqdn name) override {
    if (Gate* const gate = slow_names) {  // g++ 12's sanitizer loses `this` in the co_await itself.
      co_await *gate;
    }
    const auto known = names.find(name);
    if (known == names.end()) {
      co_return failure("does not resolve: Name or service not known");
    }
    co_return known->second;
  }
  void need(const IpAddress& address) override { needed.push_back(address); }
  Task<bool> is_cut_off() override { co_return cut_off; }

  Task<ProbeResult> probe(IpAddress address) override {
    asked.push_back(address);
    if (const auto gate = gates.find(address); gate != gates.end()) {
      co_await *gate->second;
    }
    const auto known = health.find(address);
    ProbeResult result{.address = address, .health = Health::down, .attempts = 1, .ms = 1};
    if (known != health.end()) {
      result.health = known->second;
    }
    if (result.health == Health::down) {
      result.failure = ProbeFailure{ProbeFailure::Kind::refused};
    } else if (result.health == Health::unknown) {
      result.failure = ProbeFailure{ProbeFailure::Kind::this_host, "Network is unreachable"};
    }
    co_return result;
  }
};
