#include "faulty_relay.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "answer_wire.h"

namespace {

struct AddressesDeleter {
  void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, AddressesDeleter>;

Addresses numeric_address(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    throw std::invalid_argument{"not an IP address: " + host};
  }
  return Addresses{found};
}

void require_loopback(const addrinfo& address, const std::string& host) {
  bool is_loopback = false;
  if (address.ai_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, address.ai_addr, sizeof four);
    is_loopback = (ntohl(four.sin_addr.s_addr) >> 24) == 127;
  } else {
    sockaddr_in6 six{};
    std::memcpy(&six, address.ai_addr, sizeof six);
    is_loopback = IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
  }
  if (!is_loopback) {
    throw std::invalid_argument{"not a loopback address: " + host};
  }
}

void set_option(int fd, int level, int name) {
  const int on = 1;
  ::setsockopt(fd, level, name, &on, sizeof on);
}

void check(int result, const std::string& what) {
  if (result != 0) {
    throw std::system_error{errno, std::generic_category(), what};
  }
}

Descriptor listen_at(const std::string& host, std::uint16_t port) {
  const Addresses address = numeric_address(host, port);
  require_loopback(*address, host);
  Descriptor socket =
      checked_descriptor(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR);
  const std::string where = host + " port " + std::to_string(port);
  check(::bind(socket.get(), address->ai_addr, address->ai_addrlen), "bind to " + where);
  check(::listen(socket.get(), SOMAXCONN), "listen at " + where);
  return socket;
}

std::uint16_t port_of(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  check(::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size), "getsockname");
  sockaddr_in four{};  // The port is at the same place for both families.
  std::memcpy(&four, &bound, sizeof four);
  return ntohs(four.sin_port);
}

Descriptor connect_to(std::uint16_t port) {
  const Addresses address = numeric_address("127.0.0.1", port);
  Descriptor socket =
      checked_descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY);
  check(::connect(socket.get(), address->ai_addr, address->ai_addrlen), "connect");
  return socket;
}

SslContext tls_context(const std::filesystem::path& cert, const std::filesystem::path& key) {
  if (cert.empty()) {
    return nullptr;
  }
  SslContext context{SSL_CTX_new(TLS_server_method())};
  const bool usable =
      context && SSL_CTX_use_certificate_chain_file(context.get(), cert.c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) == 1;
  if (!usable) {
    throw std::runtime_error{"unusable certificate or key: " + cert.string()};
  }
  return context;
}

void run_all(const std::vector<std::function<void()>>& acts) {
  for (const auto& act : acts) {
    act();
  }
}

// OpenSSL writes without MSG_NOSIGNAL.
void block_sigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

FaultyRelay::FaultyRelay(RelaySetup setup, ArmedFaults& faults, RequestLog& log)
    : setup_{std::move(setup)},
      faults_{faults},
      log_{log},
      tls_{tls_context(setup_.cert, setup_.key)},
      listener_{listen_at(setup_.address, setup_.port)},
      port_{port_of(listener_.get())},
      acceptor_{[this] { accept_all(); }} {}

FaultyRelay::~FaultyRelay() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    for (Session& session : sessions_) {
      session.stream.interrupt();
    }
  }
  stopped_.notify_all();
  for (Session& session : sessions_) {  // None is added or removed any more.
    session.thread.join();
  }
}

void FaultyRelay::accept_all() {
  while (true) {
    Descriptor socket{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (socket) {
      start_session(std::move(socket));
    } else if (errno == EINVAL) {  // The listener has been shut down.
      return;
    }
  }
}

void FaultyRelay::start_session(Descriptor socket) {
  set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY);
  const std::lock_guard lock{mutex_};
  bury_dead_sessions();
  Session& session = sessions_.emplace_back(std::move(socket), ++connections_);
  session.thread = std::thread{[this, &session] { serve(session); }};
}

void FaultyRelay::bury_dead_sessions() {
  for (Session& session : sessions_) {
    if (session.over) {
      session.thread.join();
    }
  }
  sessions_.remove_if([](const Session& session) { return session.over; });
}

void FaultyRelay::serve(Session& session) {
  block_sigpipe();
  if (!tls_ || session.stream.start_tls(tls_.get())) {
    auto request = session.stream.read_request();
    while (request && handle(session, *request) == Next::keep) {
      request = session.stream.read_request();
    }
  }
  end(session, fault::Ending::close);
  const std::lock_guard lock{mutex_};
  session.over = true;
}

