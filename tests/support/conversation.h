#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "behaviour.h"
#include "seen_request.h"
#include "stoppable_socket.h"
#include "transport.h"

// Whom a conversation tells what it sees, before it answers.
struct Witness {
  std::function<void(const SeenHello&)> hello = {};
  std::function<void(const SeenRequest&)> request = {};
};

// One connection from its acceptance to its end, following one behaviour.
class Conversation {
 public:
  // Without `tls` it is held in the clear.
  Conversation(StoppableSocket socket, TlsContext tls, Behaviour behaviour, Witness witness);

  void hold();

 private:
  struct Message;  // an answer, rendered

  std::unique_ptr<Transport> open_transport();
  std::unique_ptr<Transport> open_tls();
  std::optional<SeenRequest> read_request();
  std::optional<std::string> read_head();
  std::string read_body(std::size_t size);

  void perform(const behaviour::Answer& answer);
  void perform(const behaviour::Raw& raw);
  void perform(const behaviour::Hang& hang);
  void perform(const behaviour::Reset& reset);
  void perform(const behaviour::Close& close);
  void perform(const behaviour::Drip& drip);
  void perform(const behaviour::Endless& endless);
  void perform(const behaviour::CutHandshake& cut);
  void perform(const behaviour::Refuse&) {}  // never get a connection
  void perform(const behaviour::NeverConnect&) {}

  Message render(const behaviour::Answer& answer) const;
  bool drip(std::string_view bytes, std::chrono::milliseconds interval);
  void break_off(Stage at, Ending ending);
  void end(Ending ending);

  StoppableSocket socket_;
  TlsContext tls_;
  Behaviour behaviour_;
  Witness witness_;
  SeenHello hello_ = {};
  SeenRequest request_ = {};
  std::string unread_ = {};
  bool ended_ = false;
  std::unique_ptr<Transport> transport_ = {};  // Last, since it refers to socket_.
};
