#pragma once

#include <string>
#include <thread>

#include "../support/descriptor.h"

// Answers every question for an A record with one address, and every other with nothing, on port 53
// of `near`.
class NameServer {
 public:
  NameServer(const std::string& near, const std::string& answer);
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  ~NameServer();

 private:
  void serve() const;

  std::string answer_;  // the address as four bytes
  Descriptor socket_;
  std::thread thread_;
};
