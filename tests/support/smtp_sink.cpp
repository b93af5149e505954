#include "smtp_sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "descriptor.h"
#include "stoppable_socket.h"
#include "transport.h"

namespace {

void check(int result, const char* call) {
  if (result != 0) {
    throw std::system_error{errno, std::generic_category(), call};
  }
}

Descriptor listen_on(const std::string& address, std::uint16_t& port) {
  sockaddr_in endpoint{};
  endpoint.sin_family = AF_INET;
  check(inet_pton(AF_INET, address.c_str(), &endpoint.sin_addr) == 1 ? 0 : -1, "inet_pton");
  Descriptor socket = checked_descriptor(
      ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  auto* const generic = reinterpret_cast<sockaddr*>(&endpoint);
  socklen_t size = sizeof endpoint;
  check(bind(socket.get(), generic, size), "bind");
  check(listen(socket.get(), SOMAXCONN), "listen");
  check(getsockname(socket.get(), generic, &size), "getsockname");
  port = ntohs(endpoint.sin_port);
  return socket;
}

// Empty for what is no base64.
std::string from_base64(const std::string& text) {
  std::string bytes(text.size() + 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  const auto padding = std::count(text.begin(), text.end(), '=');
  bytes.resize(size < padding ? 0 : static_cast<std::size_t>(size - padding));
  return bytes;
}

std::string between_brackets(const std::string& command) {
  const auto begin = command.find('<');
  const auto end = command.find('>');
  return begin == command.npos || end == command.npos ? "(" + command + ")"
                                                      : command.substr(begin + 1, end - begin - 1);
}

std::string verb_of(const std::string& command) {
  std::string verb = command.substr(0, command.find_first_of(" :"));
  std::transform(verb.begin(), verb.end(), verb.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return verb;
}

}  // namespace

class SmtpSink::Server {
 public:
  explicit Server(SmtpSetup setup) : setup_{std::move(setup)} {
    if (setup_.certificate) {
      tls_ = make_tls_context(*setup_.certificate);
    }
    listener_ = listen_on(setup_.address, port_);
    acceptor_ = std::thread{[this] { accept_visitors(); }};
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    eventfd_write(stop_.get(), 1);
    acceptor_.join();
    for (std::thread& visitor : visitors_) {
      visitor.join();
    }
  }

  const SmtpSetup& setup() const { return setup_; }
  std::uint16_t port() const { return port_; }
  TlsContext tls() const { return tls_; }

  void be_trouble(std::optional<SmtpTrouble> trouble) {
    const std::lock_guard lock{mutex_};
    trouble_ = std::move(trouble);
  }

  template <class Change>
  void note(Change change) {
    const std::lock_guard lock{mutex_};
    change(*this);
    something_seen_.notify_all();
  }

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

  std::vector<SeenMail> mails = {};
  std::vector<std::string> commands = {};
  std::size_t connections = 0;

 private:
  class Visit;

  void accept_visitors();

  const SmtpSetup setup_;
  TlsContext tls_ = {};
  mutable std::mutex mutex_ = {};
  std::condition_variable something_seen_ = {};
  std::optional<SmtpTrouble> trouble_ = {};
  Descriptor stop_ = checked_descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  std::uint16_t port_ = 0;
  Descriptor listener_ = {};
  std::list<std::thread> visitors_ = {};
  std::thread acceptor_ = {};
};

// One client's session (RFC 5321), as far as a client of ours may go.
class SmtpSink::Server::Visit {
 public:
  Visit(Server& server, StoppableSocket socket, std::optional<SmtpTrouble> trouble)
      : server_{server}, socket_{std::move(socket)}, trouble_{std::move(trouble)} {}

  void hold() {
    transport_ = std::make_unique<PlainTransport>(socket_);
    if (server_.setup().tls == SmtpSetup::Tls::implicit && !begin_tls()) {
      return;
    }
    if (!answer("HELLO", "", "220 sink ready")) {
      return;
    }
    while (auto command = line()) {
      const bool secret = command->starts_with("AUTH");
      const std::string shown = secret ? command->substr(0, command->find(' ', 5)) : *command;
      server_.note([&](Server& server) { server.commands.push_back(shown); });
      if (!obey(*command)) {
        return;
      }
    }
  }

 private:
  bool say(const std::string& text) { return transport_->write_all(text + "\r\n"); }

  std::optional<std::string> line() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n")) == buffer_.npos) {
      const std::string more = transport_->read_some();
      if (more.empty()) {
        return std::nullopt;
      }
      buffer_ += more;
    }
    std::string taken = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return taken;
  }

  bool is_trouble(const std::string& verb, const std::string& command) const {
    return trouble_ && trouble_->at == verb && command.find(trouble_->only) != command.npos;
  }

  // Whether the session goes on.
  bool make_trouble() {
    switch (trouble_->kind) {
      case SmtpTrouble::Kind::refuse:
        return say(std::to_string(trouble_->code) + " we would rather not");
      case SmtpTrouble::Kind::hang:
        socket_.await_hangup();
        return false;
      case SmtpTrouble::Kind::drop:
        break;
    }
    return false;
  }

  bool answer(const std::string& verb, const std::string& command, const std::string& text) {
    return is_trouble(verb, command) ? make_trouble() : say(text);
  }

  bool begin_tls() {
    auto tls = std::make_unique<TlsTransport>(socket_, server_.tls(), [](const SeenHello&) {});
    if (!tls->handshake()) {
      return false;
    }
    transport_ = std::move(tls);
    mail_.encrypted = true;
    return true;
  }

  bool obey(const std::string& command) {
    const std::string verb = verb_of(command);
    if (verb == "EHLO") {
      return answer(verb, command, greeting());
    }
    if (is_trouble(verb, command)) {
      return make_trouble();
    }
    if (verb == "STARTTLS") {
      return say("220 go ahead") && begin_tls();
    }
    if (verb == "AUTH") {
      return log_in(command);
    }
    if (verb == "MAIL") {
      mail_.from = between_brackets(command);
      mail_.to.clear();
      return say(must_log_in() ? "530 log in first" : "250 ok");
    }
    if (verb == "RCPT") {
      mail_.to.push_back(between_brackets(command));
      return say("250 ok");
    }
    if (verb == "DATA") {
      return say("354 go ahead") && take_message();
    }
    if (verb == "QUIT") {
      say("221 bye");
      return false;
    }
    return say(verb == "RSET" || verb == "NOOP" ? "250 ok" : "502 what");
  }

  bool must_log_in() const { return !server_.setup().user.empty() && mail_.login.empty(); }

  std::string greeting() const {
    std::string text = "250-sink\r\n";
    if (server_.setup().tls == SmtpSetup::Tls::starttls && !mail_.encrypted) {
      text += "250-STARTTLS\r\n";
    }
    if (!server_.setup().user.empty()) {
      text += "250-AUTH";
      for (const std::string& mechanism : server_.setup().mechanisms) {
        text += " " + mechanism;
      }
      text += "\r\n";
    }
    return text + "250 8BITMIME";
  }

  // Asks for a line of base64; an initial response may have come with the command.
  std::string told(const std::string& question) {
    say("334 " + question);
    return from_base64(line().value_or(""));
  }

  bool log_in(const std::string& command) {
    const std::string mechanism = command.substr(5, command.find(' ', 5) - 5);
    const auto space = command.find(' ', 5);
    const std::string initial = space == command.npos ? "" : command.substr(space + 1);
    std::string user;
    std::string password;
    if (mechanism == "PLAIN") {
      const std::string all = initial.empty() ? told("") : from_base64(initial);
      const auto first = all.find('\0');
      const auto second = all.find('\0', first + 1);
      if (second == all.npos) {
        return say("501 what");
      }
      user = all.substr(first + 1, second - first - 1);
      password = all.substr(second + 1);
    } else {
      user = initial.empty() ? told("VXNlcm5hbWU6") : from_base64(initial);
      password = told("UGFzc3dvcmQ6");
    }
    const bool good = user == server_.setup().user && password == server_.setup().password;
    mail_.login = good ? user + ":" + password : "";
    return say(good ? "235 welcome" : "535 you are not");
  }

  bool take_message() {
    mail_.text.clear();
    for (auto part = line(); part; part = line()) {
      if (*part == ".") {
        return finish_message();
      }
      mail_.text += (part->starts_with('.') ? part->substr(1) : *part) + "\r\n";
    }
    return false;
  }

  bool finish_message() {
    const bool trouble = is_trouble(".", mail_.text);
    if (!trouble || trouble_->takes_it) {
      mail_.time = std::chrono::system_clock::now();
      server_.note([this](Server& server) { server.mails.push_back(mail_); });
    }
    return trouble ? make_trouble() : say("250 taken");
  }

  Server& server_;
  StoppableSocket socket_;
  std::optional<SmtpTrouble> trouble_;
  std::unique_ptr<Transport> transport_ = {};
  std::string buffer_ = {};
  SeenMail mail_ = {};
};

void SmtpSink::Server::accept_visitors() {
  while (true) {
    std::array<pollfd, 2> polled{{{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}}};
    poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) {
      return;
    }
    Descriptor socket{accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket) {
      continue;
    }
    note([](Server& server) { ++server.connections; });
    auto visit = std::make_unique<Visit>(*this, StoppableSocket{std::move(socket), stop_.get()},
                                         look(&Server::trouble_));
    visitors_.emplace_back([talk = std::move(visit)]() mutable {
      talk->hold();
      talk.reset();
    });
  }
}

