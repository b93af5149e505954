#pragma once

#include <string>
#include <thread>

#include "../support/descriptor.h"

// Answers every question for an A record with one address, for an AAAA record of one name with
// another, and every other with nothing, on port 53 of `near`.
class NameServer {
 public:
  struct Setup {
    std::string near;
    std::string ipv4;
    std::string ipv6;
    std::string name_with_ipv6;
  };

  explicit NameServer(Setup setup);
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  ~NameServer();

 private:
  void serve() const;

  Setup setup_;
  Descriptor socket_;
  std::thread thread_;
};
