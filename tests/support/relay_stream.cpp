#include "relay_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace {

constexpr std::size_t kLargestHead = 64 * 1024;
constexpr std::size_t kLargestBody = 16 * 1024 * 1024;

// None for a message whose length cannot be told.
std::optional<std::size_t> body_length(const HttpMessage& message) {
  const std::string text = message.field("Content-Length");
  if (!message.field("Transfer-Encoding").empty()) {
    return std::nullopt;
  }
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool fine = text.empty() || (error == std::errc{} && end == text.data() + text.size());
  return fine && length <= kLargestBody ? std::optional{length} : std::nullopt;
}

}  // namespace

bool RelayStream::start_tls(SSL_CTX* context) {
  ssl_.reset(SSL_new(context));
  return ssl_ && SSL_set_fd(ssl_.get(), socket_.get()) == 1 && SSL_accept(ssl_.get()) == 1;
}

std::optional<HttpMessage> RelayStream::read_request() {
  std::size_t end = std::string::npos;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (received_.size() > kLargestHead || !read_more()) {
      return std::nullopt;
    }
  }
  const std::size_t body_at = end + 4;
  auto request = parse_head(std::string_view{received_}.substr(0, body_at));
  const auto length = request ? body_length(*request) : std::nullopt;
  while (length && received_.size() < body_at + *length) {
    if (!read_more()) {
      return std::nullopt;
    }
  }
  if (!length) {
    write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return std::nullopt;
  }
  request->body = received_.substr(body_at, *length);
  received_.erase(0, body_at + *length);
  return request;
}

std::string RelayStream::read_all() {
  while (read_more()) {
  }
  return std::exchange(received_, {});
}

bool RelayStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const long sent = write_some(bytes);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RelayStream::await_end(std::optional<std::chrono::milliseconds> limit) {
  pollfd wanted{.fd = socket_.get(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&wanted, 1, limit ? static_cast<int>(limit->count()) : -1) > 0;
}

void RelayStream::interrupt() {
  if (socket_) {
    ::shutdown(socket_.get(), SHUT_RDWR);
  }
}

void RelayStream::say_goodbye() {
  if (ssl_) {
    SSL_shutdown(ssl_.get());
  }
}

void RelayStream::close() {
  ssl_.reset();
  socket_.reset();
}

void RelayStream::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ssl_.reset();
  socket_.reset();
}

bool RelayStream::read_more() {
  std::array<char, 16384> buffer;
  const long size = read_some(buffer.data(), buffer.size());
  if (size > 0) {
    received_.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return size > 0;
}

long RelayStream::read_some(char* into, std::size_t size) {
  return ssl_ ? SSL_read(ssl_.get(), into, static_cast<int>(size))
              : ::recv(socket_.get(), into, size, 0);
}

long RelayStream::write_some(std::string_view bytes) {
  const std::size_t size = std::min<std::size_t>(bytes.size(), 1 << 20);
  return ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(size))
              : ::send(socket_.get(), bytes.data(), size, MSG_NOSIGNAL);
}
