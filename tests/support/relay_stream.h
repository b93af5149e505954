#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "descriptor.h"
#include "http_message.h"

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// The server's side of a connection, plain or TLS, and how to end it rudely.
//
// One thread uses it; any other may call interrupt(), which makes the first one's reads, writes and
// waits come back.
class RelayStream {
 public:
  explicit RelayStream(Descriptor socket) : socket_{std::move(socket)} {}

  // Answers a TLS handshake. False if it failed.
  bool start_tls(SSL_CTX* context);

  // The next request with its body, or nothing if the client has left or does not speak HTTP.
  std::optional<HttpMessage> read_request();

  // Everything until the other side closes.
  std::string read_all();

  // False if the client has gone.
  bool write(std::string_view bytes);

  // Waits until the client goes (true) or the time is over; without a limit as long as it takes.
  bool await_end(std::optional<std::chrono::milliseconds> limit = {});

  void interrupt();
  void say_goodbye();  // TLS's close_notify; may block
  void close();        // FIN
  void reset();        // RST

 private:
  bool read_more();
  long read_some(char* into, std::size_t size);
  long write_some(std::string_view bytes);

  Descriptor socket_;
  std::unique_ptr<SSL, SslDeleter> ssl_;  // Goes before the socket that it uses.
  std::string received_;
};
