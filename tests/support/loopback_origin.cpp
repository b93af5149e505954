#include "loopback_origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "conversation.h"
#include "descriptor.h"

namespace {

void check(int result, const char* call) {
  if (result != 0) {
    throw std::system_error{errno, std::generic_category(), call};
  }
}

// A socket address, of either family, as the system's calls want it.
class Endpoint {
 public:
  static Endpoint loopback(const std::string& address, std::uint16_t port) {
    Endpoint endpoint;
    auto* v4 = reinterpret_cast<sockaddr_in*>(&endpoint.storage_);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&endpoint.storage_);
    if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1 &&
        ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET) {
      v4->sin_family = AF_INET;
      v4->sin_port = htons(port);
    } else if (address == "::1") {
      v6->sin6_family = AF_INET6;
      v6->sin6_addr = in6addr_loopback;
      v6->sin6_port = htons(port);
    } else {
      throw std::invalid_argument{"not a loopback address: " + address};
    }
    return endpoint;
  }

  static Endpoint of(const Descriptor& socket) {
    Endpoint endpoint;
    socklen_t size = sizeof endpoint.storage_;
    check(getsockname(socket.get(), endpoint.generic(), &size), "getsockname");
    return endpoint;
  }

  // sin_port and sin6_port share their place.
  std::uint16_t port() const {
    return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
  }

  Descriptor socket() const {
    const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    return checked_descriptor(::socket(storage_.ss_family, type, 0), "socket");
  }

  Descriptor bound_socket() const {
    Descriptor result = socket();
    const int on = 1;
    check(setsockopt(result.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    check(bind(result.get(), generic(), size()), "bind");
    return result;
  }

  Descriptor listening_socket(int backlog) const {
    Descriptor result = bound_socket();
    check(listen(result.get(), backlog), "listen");
    return result;
  }

  // Begins to connect, and does not wait.
  Descriptor connecting_socket() const {
    Descriptor result = socket();
    if (connect(result.get(), generic(), size()) != 0 && errno != EINPROGRESS) {
      throw std::system_error{errno, std::generic_category(), "connect"};
    }
    return result;
  }

 private:
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage_); }
  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const {
    return storage_.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  }

  sockaddr_storage storage_ = {};
};

// A flag that poll() can wait for.
class Event {
 public:
  int fd() const { return fd_.get(); }
  void raise() { eventfd_write(fd_.get(), 1); }
  void lower() {
    eventfd_t ignored = 0;
    eventfd_read(fd_.get(), &ignored);
  }

 private:
  Descriptor fd_ = checked_descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
};

// What a client meets before anything is said.
enum class Door { open, closed, jammed };

Door door_for(const Behaviour& behaviour) {
  if (std::holds_alternative<behaviour::Refuse>(behaviour)) {
    return Door::closed;
  }
  return std::holds_alternative<behaviour::NeverConnect>(behaviour) ? Door::jammed : Door::open;
}

// The listening socket on a port that is kept even while nobody listens.
class Doorway {
 public:
  explicit Doorway(const Endpoint& wanted)
      : reserved_{wanted.bound_socket()}, endpoint_{Endpoint::of(reserved_)} {}

  std::uint16_t port() const { return endpoint_.port(); }

  // What poll() may wait for, or -1.
  int listener() const { return door_ == Door::open ? listener_.get() : -1; }

