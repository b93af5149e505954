#pragma once

#include <optional>
#include <string>
#include <string_view>

// A request as an origin saw it.
struct SeenRequest {
  std::string method = {};
  std::string path = {};  // as sent, with the query
  std::string head = {};  // all of it, with the empty line at its end
  std::string body = {};  // as long as Content-Length says
  std::string sni = {};   // of the connection; empty without TLS or SNI

  // Takes a head apart.
  static SeenRequest of(std::string head);

  // The value of a header field, whatever its case; none if it was not sent.
  std::optional<std::string> header(std::string_view name) const;
  std::string host() const { return header("Host").value_or(""); }
};

// A TLS client's first words.
struct SeenHello {
  std::string sni = {};         // empty if none was sent
  bool offers_session = false;  // it wants to resume one
};
