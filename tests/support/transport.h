#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "seen_request.h"
#include "stoppable_socket.h"
#include "test_ca.h"

// What a conversation is held over: the bare socket, or TLS on top of it.
class Transport {
 public:
  virtual ~Transport() = default;

  // As StoppableSocket.
  virtual std::string read_some() = 0;
  virtual bool write_all(std::string_view bytes) = 0;

  // Says, where the protocol can, that nothing more is to come.
  virtual void say_goodbye() {}
};

class PlainTransport : public Transport {
 public:
  explicit PlainTransport(StoppableSocket& socket) : socket_{socket} {}

  std::string read_some() override { return socket_.read_some(); }
  bool write_all(std::string_view bytes) override { return socket_.write_all(bytes); }

 private:
  StoppableSocket& socket_;
};

using TlsContext = std::shared_ptr<SSL_CTX>;

// A server's context with this certificate; throws std::runtime_error if the files are no good.
TlsContext make_tls_context(const Certificate& certificate);

// The server's side of TLS. OpenSSL works on memory here, so that what it wants to send can be cut
// at any byte.
class TlsTransport : public Transport {
 public:
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

  // `hello` is called as soon as the client has introduced itself. No more than `allowance` bytes
  // are ever sent.
  TlsTransport(StoppableSocket& socket, const TlsContext& context,
               std::function<void(const SeenHello&)> hello, std::size_t allowance = kUnlimited);

  // Whether it was completed; not if either side gave up or the allowance was too small.
  bool handshake();

  std::string read_some() override;
  bool write_all(std::string_view bytes) override;
  void say_goodbye() override;

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  static int on_client_hello(SSL* ssl, int* alert, void* unused);
  friend TlsContext make_tls_context(const Certificate& certificate);

  bool receive();
  bool send_pending();

  StoppableSocket& socket_;
  std::function<void(const SeenHello&)> hello_;
  std::size_t allowance_;
  std::unique_ptr<SSL, Free> ssl_;
  BIO* incoming_;  // both belong to ssl_
  BIO* outgoing_;
};