SmtpSink::SmtpSink(SmtpSetup setup) : server_{std::make_unique<Server>(std::move(setup))} {}

SmtpSink::~SmtpSink() = default;

std::uint16_t SmtpSink::port() const {
  return server_->port();
}

std::string SmtpSink::url() const {
  const bool implicit = server_->setup().tls == SmtpSetup::Tls::implicit;
  return std::string(implicit ? "smtps" : "smtp") + "://" + server_->setup().address + ":" +
         std::to_string(port());
}

void SmtpSink::be_trouble(std::optional<SmtpTrouble> trouble) {
  server_->be_trouble(std::move(trouble));
}

std::vector<SeenMail> SmtpSink::mails() const {
  return server_->look(&Server::mails);
}

std::vector<std::string> SmtpSink::commands() const {
  return server_->look(&Server::commands);
}

std::size_t SmtpSink::connections() const {
  return server_->look(&Server::connections);
}

bool SmtpSink::await_mails(std::size_t count, std::chrono::milliseconds limit) {
  return server_->await(limit, [&](const Server& seen) { return seen.mails.size() >= count; });
}

bool SmtpSink::await_command(const std::string& beginning, std::chrono::milliseconds limit) {
  return server_->await(limit, [&](const Server& seen) {
    return std::any_of(seen.commands.begin(), seen.commands.end(),
                       [&](const std::string& command) { return command.starts_with(beginning); });
  });
}
