#include "name_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace {

constexpr std::size_t kHeader = 12;

sockaddr_in at(const std::string& address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &result.sin_addr);
  return result;
}

Descriptor bound_socket(const std::string& address) {
  constexpr std::uint16_t kDomain = 53;
  Descriptor socket = checked_descriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  const sockaddr_in wanted = at(address, kDomain);
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&wanted), sizeof wanted) != 0) {
    throw std::system_error{errno, std::generic_category(), "bind to " + address + " port 53"};
  }
  return socket;
}

std::string bytes_of(const std::string& address) {
  const sockaddr_in parsed = at(address, 0);
  return {reinterpret_cast<const char*>(&parsed.sin_addr), sizeof parsed.sin_addr};
}

// The end of the one question: labels up to the empty one, type and class.
std::size_t end_of_question(std::string_view query) {
  std::size_t at = kHeader;
  while (at < query.size() && query[at] != '\0') {
    at += static_cast<std::uint8_t>(query[at]) + 1U;
  }
  return at + 5;
}

// RFC 1035, section 4. The name of the answer is a pointer to that of the question.
std::string reply_to(std::string_view query, const std::string& address) {
  using namespace std::string_view_literals;
  const std::size_t end = end_of_question(query);
  if (query.size() < end) {
    return {};
  }
  const bool wants_a = query.substr(end - 4, 2) == "\0\1"sv;
  std::string reply{query.substr(0, end)};
  reply.replace(2, kHeader - 2, "\x81\x80\0\1\0\0\0\0\0\0"sv);
  if (wants_a) {
    reply[7] = 1;
    reply += "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4"sv;
    reply += address;
  }
  return reply;
}

}  // namespace

NameServer::NameServer(const std::string& near, const std::string& answer)
    : answer_(bytes_of(answer)), socket_(bound_socket(near)), thread_([this] { serve(); }) {}

NameServer::~NameServer() {
  shutdown(socket_.get(), SHUT_RDWR);
  thread_.join();
}

void NameServer::serve() const {
  std::array<char, 512> query{};
  sockaddr_in from{};
  auto* const peer = reinterpret_cast<sockaddr*>(&from);
  while (true) {
    socklen_t size = sizeof from;
    const ssize_t count = recvfrom(socket_.get(), query.data(), query.size(), 0, peer, &size);
    if (count <= 0) {  // The socket has been shut down.
      return;
    }
    const std::string reply = reply_to({query.data(), static_cast<std::size_t>(count)}, answer_);
    sendto(socket_.get(), reply.data(), reply.size(), 0, peer, size);
  }
}
