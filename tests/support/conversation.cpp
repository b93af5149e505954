#include "conversation.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace {

std::string reason_phrase(int status) {
  switch (status) {
    case 103:
      return "Early Hints";
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 404:
      return "Not Found";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "";  // which is allowed
  }
}

std::string status_line(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " " + reason_phrase(status) + "\r\n";
}

bool frames_itself(const behaviour::Answer& answer) {
  return std::any_of(answer.headers.begin(), answer.headers.end(), [](const auto& header) {
    return header.first == "Content-Length" || header.first == "Transfer-Encoding";
  });
}

bool has_no_body(const behaviour::Answer& answer) {
  return answer.status == 204 || answer.status == 304;
}

// The ending of a behaviour that breaks off at once, before anything is read.
template <class AnyBehaviour>
std::optional<Ending> ending_when_accepted(const AnyBehaviour&) {
  return {};
}
std::optional<Ending> if_accepted(Stage at, Ending ending) {
  return at == Stage::accepted ? std::optional{ending} : std::nullopt;
}
std::optional<Ending> ending_when_accepted(const behaviour::Hang& hang) {
  return if_accepted(hang.at, Ending::hang);
}
std::optional<Ending> ending_when_accepted(const behaviour::Reset& reset) {
  return if_accepted(reset.at, Ending::reset);
}
std::optional<Ending> ending_when_accepted(const behaviour::Close& close) {
  return if_accepted(close.at, Ending::close);
}

// What an endless answer begins with, and what then comes again and again.
struct Refrain {
  std::string beginning;
  std::string repeated;
};

Refrain refrain(behaviour::Part part) {
  using behaviour::Part;
  constexpr std::size_t kBlock = 1000;
  switch (part) {
    case Part::interim_heads:
      return {"", status_line(103) + "\r\n"};
    case Part::headers:
      return {status_line(200), "X-More: and more\r\n"};
    case Part::header_line:
      return {status_line(200) + "X-Long: ", std::string(kBlock, 'x')};
    case Part::body:
      return {status_line(200) + "Connection: close\r\n\r\n", std::string(kBlock, 'x')};
    case Part::chunks:
      return {status_line(200) + "Transfer-Encoding: chunked\r\n\r\n",
              "3e8\r\n" + std::string(kBlock, 'x') + "\r\n"};
  }
  std::abort();
}

}  // namespace

struct Conversation::Message {
  std::string head = {};
  std::string body = {};

  std::string all() const { return head + body; }

  // How much of it has been sent at that stage.
  std::size_t sent(Stage stage) const {
    switch (stage) {
      case Stage::accepted:
      case Stage::request_read:
        return 0;
      case Stage::in_head:
        return head.size() / 2;
      case Stage::head_sent:
        return head.size();
      case Stage::in_body:
        return head.size() + body.size() / 2;
    }
    std::abort();
  }
};

Conversation::Conversation(StoppableSocket socket, TlsContext tls, Behaviour behaviour,
                           Witness witness)
    : socket_{std::move(socket)},
      tls_{std::move(tls)},
      behaviour_{std::move(behaviour)},
      witness_{std::move(witness)} {}

void Conversation::hold() {
  const auto at_once =
      std::visit([](const auto& kind) { return ending_when_accepted(kind); }, behaviour_);
  if (at_once) {
    return end(*at_once);
  }
  transport_ = open_transport();
  while (!ended_) {
    auto request = read_request();
    if (!request) {
      return end(Ending::close);
    }
    request_ = std::move(*request);
    witness_.request(request_);
    std::visit([this](const auto& kind) { perform(kind); }, behaviour_);
  }
}

// The conversation may have ended already when it returns.
std::unique_ptr<Transport> Conversation::open_transport() {
  if (tls_) {
    return open_tls();
  }
  if (const auto* cut = std::get_if<behaviour::CutHandshake>(&behaviour_)) {
    end(cut->then);
  }
  return std::make_unique<PlainTransport>(socket_);
}

std::unique_ptr<Transport> Conversation::open_tls() {
  const auto* cut = std::get_if<behaviour::CutHandshake>(&behaviour_);
  auto transport = std::make_unique<TlsTransport>(
      socket_, tls_,
      [this](const SeenHello& hello) {
        hello_ = hello;
        witness_.hello(hello);
      },
      cut != nullptr ? cut->after_bytes : TlsTransport::kUnlimited);
  const bool complete = transport->handshake();
  if (cut != nullptr || !complete) {
    end(cut != nullptr ? cut->then : Ending::close);
  }
  return transport;
}

