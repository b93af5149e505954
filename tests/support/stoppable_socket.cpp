#include "stoppable_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

StoppableSocket::StoppableSocket(Descriptor socket, int stop)
    : socket_{std::move(socket)}, stop_{stop} {
  const int on = 1;
  setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::string StoppableSocket::read_some() {
  std::string buffer(16384, '\0');
  while (await(POLLIN) == Wake::ready) {
    const ssize_t count = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count >= 0) {
      buffer.resize(static_cast<std::size_t>(count));
      return buffer;
    }
    if (errno != EAGAIN && errno != EINTR) {
      break;
    }
  }
  return {};
}

bool StoppableSocket::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    if (await(POLLOUT) != Wake::ready) {
      return false;
    }
    const ssize_t count =
        send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EAGAIN && errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool StoppableSocket::pause(std::chrono::milliseconds time) {
  pollfd polled{stop_, POLLIN, 0};
  return poll(&polled, 1, static_cast<int>(time.count())) == 0;
}

void StoppableSocket::await_hangup() {
  await(POLLRDHUP);
}

void StoppableSocket::close_orderly() {
  shutdown(socket_.get(), SHUT_WR);
  while (!read_some().empty()) {
  }
  socket_.reset();
}

void StoppableSocket::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket_.reset();
}

StoppableSocket::Wake StoppableSocket::await(short events, int timeout_ms) {
  std::array<pollfd, 2> polled{{{stop_, POLLIN, 0}, {socket_.get(), events, 0}}};
  int ready = 0;
  do {
    ready = poll(polled.data(), polled.size(), timeout_ms);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) {
    return Wake::timeout;
  }
  return polled[0].revents != 0 ? Wake::stopped : Wake::ready;
}
