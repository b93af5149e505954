#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"
#include "io/event_loop.h"
#include "value/secret.h"
#include "value/unix_time.h"
#include "value/url.h"

/// One HTTP exchange. Redirects are never followed.
struct HttpRequest {
  struct Header {
    std::string name;
    Secret value;
  };
  enum class Reuse { no, yes };                 ///< of connections and TLS sessions
  enum class Proxy { none, from_environment };  ///< HTTPS_PROXY and its kin
  enum class Sends { as_needed, once };         ///< once: rather no answer than a second sending

  Url url;
  std::string method = "GET";
  std::vector<Header> headers = {};
  std::string body = {};
  std::optional<IpAddress> connect_to = {};      ///< dial this, whatever the host's name
  std::optional<IpAddress::Family> family = {};  ///< dial only such addresses of the host
  Milliseconds timeout{10000};                   ///< of the whole exchange
  Milliseconds connect_timeout{10000};           ///< of its connection, TLS included
  /// Asked when the head of the final answer is in; after a "no" the answer is over. Null: yes.
  std::function<bool(int status)> wants_body = {};
  std::size_t max_body = 1024 * 1024;  ///< bytes; what comes beyond is not read
  std::string stop_at = {};            ///< the answer is over once its body contains this
  std::string ca_file = {};            ///< empty: the system's certificates
  bool insecure = false;               ///< no certificate is checked
  bool certificate_dates = false;      ///< tell until when the certificate is valid
  Reuse reuse = Reuse::no;
  Proxy proxy = Proxy::none;
  Sends sends = Sends::as_needed;
};

/// Whether it is 2xx.
constexpr bool is_success(int status) {
  return status >= 200 && status < 300;
}

struct HttpReply {
  struct Header {
    std::string name;  ///< lower case
    std::string value;
  };

  int status = 0;
  std::vector<Header> headers = {};
  std::string body = {};
  bool too_large = false;                            ///< the body went on beyond `max_body`
  std::chrono::seconds retry_after{0};               ///< zero if the answer has none
  std::optional<UnixTime> certificate_expires = {};  ///< if asked for and known
  std::optional<UnixTime> date = {};                 ///< by the server's clock

  /// The value of the first header of that (lower-case) name; empty if there is none.
  std::string_view header(std::string_view name) const;
};

/// Why there is no reply, or no connection.
struct HttpFailure {
  enum class Kind {
    name,  ///< the host name could not be resolved
    refused,
    unreachable,
    timeout_connecting,
    timeout_reading,
    closed,  ///< reset, or closed before the answer was complete
    tls,
    certificate,
    not_http,
    proxy,      ///< no connection through it
    denied,     ///< by a mail server; `detail` holds its "no"
    this_host,  ///< no route, no descriptors, no memory, no permission: nothing was learned
    deadline,   ///< the run's time was up
  };

  Kind kind;
  std::string detail;     ///< libcurl's or the system's words
  Milliseconds after{0};  ///< how long it was tried
};

/// In words, of which the host's name is one: "api.example.com refused the connection".
std::string what_happened(const HttpFailure& failure, const std::string& host);

using HttpResult = tl::expected<HttpReply, HttpFailure>;

/// Where the certificates of the public authorities are. What is empty is not used.
struct SystemTrust {
  std::string file;       ///< one file with all of them
  std::string directory;  ///< one file each, named by OpenSSL's hash
};

/// A message for a mail server.
struct Mail {
  std::string server;  ///< "smtps://HOST[:PORT]", or "smtp://HOST[:PORT]" with STARTTLS
  std::string user = {};
  Secret password = Secret("");
  std::string from;  ///< addresses alone, without names
  std::vector<std::string> to;
  std::string message;  ///< RFC 5322, with CRLF
  std::string ca_file = {};
  /// STARTTLS may be missing: only for servers on this host.
  bool plain_is_fine = false;
  Milliseconds timeout{20000};
};

/// All exchanges of a run, side by side in one libcurl multi handle.
class Http : public Pump {
 public:
  /// `trust`: what the environment says; libcurl's own places are used where both are empty.
  Http(EventLoop& loop, std::string user_agent, const SystemTrust& trust);
  ~Http() override;
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  Task<HttpResult> fetch(HttpRequest request);

  /// Hands the message to the server; the reply's status is SMTP's, 2xx for success.
  Task<HttpResult> send(Mail mail);

  /// Opens a TCP connection and closes it; the reply is empty.
  Task<HttpResult> connect(IpAddress address, std::uint16_t port, Milliseconds timeout);

  void pump(Milliseconds at_most, std::span<Watched> watched) override;
  void cancel_all() override;

 private:
  class Transfer;
  class Multi;

  /// `mail` is null for HTTP.
  Task<HttpResult> exchange(HttpRequest request, const Mail* mail);

  EventLoop& loop_;
  std::string user_agent_;
  SystemTrust trust_;
  std::unique_ptr<Multi> multi_;
};
