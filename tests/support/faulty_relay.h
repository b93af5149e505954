#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fault_plan.h"
#include "http_message.h"
#include "relay_stream.h"
#include "request_log.h"

// Where a relay listens, where it leads, and what it asks of its owner.
struct RelaySetup {
  std::string address = {};  // in 127.0.0.0/8, or ::1
  std::uint16_t port = 0;
  std::filesystem::path cert = {};  // empty: no TLS
  std::filesystem::path key = {};
  std::uint16_t upstream_port = 0;  // of a plain HTTP server at 127.0.0.1

  // The entry for the log; nothing for a request that is neither logged nor harmed.
  std::function<std::optional<LoggedRequest>(const HttpMessage&)> describe = {};
  // Called when such a request has been answered.
  std::function<void(const HttpMessage&)> on_undescribed = {};
  // Header fields that every answer has.
  std::function<HeaderFields()> common_fields = {};
};

// Stands before an HTTP server, logs what is asked of it, and does to connections what an HTTP
// library will not. A kept connection stays one.
class FaultyRelay {
 public:
  // Throws a std::exception if it cannot listen there or the certificate is bad.
  FaultyRelay(RelaySetup setup, ArmedFaults& faults, RequestLog& log);
  FaultyRelay(const FaultyRelay&) = delete;
  FaultyRelay& operator=(const FaultyRelay&) = delete;
  ~FaultyRelay();

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return connections_; }

 private:
  struct Session {
    Session(Descriptor socket, std::size_t session_number)
        : stream{std::move(socket)}, number{session_number} {}

    RelayStream stream;
    std::size_t number;
    bool over = false;  // under `mutex_`
    std::thread thread = {};
  };
  enum class Next { keep, close };

  void accept_all();
  void start_session(Descriptor socket);
  void bury_dead_sessions();

  void serve(Session& session);
  Next handle(Session& session, const HttpMessage& request);
  Next relay(Session& session, const HttpMessage& request, std::size_t position);
  HttpMessage carry_out(const HttpMessage& request, const FaultPlan& plan);
  HttpMessage forward(HttpMessage request) const;
  Next keep_silent(Session& session, const FaultPlan& plan);
  Next deliver(Session& session, HttpMessage answer, const FaultPlan& plan, Next next);
  bool send(Session& session, const std::string& bytes, std::size_t body_at, const FaultPlan& plan);
  void end(Session& session, fault::Ending ending);

  // Comes back early when the relay stops.
  void wait(std::chrono::milliseconds time);

  RelaySetup setup_;
  ArmedFaults& faults_;
  RequestLog& log_;
  SslContext tls_;
  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_ = 0;

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;        // under `mutex_`
  std::list<Session> sessions_;  // under `mutex_`
  std::thread acceptor_;
};
