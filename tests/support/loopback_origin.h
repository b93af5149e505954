#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "behaviour.h"
#include "seen_request.h"
#include "test_ca.h"

// Where an origin listens. It speaks TLS if it has a certificate.
struct Listen {
  std::string address = "127.0.2.1";  // in 127.0.0.0/8, or ::1
  std::uint16_t port = 0;             // 0: one that is free
  std::optional<Certificate> certificate = {};
};

// A server on a loopback address that can be told to misbehave. It runs on threads of its own and
// stops at once in the destructor. A problem of its own (port taken, bad certificate) is a
// std::exception from the constructor or behave().
class LoopbackOrigin {
 public:
  explicit LoopbackOrigin(Listen listen = {}, Behaviour behaviour = behaviour::Answer{});
  LoopbackOrigin(const LoopbackOrigin&) = delete;
  LoopbackOrigin& operator=(const LoopbackOrigin&) = delete;
  ~LoopbackOrigin();

  const std::string& address() const;
  std::uint16_t port() const;  // stays reserved for this origin, whatever it does
  std::string url() const;     // http://127.0.2.1:8080/, https if it has a certificate

  // From now on, for connections that it has not accepted yet; what was queued is forgotten.
  void behave(Behaviour behaviour);

  // The next connections behave like these, one each, those after them like the last one. Only the
  // last may be Refuse or NeverConnect.
  void behave_in_turn(std::vector<Behaviour> behaviours);

  // Shows this certificate from the next connection on; the origin must have had one before.
  void use_certificate(const Certificate& certificate);

  // Called for each request on the connection's thread, before the answer.
  void on_request(std::function<void(const SeenRequest&)> callback);

  // Everything seen so far, oldest first.
  std::vector<SeenRequest> requests() const;
  std::vector<SeenHello> hellos() const;
  std::size_t connections() const;  // accepted
  std::size_t closed() const;       // of those, the ones that are over

  // Whether that many have been seen by now, or will be within `limit`.
  bool await_requests(std::size_t count,
                      std::chrono::milliseconds limit = std::chrono::seconds{10});
  bool await_connections(std::size_t count,
                         std::chrono::milliseconds limit = std::chrono::seconds{10});
  bool await_closed(std::size_t count, std::chrono::milliseconds limit = std::chrono::seconds{10});

 private:
  class Server;
  std::unique_ptr<Server> server_;
};
