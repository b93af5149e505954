#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fault.h"
#include "fault_plan.h"
#include "http_message.h"
#include "request_log.h"
#include "simulated_api.h"
#include "simulated_rate_limit.h"

// How a loopback Cloudflare is set up.
struct CloudflareSetup {
  std::string address = "127.0.1.1";  // in 127.0.0.0/8, or ::1
  std::uint16_t port = 0;             // 0: one that is free
  std::filesystem::path cert = {};    // PEM; with a key: TLS
  std::filesystem::path key = {};
  std::size_t rate_limit = 1200;  // requests in five minutes; more are answered with 429
};

// Cloudflare's API v4 on a loopback address: zones, DNS records and tokens in memory, faults on
// demand, a log of requests. It runs on threads of its own and stops in the destructor. Everything
// here may be called from any thread. A problem of its own (port taken, bad certificate) is a
// std::exception from the constructor.
class LoopbackCloudflare {
 public:
  explicit LoopbackCloudflare(const CloudflareSetup& setup = {});
  LoopbackCloudflare(const LoopbackCloudflare&) = delete;
  LoopbackCloudflare& operator=(const LoopbackCloudflare&) = delete;
  ~LoopbackCloudflare();

  // Where it listens.
  const std::string& address() const;
  std::uint16_t port() const;
  std::string base_url() const;  // http://127.0.1.1:8787/client/v4

  // What it knows. The first two return the new id. A record goes to the zone that its full name
  // belongs to, and no rule is applied to it; without such a zone it is a std::invalid_argument.
  std::string add_zone(simulated::Zone zone);
  std::string add_record(simulated::Record record);
  void add_token(simulated::Token token);
  void add_key(simulated::GlobalKey key);

  // What it holds now: of all zones, of one, or the first record of that name and type.
  std::vector<simulated::Record> records() const;
  std::vector<simulated::Record> records(std::string_view zone) const;
  std::optional<simulated::Record> record(std::string_view name, std::string_view type = "A") const;

  // Somebody else's changes to the first record of that name and type. They move `modified_on`, and
  // nothing happens if there is no such record.
  void edit(std::string_view name, std::string_view type, const simulated::RecordChange& change);
  void remove(std::string_view name, std::string_view type);
  // The same content or another one under a new id.
  void recreate(std::string_view name, std::string_view type, const std::string& content);
  // Anything else, without `modified_on`.
  void alter(const std::function<void(simulated::Api&)>& change);

  // From now on.
  void arm(Fault fault);
  void disarm_all();

  // Moves its clock, which shows in the Date header and in `modified_on`.
  void shift_clock(std::chrono::seconds by);

  // What was asked of it, oldest first; requests to its control face are not.
  std::vector<LoggedRequest> requests() const;
  std::vector<LoggedRequest> writes() const;  // POST, PUT, PATCH and DELETE, answered or not
  std::size_t connections() const;            // accepted

  // Whether that many have been read by now, or will be within `limit`.
  bool await_requests(std::size_t count,
                      std::chrono::milliseconds limit = std::chrono::seconds{10});
  bool await_writes(std::size_t count, std::chrono::milliseconds limit = std::chrono::seconds{10});

  // Called on a thread of the server for each request that has been dealt with.
  void on_request(std::function<void(const LoggedRequest&)> callback);
  // Called on a thread of the server when somebody has asked for /control/quit.
  void on_quit(std::function<void()> callback);

 private:
  class Listener;

  simulated::Time now() const;  // under `mutex_`, like zone_for()
  simulated::Zone& zone_for(const std::string& name);
  simulated::ApiAnswer answer(const simulated::ApiRequest& request);
  std::optional<LoggedRequest> describe(const HttpMessage& request) const;
  HeaderFields common_fields() const;
  void quit_if_asked(const HttpMessage& request);

  mutable std::mutex mutex_;
  simulated::Api api_;
  simulated::RateLimit rate_limit_;
  std::chrono::seconds clock_shift_{};
  std::function<void()> on_quit_;

  ArmedFaults faults_;
  RequestLog log_;
  CloudflareSetup setup_;
  std::unique_ptr<Listener> listener_;  // Goes first: its threads use the rest.
};