  Descriptor accept() {
    return Descriptor{accept4(listener(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  }

  void turn(Door door) {
    if (door == door_) {
      return;
    }
    shut();
    if (door == Door::open) {
      listener_ = endpoint_.listening_socket(SOMAXCONN);
    } else if (door == Door::jammed) {
      jam();
    }
    door_ = door;
  }

 private:
  // A mere close() would leave it listening for as long as another thread polls it.
  void shut() {
    shutdown(listener_.get(), SHUT_RDWR);
    listener_.reset();
    filler_.reset();
  }

  // Linux lets backlog + 1 connections wait to be accepted, and drops the SYN of whoever comes
  // then.
  void jam() {
    listener_ = endpoint_.listening_socket(0);
    filler_ = endpoint_.connecting_socket();
    pollfd connected{filler_.get(), POLLOUT, 0};
    if (poll(&connected, 1, 1000) != 1) {
      throw std::runtime_error{"could not fill the queue of a listening socket"};
    }
  }

  Descriptor reserved_;  // bound, never listening
  Endpoint endpoint_;
  Descriptor listener_ = {};
  Descriptor filler_ = {};
  Door door_ = Door::closed;
};

}  // namespace

class LoopbackOrigin::Server {
 public:
  Server(Listen listen, Behaviour behaviour)
      : listen_{std::move(listen)}, doorway_{Endpoint::loopback(listen_.address, listen_.port)} {
    if (listen_.certificate) {
      tls_ = make_tls_context(*listen_.certificate);
    }
    behave({std::move(behaviour)});
    acceptor_ = std::thread{[this] { accept_visitors(); }};
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  ~Server() {
    stop_.raise();
    acceptor_.join();
    for (Visitor& visitor : visitors_) {
      visitor.thread.join();
    }
  }

  const Listen& listen() const { return listen_; }
  std::uint16_t port() const { return doorway_.port(); }

  void behave(std::deque<Behaviour> behaviours) {
    const std::lock_guard lock{mutex_};
    doorway_.turn(door_for(behaviours.front()));
    behaviours_ = std::move(behaviours);
    doorway_changed_.raise();
  }

  void use_tls(TlsContext context) {
    const std::lock_guard lock{mutex_};
    tls_ = std::move(context);
  }

  void on_request(std::function<void(const SeenRequest&)> callback) {
    const std::lock_guard lock{mutex_};
    on_request_ = std::move(callback);
  }

  // What has been seen: one of the members below, read in peace.
  template <class Seen>
  Seen look(Seen Server::*member) const {
    const std::lock_guard lock{mutex_};
    return this->*member;
  }

  template <class Condition>
  bool await(std::chrono::milliseconds limit, Condition condition) {
    std::unique_lock lock{mutex_};
    return something_seen_.wait_for(lock, limit, [&] { return condition(*this); });
  }

  std::vector<SeenRequest> requests = {};
  std::vector<SeenHello> hellos = {};
  std::size_t connections = 0;
  std::size_t closed = 0;

 private:
  struct Visitor {
    std::atomic<bool> gone = false;
    std::thread thread = {};
  };

  void accept_visitors() {
    while (await_visitor_or_change()) {
      const std::lock_guard lock{mutex_};
      if (Descriptor visitor = doorway_.accept()) {
        receive(std::move(visitor));
      }
    }
  }

  // False when it is time to stop.
  bool await_visitor_or_change() {
    int listener = -1;
    {
      const std::lock_guard lock{mutex_};
      doorway_changed_.lower();
      listener = doorway_.listener();
    }
    std::array<pollfd, 3> polled{
        {{stop_.fd(), POLLIN, 0}, {doorway_changed_.fd(), POLLIN, 0}, {listener, POLLIN, 0}}};
    poll(polled.data(), polled.size(), -1);
    return polled[0].revents == 0;
  }

  void receive(Descriptor socket) {
    forget_the_gone();
    note([this] { ++connections; });
    auto conversation = std::make_unique<Conversation>(
        StoppableSocket{std::move(socket), stop_.fd()}, tls_, next_behaviour(), witness());
    Visitor& visitor = visitors_.emplace_back();
    visitor.thread = std::thread{[this, &visitor, talk = std::move(conversation)]() mutable {
      talk->hold();
      talk.reset();
      const std::lock_guard lock{mutex_};
      note([this] { ++closed; });
      visitor.gone = true;
    }};
  }

  void forget_the_gone() {
    visitors_.remove_if([](Visitor& visitor) {
      const bool gone = visitor.gone;
      if (gone) {
        visitor.thread.join();
      }
      return gone;
    });
  }

  // The door is turned for the one after it before this visitor gets an answer.
  Behaviour next_behaviour() {
    Behaviour next = behaviours_.front();
    if (behaviours_.size() > 1) {
      behaviours_.pop_front();
      doorway_.turn(door_for(behaviours_.front()));
    }
    return next;
  }

  // Tells in the conversation's thread, with the lock not held while the test's callback runs.
  Witness witness() {
    return {.hello =
                [this](const SeenHello& hello) {
                  const std::lock_guard lock{mutex_};
                  note([&] { hellos.push_back(hello); });
                },
            .request =
                [this](const SeenRequest& request) {
                  std::unique_lock lock{mutex_};
                  const auto callback = on_request_;
                  note([&] { requests.push_back(request); });
                  lock.unlock();
                  if (callback) {
                    callback(request);
                  }
                }};
  }

  // Changes what has been seen, with the lock held, and wakes who waits for it.
  template <class Change>
  void note(Change change) {
    change();
    something_seen_.notify_all();
  }

  const Listen listen_;
  mutable std::mutex mutex_ = {};
  std::condition_variable something_seen_ = {};
  Event stop_ = {};
  Event doorway_changed_ = {};
  Doorway doorway_;
  TlsContext tls_ = {};
  std::deque<Behaviour> behaviours_ = {};  // never empty; the last one stays
  std::function<void(const SeenRequest&)> on_request_ = {};
  std::list<Visitor> visitors_ = {};
  std::thread acceptor_ = {};
};

LoopbackOrigin::LoopbackOrigin(Listen listen, Behaviour behaviour)
    : server_{std::make_unique<Server>(std::move(listen), std::move(behaviour))} {}

LoopbackOrigin::~LoopbackOrigin() = default;

const std::string& LoopbackOrigin::address() const {
  return server_->listen().address;
}

std::uint16_t LoopbackOrigin::port() const {
  return server_->port();
}

std::string LoopbackOrigin::url() const {
  const bool v6 = address().find(':') != std::string::npos;
  const std::string host = v6 ? "[" + address() + "]" : address();
  return (server_->listen().certificate ? "https://" : "http://") + host + ":" +
         std::to_string(port()) + "/";
}

void LoopbackOrigin::behave(Behaviour behaviour) {
  server_->behave({std::move(behaviour)});
}

void LoopbackOrigin::behave_in_turn(std::vector<Behaviour> behaviours) {
  for (std::size_t i = 0; i + 1 < behaviours.size(); ++i) {
    if (door_for(behaviours[i]) != Door::open) {
      throw std::invalid_argument{"only the last behaviour may keep visitors out"};
    }
  }
  if (behaviours.empty()) {
    throw std::invalid_argument{"no behaviour"};
  }
  server_->behave({behaviours.begin(), behaviours.end()});
}

void LoopbackOrigin::use_certificate(const Certificate& certificate) {
  server_->use_tls(make_tls_context(certificate));
}

void LoopbackOrigin::on_request(std::function<void(const SeenRequest&)> callback) {
  server_->on_request(std::move(callback));
}

std::vector<SeenRequest> LoopbackOrigin::requests() const {
  return server_->look(&Server::requests);
}

std::vector<SeenHello> LoopbackOrigin::hellos() const {
  return server_->look(&Server::hellos);
}

std::size_t LoopbackOrigin::connections() const {
  return server_->look(&Server::connections);
}

std::size_t LoopbackOrigin::closed() const {
  return server_->look(&Server::closed);
}

bool LoopbackOrigin::await_requests(std::size_t count, std::chrono::milliseconds limit) {
  return server_->await(limit, [&](const Server& seen) { return seen.requests.size() >= count; });
}

bool LoopbackOrigin::await_connections(std::size_t count, std::chrono::milliseconds limit) {
  return server_->await(limit, [&](const Server& seen) { return seen.connections >= count; });
}

bool LoopbackOrigin::await_closed(std::size_t count, std::chrono::milliseconds limit) {
  return server_->await(limit, [&](const Server& seen) { return seen.closed >= count; });
}
