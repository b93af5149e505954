#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

#include "fuzz.h"

/// Gives every connection on loopback the same answer, whatever it asks.
class AnsweringServer {
 public:
  AnsweringServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    (void)std::signal(SIGPIPE, SIG_IGN);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    auto* const address = reinterpret_cast<sockaddr*>(&any);
    always(bind(listener_, address, size) == 0 && listen(listener_, SOMAXCONN) == 0 &&
               getsockname(listener_, address, &size) == 0,
           "loopback can be listened on");
    port_ = ntohs(any.sin_port);
    std::thread([this] { serve(); }).detach();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// Before a request is begun: that is what hands it over.
  void answer_with(std::string_view answer) { answer_ = answer; }

 private:
  void serve() const {
    for (;;) {
      const int client = accept(listener_, nullptr, nullptr);
      std::array<char, 4096> request{};
      (void)recv(client, request.data(), request.size(), 0);
      (void)send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      shutdown(client, SHUT_WR);
      while (recv(client, request.data(), request.size(), 0) > 0) {
      }
      close(client);
    }
  }

  int listener_;
  int port_ = 0;
  std::string answer_;
};