std::optional<SeenRequest> Conversation::read_request() {
  auto head = read_head();
  if (!head) {
    return {};
  }
  SeenRequest request = SeenRequest::of(std::move(*head));
  request.sni = hello_.sni;
  request.body =
      read_body(std::strtoul(request.header("Content-Length").value_or("0").c_str(), nullptr, 10));
  return request;
}

// None at the end of the stream, and for what cannot become a head: it is told so, as by any
// server.
std::optional<std::string> Conversation::read_head() {
  constexpr std::size_t kLongest = 65536;
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::size_t end = 0;
  while ((end = unread_.find(kEnd)) == unread_.npos) {
    const std::string more = transport_->read_some();
    unread_ += more;
    if (more.empty()) {
      return {};
    }
    if (unread_[0] < 'A' || unread_[0] > 'Z' || unread_.size() > kLongest) {
      transport_->write_all("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      return {};
    }
  }
  std::string head = unread_.substr(0, end + kEnd.size());
  unread_.erase(0, head.size());
  return head;
}

std::string Conversation::read_body(std::size_t size) {
  while (unread_.size() < size) {
    const std::string more = transport_->read_some();
    if (more.empty()) {
      break;
    }
    unread_ += more;
  }
  std::string body = unread_.substr(0, size);
  unread_.erase(0, size);
  return body;
}

void Conversation::perform(const behaviour::Answer& answer) {
  if (!socket_.pause(answer.delay)) {
    return end(Ending::close);
  }
  const bool sent = transport_->write_all(render(answer).all());
  if (sent && answer.keep_alive) {
    return;
  }
  transport_->say_goodbye();
  end(Ending::close);
}

void Conversation::perform(const behaviour::Raw& raw) {
  transport_->write_all(raw.bytes);
  if (raw.then == Ending::close) {
    transport_->say_goodbye();
  }
  end(raw.then);
}

void Conversation::perform(const behaviour::Hang& hang) {
  break_off(hang.at, Ending::hang);
}

void Conversation::perform(const behaviour::Reset& reset) {
  break_off(reset.at, Ending::reset);
}

void Conversation::perform(const behaviour::Close& close) {
  break_off(close.at, Ending::close);
}

void Conversation::perform(const behaviour::Drip& dripping) {
  const Message message = render(dripping.answer);
  const std::string all = message.all();
  const std::size_t at_once = message.sent(dripping.from);
  const bool sent = transport_->write_all(all.substr(0, at_once)) &&
                    drip(std::string_view{all}.substr(at_once), dripping.interval);
  if (sent) {
    transport_->say_goodbye();
  }
  end(Ending::close);
}

void Conversation::perform(const behaviour::Endless& endless) {
  const auto [beginning, repeated] = refrain(endless.part);
  bool sent = transport_->write_all(beginning);
  while (sent) {
    sent = transport_->write_all(repeated);
  }
  end(Ending::close);
}

void Conversation::perform(const behaviour::CutHandshake& cut) {
  end(cut.then);
}

Conversation::Message Conversation::render(const behaviour::Answer& answer) const {
  std::string head;
  for (const int status : answer.interim) {
    head += status_line(status) + "\r\n";
  }
  head += status_line(answer.status);
  for (const auto& [name, value] : answer.headers) {
    head += name + ": " + value + "\r\n";
  }
  if (!frames_itself(answer) && !has_no_body(answer)) {
    head += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  }
  head += answer.keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  const bool bare = request_.method == "HEAD" || has_no_body(answer);
  return {.head = head, .body = bare ? "" : answer.body};
}

bool Conversation::drip(std::string_view bytes, std::chrono::milliseconds interval) {
  return std::all_of(bytes.begin(), bytes.end(), [&](const char& byte) {
    return socket_.pause(interval) && transport_->write_all({&byte, 1});
  });
}

void Conversation::break_off(Stage at, Ending ending) {
  const Message message = render({});
  transport_->write_all(message.all().substr(0, message.sent(at)));
  end(ending);
}

void Conversation::end(Ending ending) {
  ended_ = true;
  switch (ending) {
    case Ending::close:
      return socket_.close_orderly();
    case Ending::reset:
      return socket_.reset();
    case Ending::hang:
      return socket_.await_hangup();
  }
}
