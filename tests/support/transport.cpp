#include "transport.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/tls1.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace {

// The name in a server_name extension (RFC 6066, 3): list length, type, length, name.
std::string server_name(SSL* ssl) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  constexpr std::size_t kBeforeName = 5;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1 ||
      size < kBeforeName) {
    return {};
  }
  return {data + kBeforeName, data + size};
}

// TLS 1.3 offers a session in pre_shared_key, TLS 1.2 in a ticket that is not empty.
bool offers_session(SSL* ssl) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &data, &size) == 1) {
    return true;
  }
  return SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_session_ticket, &data, &size) == 1 && size > 0;
}

}  // namespace

TlsContext make_tls_context(const Certificate& certificate) {
  const TlsContext context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.cert.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), certificate.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    std::array<char, 256> reason{};
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    throw std::runtime_error{certificate.cert.string() + ": " + reason.data()};
  }
  SSL_CTX_set_client_hello_cb(context.get(), TlsTransport::on_client_hello, nullptr);
  return context;
}

TlsTransport::TlsTransport(StoppableSocket& socket, const TlsContext& context,
                           std::function<void(const SeenHello&)> hello, std::size_t allowance)
    : socket_{socket},
      hello_{std::move(hello)},
      allowance_{allowance},
      ssl_{SSL_new(context.get())},
      incoming_{BIO_new(BIO_s_mem())},
      outgoing_{BIO_new(BIO_s_mem())} {
  SSL_set_bio(ssl_.get(), incoming_, outgoing_);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_accept_state(ssl_.get());
}

int TlsTransport::on_client_hello(SSL* ssl, int*, void*) {
  const auto* self = static_cast<TlsTransport*>(SSL_get_app_data(ssl));
  self->hello_({.sni = server_name(ssl), .offers_session = offers_session(ssl)});
  return SSL_CLIENT_HELLO_SUCCESS;
}

bool TlsTransport::handshake() {
  while (true) {
    const int result = SSL_do_handshake(ssl_.get());
    const int error = SSL_get_error(ssl_.get(), result);
    if (!send_pending()) {
      return false;
    }
    if (result == 1) {
      return true;
    }
    if (error != SSL_ERROR_WANT_READ || !receive()) {
      return false;
    }
  }
}

std::string TlsTransport::read_some() {
  std::string buffer(16384, '\0');
  while (true) {
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &count);
    if (result == 1) {
      buffer.resize(count);
      return buffer;
    }
    if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ || !receive()) {
      return {};
    }
  }
}

bool TlsTransport::write_all(std::string_view bytes) {
  std::size_t count = 0;
  return bytes.empty() ||
         (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count) == 1 && send_pending());
}

void TlsTransport::say_goodbye() {
  SSL_shutdown(ssl_.get());
  send_pending();
}

// Hands OpenSSL more of what the client has sent; false if there is no more.
bool TlsTransport::receive() {
  const std::string bytes = socket_.read_some();
  return !bytes.empty() && BIO_write(incoming_, bytes.data(), static_cast<int>(bytes.size())) > 0;
}

// Sends what OpenSSL has produced; false if the client is gone or the allowance used up.
bool TlsTransport::send_pending() {
  std::array<char, 16384> buffer;
  int count = 0;
  while ((count = BIO_read(outgoing_, buffer.data(), static_cast<int>(buffer.size()))) > 0) {
    const std::size_t wanted = static_cast<std::size_t>(count);
    const std::size_t allowed = std::min(wanted, allowance_);
    allowance_ -= allowance_ == kUnlimited ? 0 : allowed;
    if (!socket_.write_all({buffer.data(), allowed}) || allowed < wanted) {
      return false;
    }
  }
  return true;
}
