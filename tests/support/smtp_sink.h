#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "test_ca.h"

// How a mail server is set up.
struct SmtpSetup {
  enum class Tls {
    none,
    starttls,  // offered; nothing else is refused before it
    implicit,  // from the first byte on
  };

  std::string address = "127.0.6.1";  // in 127.0.0.0/8
  Tls tls = Tls::none;
  std::optional<Certificate> certificate = {};  // for either kind of TLS
  std::string user = {};                        // empty: nobody need log in, and nobody can
  std::string password = {};
  std::vector<std::string> mechanisms = {"PLAIN", "LOGIN"};  // to log in by
};

// What it does instead of saying yes, at a command: "HELLO" (the greeting), "EHLO", "STARTTLS",
// "AUTH", "MAIL", "RCPT", "DATA" or "." (the end of the message).
struct SmtpTrouble {
  enum class Kind { refuse, hang, drop };

  std::string at = {};
  Kind kind = Kind::refuse;
  int code = 550;         // of a refusal
  std::string only = {};  // commands that contain this; empty: all
  bool takes_it = false;  // a message whose end it does not answer well is kept all the same
};

// A message as it was taken, and its envelope.
struct SeenMail {
  std::string from = {};
  std::vector<std::string> to = {};
  std::string text = {};   // with CRLF, without the dots that SMTP adds
  std::string login = {};  // "user:password"; empty: none
  bool encrypted = false;
  std::chrono::system_clock::time_point time = {};
};

// A mail server on a loopback address that delivers to nobody. It runs on threads of its own and
// stops at once in the destructor.
class SmtpSink {
 public:
  explicit SmtpSink(SmtpSetup setup = {});
  SmtpSink(const SmtpSink&) = delete;
  SmtpSink& operator=(const SmtpSink&) = delete;
  ~SmtpSink();

  std::uint16_t port() const;
  std::string url() const;  // smtp://127.0.6.1:2525, smtps with implicit TLS

  // For the connections that come from now on; none: says yes to everything.
  void be_trouble(std::optional<SmtpTrouble> trouble);

  // Everything seen so far, oldest first.
  std::vector<SeenMail> mails() const;
  std::vector<std::string> commands() const;  // of all connections, without AUTH's secrets
  std::size_t connections() const;

  // Whether so many have been seen by now, or will be within `limit`.
  bool await_mails(std::size_t count, std::chrono::milliseconds limit = std::chrono::seconds{10});
  // Whether such a command has come by now, or will within `limit`.
  bool await_command(const std::string& beginning,
                     std::chrono::milliseconds limit = std::chrono::seconds{10});

 private:
  class Server;
  std::unique_ptr<Server> server_;
};
