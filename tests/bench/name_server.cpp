#include "name_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

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

// An address as it travels, behind its length in two bytes.
std::string data_of(int family, const std::string& address) {
  std::string bytes(family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr), '\0');
  inet_pton(family, address.c_str(), bytes.data());
  return std::string{'\0', static_cast<char>(bytes.size())} + bytes;
}

// A name as it travels: each label behind its length, and an empty one at the end.
std::string labels_of(const std::string& name) {
  std::istringstream in{name};
  std::string labels;
  for (std::string label; std::getline(in, label, '.');) {
    labels += static_cast<char>(label.size()) + label;
  }
  return labels + '\0';
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
std::string answer_to(std::string_view question, const NameServer::Setup& setup) {
  const std::string_view type = question.substr(question.size() - 4, 2);
  const std::string_view name = question.substr(0, question.size() - 4);
  if (type == "\0\1"sv) {
    return "\xc0\x0c\0\1\0\1\0\0\0\x3c"s + data_of(AF_INET, setup.ipv4);
  }
  if (type == "\0\x1c"sv && name == labels_of(setup.name_with_ipv6)) {
    return "\xc0\x0c\0\x1c\0\1\0\0\0\x3c"s + data_of(AF_INET6, setup.ipv6);
  }
  return {};
}

std::string reply_to(std::string_view query, const NameServer::Setup& setup) {
  const std::size_t end = end_of_question(query);
  if (query.size() < end) {
    return {};
  }
  const std::string answer = answer_to(query.substr(kHeader, end - kHeader), setup);
  std::string reply{query.substr(0, end)};
  reply.replace(2, kHeader - 2, "\x81\x80\0\1\0\0\0\0\0\0"sv);
  reply[7] = answer.empty() ? '\0' : '\1';
  return reply + answer;
}

}  // namespace

NameServer::NameServer(Setup setup)
    : setup_(std::move(setup)), socket_(bound_socket(setup_.near)), thread_([this] { serve(); }) {}

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
    const std::string reply = reply_to({query.data(), static_cast<std::size_t>(count)}, setup_);
    sendto(socket_.get(), reply.data(), reply.size(), 0, peer, size);
  }
}
