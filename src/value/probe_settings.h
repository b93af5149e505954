#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "value/duration.h"
#include "value/status_set.h"
#include "value/url.h"

/// An HTTP exchange; the host of `url` is the name that is asked for, never the place to connect
/// to.
struct HttpTarget {
  Url url;
};

/// A connection that opens.
struct TcpTarget {
  std::uint16_t port;
};

/// A reply to an ICMP echo request.
struct IcmpTarget {};

/// A command that exits with 0.
struct ExecTarget {
  std::vector<std::string> words;  ///< never empty
  std::string text;                ///< as it was written
};

using ProbeTarget = std::variant<HttpTarget, TcpTarget, IcmpTarget, ExecTarget>;

/// "https://HOST[:PORT]/PATH", "http://...", "tcp:PORT", "icmp", "exec:COMMAND".
std::optional<ProbeTarget> parse_probe_target(std::string_view text);

/// The text that `parse_probe_target` reads back.
std::string to_text(const ProbeTarget& target);

struct Header {
  std::string name;
  std::string value;
};

/// How one record's addresses are probed.
struct ProbeSettings {
  ProbeTarget target;
  std::string method = "GET";
  std::vector<Header> headers = {};
  StatusSet expect_status = {};
  std::string expect_body = {};              ///< empty: the body does not matter
  std::optional<std::size_t> max_body = {};  ///< bytes
  Milliseconds timeout{5000};                ///< of one attempt as a whole
  Milliseconds connect_timeout{2500};        ///< of its connection, TLS included
  int attempts = 2;
  Milliseconds retry_delay{1000};
  std::string ca_file = {};  ///< empty: the system's certificates
  bool insecure = false;
  bool certificate_dates = false;  ///< find out until when the certificate is valid
};