FaultyRelay::Next FaultyRelay::handle(Session& session, const HttpMessage& request) {
  auto entry = setup_.describe(request);
  if (!entry) {
    const Next next = deliver(session, forward(request), {}, Next::keep);
    setup_.on_undescribed(request);
    return next;
  }
  entry->connection = session.number;
  return relay(session, request, log_.add(*std::move(entry)));
}

FaultyRelay::Next FaultyRelay::relay(Session& session, const HttpMessage& request,
                                     std::size_t position) {
  const FaultPlan plan = faults_.plan_for(request.word(0), request.word(1));
  HttpMessage answer = carry_out(request, plan);
  if (plan.silence != FaultPlan::Silence::none) {
    log_.settle(position, 0);
    return keep_silent(session, plan);
  }
  for (const fault::Rewrite& rewrite : plan.rewrites) {
    answer.body = rewrite.body(std::move(answer.body));
  }
  log_.settle(position, std::stoi(answer.word(1)));
  const bool leaving = request.field("Connection") == "close";
  return deliver(session, std::move(answer), plan, leaving ? Next::close : Next::keep);
}

HttpMessage FaultyRelay::carry_out(const HttpMessage& request, const FaultPlan& plan) {
  run_all(plan.before);
  wait(plan.wait_before);
  HttpMessage answer;
  if (plan.carried_out) {
    answer = forward(request);
  }
  run_all(plan.after);
  wait(plan.wait_after);
  return plan.answer ? message_of(*plan.answer) : answer;
}

// One connection for each request: the server behind keeps its few threads free.
HttpMessage FaultyRelay::forward(HttpMessage request) const {
  for (const char* field : {"Connection", "Accept-Encoding", "Expect", "Content-Length"}) {
    request.drop(field);
  }
  request.fields.emplace_back("Connection", "close");
  request.fields.emplace_back("Content-Length", std::to_string(request.body.size()));
  RelayStream upstream{connect_to(setup_.upstream_port)};
  upstream.write(request.head() + request.body);

  const std::string bytes = upstream.read_all();
  const std::size_t end = bytes.find("\r\n\r\n");
  auto answer = end == std::string::npos ? std::nullopt : parse_head(bytes.substr(0, end + 4));
  if (!answer) {
    return message_of(fault::edge_page(502));
  }
  answer->body = bytes.substr(end + 4);
  return *std::move(answer);
}

FaultyRelay::Next FaultyRelay::keep_silent(Session& session, const FaultPlan& plan) {
  if (plan.silence == FaultPlan::Silence::hang) {
    session.stream.await_end();
  }
  if (plan.silence == FaultPlan::Silence::reset) {
    end(session, fault::Ending::reset);
  }
  return Next::close;
}

FaultyRelay::Next FaultyRelay::deliver(Session& session, HttpMessage answer, const FaultPlan& plan,
                                       Next next) {
  frame(answer, plan);
  for (auto& field : setup_.common_fields()) {
    answer.fields.push_back(std::move(field));
  }
  if (next == Next::close) {
    answer.fields.emplace_back("Connection", "close");
  }
  const std::string head = answer.head();
  bool sent = send(session, head + answer.body, head.size(), plan);
  while (sent && plan.endless) {
    sent = session.stream.write(chunk(std::string(64 * 1024, ' ')));
  }
  if (plan.cut) {
    end(session, plan.cut->ending);
  }
  return sent && !ends_badly(plan) ? next : Next::close;
}

bool FaultyRelay::send(Session& session, const std::string& bytes, std::size_t body_at,
                       const FaultPlan& plan) {
  const std::size_t length = sent_length(bytes.size(), body_at, plan);
  for (std::size_t at = 0; at < length;) {
    const std::size_t stop = next_stop(at, body_at, length, plan);
    if (!session.stream.write(std::string_view{bytes}.substr(at, stop - at))) {
      return false;
    }
    if (stop < length) {
      wait(wait_at(stop, body_at, plan));
    }
    at = stop;
  }
  return true;
}

// Closing is done under the lock, for the destructor may interrupt the stream at the same moment.
void FaultyRelay::end(Session& session, fault::Ending ending) {
  if (ending == fault::Ending::close) {
    session.stream.say_goodbye();
  }
  const std::lock_guard lock{mutex_};
  if (ending == fault::Ending::reset) {
    session.stream.reset();
  } else {
    session.stream.close();
  }
}

void FaultyRelay::wait(std::chrono::milliseconds time) {
  std::unique_lock lock{mutex_};
  stopped_.wait_for(lock, time, [&] { return stopping_; });
}
