#include "io/http.h"

#include <curl/curl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>
#include <set>
#include <stdexcept>
#include <type_traits>

#include "io/directory.h"
#include "io/system_error.h"
#include "value/text.h"

namespace {

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

template <typename T>
T* or_throw(T* pointer) {
  if (pointer == nullptr) {
    throw std::bad_alloc();
  }
  return pointer;
}

void append(List& list, const std::string& line) {
  curl_slist* const longer = or_throw(curl_slist_append(list.get(), line.c_str()));
  static_cast<void>(list.release());
  list.reset(longer);
}

/// curl_easy_setopt takes anything; this takes what the option wants. Says whether libcurl has the
/// option, and this value for it.
template <CURLoption kOption, typename Value>
bool set_if_supported(CURL* easy, Value value) {
  if constexpr (kOption < CURLOPTTYPE_OBJECTPOINT) {
    static_assert(std::is_same_v<Value, long>);
  } else if constexpr (kOption < CURLOPTTYPE_FUNCTIONPOINT) {
    static_assert(std::is_pointer_v<Value> || std::is_null_pointer_v<Value>);
  } else if constexpr (kOption < CURLOPTTYPE_OFF_T) {
    static_assert(std::is_function_v<std::remove_pointer_t<Value>>);
  } else {
    static_assert(std::is_same_v<Value, curl_off_t>);
  }
  const CURLcode code = curl_easy_setopt(easy, kOption, value);
  if (code == CURLE_OUT_OF_MEMORY) {
    throw std::bad_alloc();
  }
  return code == CURLE_OK;
}

/// The safety of a run hangs on its options.
template <CURLoption kOption, typename Value>
void set(CURL* easy, Value value) {
  if (!set_if_supported<kOption>(easy, value)) {
    throw std::runtime_error("this libcurl (" + std::string(curl_version()) + ") lacks option " +
                             std::to_string(kOption));
  }
}

template <typename Value>
Value info(CURL* easy, CURLINFO which) {
  Value value{};
  curl_easy_getinfo(easy, which, &value);
  return value;
}

Milliseconds total_time(CURL* easy) {
  return std::chrono::duration_cast<Milliseconds>(
      std::chrono::microseconds(info<curl_off_t>(easy, CURLINFO_TOTAL_TIME_T)));
}

HttpFailure::Kind kind_of_connect_error(long os_errno) {
  switch (os_errno) {
    case ECONNREFUSED:
      return HttpFailure::Kind::refused;
    case ETIMEDOUT:
      return HttpFailure::Kind::timeout_connecting;
    case ECONNRESET:
    case EPIPE:
      return HttpFailure::Kind::closed;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ECONNABORTED:
    case EPROTO:
    case ENOPROTOOPT:
      return HttpFailure::Kind::unreachable;
    default:  // What no peer can cause says nothing of it.
      return HttpFailure::Kind::this_host;
  }
}

/// Words of OpenSSL about itself.
bool is_short_of_memory(std::string_view said) {
  constexpr std::array<std::string_view, 3> kWords{"malloc failure", "init fail",
                                                   "not able to copy ctx"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view words) {
    return said.find(words) != std::string_view::npos;
  });
}

/// The peer ended the connection in the middle of the handshake; libcurl has but words for it, when
/// the end comes while it sends.
bool is_end_of_stream(std::string_view said) {
  constexpr std::array<std::string_view, 4> kWords{"SSL_ERROR_SYSCALL", "unexpected eof",
                                                   "Connection reset by peer", "Broken pipe"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view words) {
    return said.find(words) != std::string_view::npos;
  });
}

/// Bytes that have arrived on a TCP connection; 0 if the system does not say.
std::uint64_t received_on(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  const bool is_known = getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
  return is_known ? info.tcpi_bytes_received : 0;
}

/// An endless header line, for libcurl 8.6 and later; older ones have no name for it.
constexpr auto kTooLarge = static_cast<CURLcode>(100);

HttpFailure::Kind kind_of(CURLcode code, long os_errno, std::string_view said, CURL* easy) {
  const bool request_was_sent = info<curl_off_t>(easy, CURLINFO_PRETRANSFER_TIME_T) > 0;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return HttpFailure::Kind::name;
    case CURLE_COULDNT_CONNECT:
      return kind_of_connect_error(os_errno);
    case CURLE_OPERATION_TIMEDOUT:
      return request_was_sent ? HttpFailure::Kind::timeout_reading
                              : HttpFailure::Kind::timeout_connecting;
    case CURLE_PEER_FAILED_VERIFICATION:
      return HttpFailure::Kind::certificate;
    case CURLE_SEND_ERROR:
      return is_about_this_host(static_cast<int>(os_errno)) ? HttpFailure::Kind::this_host
                                                            : HttpFailure::Kind::closed;
    case CURLE_SSL_CONNECT_ERROR:
      if (is_short_of_memory(said)) {
        return HttpFailure::Kind::this_host;
      }
      return os_errno == ECONNRESET || is_end_of_stream(said) ? HttpFailure::Kind::closed
                                                              : HttpFailure::Kind::tls;
    case CURLE_SSL_CLIENTCERT:
      return HttpFailure::Kind::tls;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case kTooLarge:
      return HttpFailure::Kind::not_http;
    case CURLE_RECV_ERROR:
      if (is_about_this_host(static_cast<int>(os_errno))) {
        return HttpFailure::Kind::this_host;
      }
      return os_errno == 0 && !is_end_of_stream(said) ? HttpFailure::Kind::not_http
                                                      : HttpFailure::Kind::closed;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_ABORTED_BY_CALLBACK:  // A request that is not to be sent again.
      return HttpFailure::Kind::closed;
    default:  // What no peer can cause says nothing of it.
      return HttpFailure::Kind::this_host;
  }
}

/// Of SMTP's statuses. https://www.rfc-editor.org/rfc/rfc5321#section-4.2
constexpr long kFirstNo = 400;

/// A mail server has said "no", or offers no TLS, or no way to log in.
bool is_denial(CURLcode code, long smtp_status) {
  switch (code) {
    case CURLE_USE_SSL_FAILED:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_LOGIN_DENIED:
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_AUTH_ERROR:
      return true;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return smtp_status >= kFirstNo;
    default:
      return false;
  }
}

/// libcurl has but words for it where a proxy refuses: that it did, or whom it dialled, which newer
/// ones put as "HOST via PROXY".
bool is_about_proxy(CURLcode code, std::string_view said, const std::string& host) {
  const bool is_of_another = said.find(" via ") != std::string_view::npos ||
                             said.find(" " + host + " ") == std::string_view::npos;
  return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY ||
         said.find("CONNECT") != std::string_view::npos ||
         (code == CURLE_COULDNT_CONNECT && is_of_another);
}

std::string with_status(std::string_view said, long smtp_status) {
  const std::string status = std::to_string(smtp_status);
  const bool is_news = smtp_status >= kFirstNo && said.find(status) == std::string_view::npos;
  return std::string(said) + (is_news ? " (status " + status + ")" : "");
}

/// As OpenSSL looks for a certificate in a directory.
bool is_hashed_name(std::string_view name) {
  constexpr std::string_view kHex = "0123456789abcdef";
  return name.size() == 10 && name.ends_with(".0") &&
         name.substr(0, 8).find_first_not_of(kHex) == std::string_view::npos;
}

bool uses_openssl() {
  const std::string_view library = curl_version_info(CURLVERSION_NOW)->ssl_version;
  return library.starts_with("OpenSSL") || library.starts_with("LibreSSL") ||
         library.starts_with("BoringSSL") || library.starts_with("AWS-LC");
}

/// A directory is read one certificate at a time, a file whole: a hundred times the work. libcurl
/// given both reads both. https://curl.se/libcurl/c/CURLOPT_CAPATH.html
SystemTrust usable_trust(SystemTrust trust) {
  if (trust.file.empty() && trust.directory.empty()) {
    const curl_version_info_data& build = *curl_version_info(CURLVERSION_NOW);
    trust.file = build.cainfo == nullptr ? "" : build.cainfo;
    trust.directory = build.capath == nullptr ? "" : build.capath;
  }
  if (!uses_openssl() || !any_name_in(trust.directory, is_hashed_name)) {
    trust.directory.clear();
  }
  return trust;
}

/// Without what libcurl puts before them.
std::string_view verifiers_words(std::string_view said) {
  for (const std::string_view prefix : {"SSL certificate problem: ", "SSL: "}) {
    if (said.starts_with(prefix)) {
      said.remove_prefix(prefix.size());
    }
  }
  return said;
}

std::optional<UnixTime> unix_time(std::string_view date) {
  const auto seconds = curl_getdate(std::string(date).c_str(), nullptr);
  return seconds < 0 ? std::nullopt : std::optional(UnixTime(std::chrono::seconds(seconds)));
}

/// From libcurl's list of the chain's certificates, the leaf's first; filled only if asked for.
std::optional<UnixTime> expiry_of_leaf(CURL* easy) {
  constexpr std::string_view kLabel = "Expire date:";
  const auto* const chain = info<curl_certinfo*>(easy, CURLINFO_CERTINFO);
  if (chain == nullptr || chain->num_of_certs == 0) {
    return std::nullopt;
  }
  for (const curl_slist* line = chain->certinfo[0]; line != nullptr; line = line->next) {
    const std::string_view text = line->data;
    if (text.starts_with(kLabel)) {
      return unix_time(text.substr(kLabel.size()));
    }
  }
  return std::nullopt;
}

/// An error waits to be read as well, and libcurl does not tell of those.
bool has_event(int descriptor) {
  pollfd entry{.fd = descriptor, .events = POLLIN, .revents = 0};
  return poll(&entry, 1, 0) > 0;
}

}  // namespace

std::string_view HttpReply::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const Header& header) { return header.name == name; });
  return found == headers.end() ? std::string_view() : found->value;
}

/// The multi handle, and who is waiting in it.
class Http::Multi {
 public:
  Multi() : handle_(or_throw(curl_multi_init())) {}

  void add(Transfer& transfer);
  void remove(Transfer& transfer);
  /// The transfer whose last socket that is, if it is under way.
  Transfer* find(curl_socket_t socket) const;
  void perform();
  void poll(Milliseconds at_most, std::span<Watched> watched);
  /// Resumes all whose exchange has ended; says whether there was one.
  bool resume_finished();
  void cancel_all();

 private:
  std::set<Transfer*> under_way_;
  std::unique_ptr<CURLM, FreeMulti> handle_;  // Last: as it goes, it closes sockets.
};

/// One exchange in libcurl's hands. It stays where it is, since libcurl points into it.
class Http::Transfer {
 public:
  Transfer(Http& http, const HttpRequest& request, const SystemTrust& trust);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() { http_.multi_->remove(*this); }

  /// Only the connection is wanted.
  void connect_only() {
    connect_only_ = true;
    set<CURLOPT_CONNECT_ONLY>(easy(), 1L);
  }

  /// Speaks SMTP instead of HTTP. The mail must outlive the transfer.
  void deliver(const Mail& mail);

  CURL* easy() const { return easy_.get(); }

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    http_.multi_->add(*this);
  }
  HttpResult await_resume();

  void finish(CURLcode code) {
    code_ = code;
    waiter_.resume();
  }
  void cancel() {
    cancelled_ = true;
    waiter_.resume();
  }

  Milliseconds elapsed() const { return total_time(easy()); }
  curl_socket_t socket() const { return socket_; }

  /// The chain of certificates ended at one that the directory does not have.
  bool issuer_not_found() const;

 private:
  void address(const HttpRequest& request);
  void send(const HttpRequest& request);
  void limit_time(const HttpRequest& request);
  void receive();
  void verify(const HttpRequest& request, const SystemTrust& trust);

  static std::size_t on_header(char* line, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_upload(char* buffer, std::size_t size, std::size_t count, void* self);
  static int on_sending(void* self, char*, char*, int, int);
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address);
  static int on_close(void* multi, curl_socket_t socket);

  bool take_header(std::string_view line);
  bool take_body(std::string_view data);
  std::chrono::seconds retry_after() const;
  bool is_head_endless() const;
  HttpFailure failure() const;
  HttpFailure::Kind kind_of_failure(long os_errno) const;
  long smtp_status() const;

  Http& http_;
  std::function<bool(int)> wants_body_;
  HttpRequest::Sends sends_;
  std::size_t max_body_;
  std::string stop_at_;
  std::string proxied_host_;  // Empty where no proxy is used, whatever the environment says.
  HttpReply reply_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::coroutine_handle<> waiter_;
  CURLcode code_ = CURLE_OK;
  int sendings_ = 0;
  bool connect_only_ = false;
  std::string_view upload_;  // What is left of a mail to send.
  bool is_mail_ = false;
  int socket_errno_ = 0;                    // Why there is no socket.
  curl_socket_t socket_ = CURL_SOCKET_BAD;  // The last one opened.
  std::uint64_t received_ = 0;              // On it, if it was closed before the head was whole.
  bool has_head_ = false;                   // The final one, whole.
  bool over_ = false;                       // We have what we need, and told libcurl to stop.
  bool cancelled_ = false;                  // By the deadline.
  bool out_of_memory_ = false;
  List headers_;
  List connect_to_;
  List recipients_;
  std::unique_ptr<CURL, FreeEasy> easy_;  // Last, so that it goes before what it points to.
};

void Http::Multi::add(Transfer& transfer) {
  if (curl_multi_add_handle(handle_.get(), transfer.easy()) != CURLM_OK) {
    throw std::bad_alloc();
  }
  under_way_.insert(&transfer);
}

void Http::Multi::remove(Transfer& transfer) {
  if (under_way_.erase(&transfer) > 0) {
    curl_multi_remove_handle(handle_.get(), transfer.easy());
  }
}

Http::Transfer* Http::Multi::find(curl_socket_t socket) const {
  const auto found = std::find_if(under_way_.begin(), under_way_.end(),
                                  [&](Transfer* each) { return each->socket() == socket; });
  return found == under_way_.end() ? nullptr : *found;
}

void Http::Multi::perform() {
  int running = 0;
  curl_multi_perform(handle_.get(), &running);
}

void Http::Multi::poll(Milliseconds at_most, std::span<Watched> watched) {
  constexpr Milliseconds kLongest{60 * 60 * 1000};
  const int timeout = static_cast<int>(std::min(at_most, kLongest).count());
  std::vector<curl_waitfd> extra;
  for (const Watched& one : watched) {
    extra.push_back({.fd = one.descriptor, .events = CURL_WAIT_POLLIN, .revents = 0});
  }
  curl_multi_poll(handle_.get(), extra.data(), static_cast<unsigned>(extra.size()), timeout,
                  nullptr);
  for (Watched& one : watched) {
    one.readable = has_event(one.descriptor);
  }
}

bool Http::Multi::resume_finished() {
  bool resumed = false;
  int queued = 0;
  while (const CURLMsg* message = curl_multi_info_read(handle_.get(), &queued)) {
    const CURLcode code = message->data.result;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    remove(*transfer);  // `message` is gone with it.
    transfer->finish(code);
    resumed = true;
  }
  return resumed;
}

void Http::Multi::cancel_all() {
  while (!under_way_.empty()) {
    Transfer& transfer = **under_way_.begin();
    remove(transfer);
    transfer.cancel();
  }
}

Http::Transfer::Transfer(Http& http, const HttpRequest& request, const SystemTrust& trust)
    : http_(http),
      wants_body_(request.wants_body),
      sends_(request.sends),
      max_body_(request.max_body),
      stop_at_(request.stop_at),
      proxied_host_(request.proxy == HttpRequest::Proxy::none ? "" : request.url.host()),
      easy_(or_throw(curl_easy_init())) {
  set<CURLOPT_PRIVATE>(easy(), static_cast<void*>(this));
  set<CURLOPT_ERRORBUFFER>(easy(), error_.data());
  set<CURLOPT_NOSIGNAL>(easy(), 1L);
  // A resolver that hangs must not hold us past the deadline.
  set_if_supported<CURLOPT_QUICK_EXIT>(easy(), 1L);
  address(request);
  send(request);
  limit_time(request);
  receive();
  verify(request, trust);
}

void Http::Transfer::address(const HttpRequest& request) {
  set<CURLOPT_URL>(easy(), request.url.str().c_str());
  set<CURLOPT_PROTOCOLS_STR>(easy(), "http,https");
  set<CURLOPT_PATH_AS_IS>(easy(), 1L);
  if (request.connect_to) {
    append(connect_to_, "::" + request.connect_to->bracketed() + ":");
    set<CURLOPT_CONNECT_TO>(easy(), connect_to_.get());
  }
  if (request.family) {
    const bool is_v4 = *request.family == IpAddress::Family::v4;
    set<CURLOPT_IPRESOLVE>(easy(),
                           static_cast<long>(is_v4 ? CURL_IPRESOLVE_V4 : CURL_IPRESOLVE_V6));
  }
  if (request.proxy == HttpRequest::Proxy::none) {
    set<CURLOPT_PROXY>(easy(), "");
  }
  if (request.reuse == HttpRequest::Reuse::no) {
    set<CURLOPT_FRESH_CONNECT>(easy(), 1L);
    set<CURLOPT_FORBID_REUSE>(easy(), 1L);
    set<CURLOPT_SSL_SESSIONID_CACHE>(easy(), 0L);
  }
}

void Http::Transfer::send(const HttpRequest& request) {
  set<CURLOPT_HTTP_VERSION>(easy(), static_cast<long>(CURL_HTTP_VERSION_1_1));
  set<CURLOPT_USERAGENT>(easy(), http_.user_agent_.c_str());
  for (const HttpRequest::Header& header : request.headers) {
    // libcurl's way to send a header without a value:
    // https://curl.se/libcurl/c/CURLOPT_HTTPHEADER.html
    const std::string& value = header.value.reveal();
    append(headers_, value.empty() ? header.name + ";" : header.name + ": " + value);
  }
  set<CURLOPT_HTTPHEADER>(easy(), headers_.get());
  if (request.method == "HEAD") {
    set<CURLOPT_NOBODY>(easy(), 1L);
  } else if (request.method != "GET") {
    set<CURLOPT_CUSTOMREQUEST>(easy(), request.method.c_str());
  }
  if (!request.body.empty()) {
    set<CURLOPT_POSTFIELDSIZE_LARGE>(easy(), static_cast<curl_off_t>(request.body.size()));
    set<CURLOPT_COPYPOSTFIELDS>(easy(), request.body.c_str());
  }
  set<CURLOPT_OPENSOCKETFUNCTION>(easy(), &Transfer::on_socket);
  set<CURLOPT_OPENSOCKETDATA>(easy(), static_cast<void*>(this));
  set<CURLOPT_CLOSESOCKETFUNCTION>(easy(), &Transfer::on_close);
  // It may be called when the transfer is gone.
  set<CURLOPT_CLOSESOCKETDATA>(easy(), static_cast<void*>(http_.multi_.get()));
  set<CURLOPT_PREREQFUNCTION>(easy(), &Transfer::on_sending);
  set<CURLOPT_PREREQDATA>(easy(), static_cast<void*>(this));
}

void Http::Transfer::deliver(const Mail& mail) {
  is_mail_ = true;
  upload_ = mail.message;
  set<CURLOPT_URL>(easy(), mail.server.c_str());
  set<CURLOPT_PROTOCOLS_STR>(easy(), "smtp,smtps");
  set<CURLOPT_PROXY>(easy(), "");
  set<CURLOPT_USE_SSL>(easy(),
                       static_cast<long>(mail.plain_is_fine ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (!mail.user.empty()) {
    set<CURLOPT_USERNAME>(easy(), mail.user.c_str());
    set<CURLOPT_PASSWORD>(easy(), mail.password.reveal().c_str());
  }
  set<CURLOPT_MAIL_FROM>(easy(), ("<" + mail.from + ">").c_str());
  for (const std::string& recipient : mail.to) {
    append(recipients_, "<" + recipient + ">");
  }
  set<CURLOPT_MAIL_RCPT>(easy(), recipients_.get());
  set<CURLOPT_MAIL_RCPT_ALLLOWFAILS>(easy(), 1L);  // One dead mailbox keeps it from nobody else.
  constexpr Milliseconds kSecond{1000};
  const Milliseconds at_most = std::clamp(http_.loop_.left(), kSecond, mail.timeout + kSecond);
  set<CURLOPT_SERVER_RESPONSE_TIMEOUT>(easy(), static_cast<long>(at_most / kSecond));
  set<CURLOPT_UPLOAD>(easy(), 1L);
  set<CURLOPT_READFUNCTION>(easy(), &Transfer::on_upload);
  set<CURLOPT_READDATA>(easy(), static_cast<void*>(this));
}

std::size_t Http::Transfer::on_upload(char* buffer, std::size_t size, std::size_t count,
                                      void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t taken = transfer.upload_.copy(buffer, size * count);
  transfer.upload_.remove_prefix(taken);
  return taken;
}

void Http::Transfer::limit_time(const HttpRequest& request) {
  const Milliseconds left = std::max(http_.loop_.left(), Milliseconds{1});  // 0 means for ever.
  const auto at_most = [&](Milliseconds wanted) {
    return static_cast<long>(std::min(wanted, left).count());
  };
  set<CURLOPT_TIMEOUT_MS>(easy(), at_most(request.timeout));
  set<CURLOPT_CONNECTTIMEOUT_MS>(easy(),
                                 at_most(std::min(request.connect_timeout, request.timeout)));
}

void Http::Transfer::receive() {
  set<CURLOPT_HEADERFUNCTION>(easy(), &Transfer::on_header);
  set<CURLOPT_HEADERDATA>(easy(), static_cast<void*>(this));
  set<CURLOPT_WRITEFUNCTION>(easy(), &Transfer::on_body);
  set<CURLOPT_WRITEDATA>(easy(), static_cast<void*>(this));
  set<CURLOPT_SUPPRESS_CONNECT_HEADERS>(easy(), 1L);
}

void Http::Transfer::verify(const HttpRequest& request, const SystemTrust& trust) {
  const bool checked = !request.insecure;
  set<CURLOPT_SSL_VERIFYPEER>(easy(), checked ? 1L : 0L);
  set<CURLOPT_SSL_VERIFYHOST>(easy(), checked ? 2L : 0L);
  const auto or_null = [&](const std::string& path) {
    return checked && !path.empty() ? path.c_str() : nullptr;
  };
  const bool own = !request.ca_file.empty();
  set<CURLOPT_CAINFO>(easy(), or_null(own ? request.ca_file : trust.file));
  set_if_supported<CURLOPT_CAPATH>(easy(), or_null(own ? "" : trust.directory));
  set_if_supported<CURLOPT_CERTINFO>(easy(), request.certificate_dates ? 1L : 0L);
}

std::size_t Http::Transfer::on_header(char* line, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  return transfer.take_header({line, size * count}) ? size * count : 0;
}

std::size_t Http::Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  return transfer.take_body({data, size * count}) ? size * count : 0;
}

/// libcurl does not tell why a socket could not be had, and lets children inherit those it gets.
curl_socket_t Http::Transfer::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.socket_ = ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                              address->protocol);
  if (transfer.socket_ == CURL_SOCKET_BAD) {
    transfer.socket_errno_ = errno;
  }
  return transfer.socket_;
}

int Http::Transfer::on_close(void* multi, curl_socket_t socket) {
  Transfer* const transfer = static_cast<Multi*>(multi)->find(socket);
  if (transfer != nullptr && !transfer->has_head_) {
    transfer->received_ = received_on(socket);
  }
  return close(socket);
}

/// libcurl repeats a request by itself when a kept connection turns out to be closed.
int Http::Transfer::on_sending(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(self);
  const bool again = ++transfer.sendings_ > 1;
  return again && transfer.sends_ == HttpRequest::Sends::once ? CURL_PREREQFUNC_ABORT
                                                              : CURL_PREREQFUNC_OK;
}

bool Http::Transfer::take_header(std::string_view line) try {
  if (line.starts_with("HTTP/")) {
    reply_.headers.clear();  // What came before was an interim answer.
    return true;
  }
  if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    reply_.headers.push_back(
        {lower_case(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
    return true;
  }
  constexpr int kFirstFinal = 200;
  const int status = static_cast<int>(info<long>(easy(), CURLINFO_RESPONSE_CODE));
  const bool head_is_over = trim(line).empty() && status >= kFirstFinal;
  has_head_ = has_head_ || head_is_over;
  over_ = head_is_over && wants_body_ && !wants_body_(status);
  return !over_;
} catch (const std::bad_alloc&) {
  out_of_memory_ = true;
  return false;
}

bool Http::Transfer::take_body(std::string_view data) try {
  const std::size_t room = max_body_ - reply_.body.size();
  reply_.too_large = data.size() > room;
  const std::size_t before = reply_.body.size();
  reply_.body += data.substr(0, room);
  const std::size_t overlap = std::min(before, stop_at_.size());
  const bool found =
      !stop_at_.empty() && reply_.body.find(stop_at_, before - overlap) != std::string::npos;
  over_ = reply_.too_large || found;
  return !over_;
} catch (const std::bad_alloc&) {
  out_of_memory_ = true;
  return false;
}

HttpResult Http::Transfer::await_resume() {
  if (out_of_memory_) {
    throw std::bad_alloc();
  }
  // libcurl takes a head that breaks off for a whole one.
  const bool is_http = !connect_only_ && !is_mail_;
  const bool breaks_off = code_ == CURLE_OK && !has_head_ && is_http;
  if (cancelled_ || breaks_off || (code_ != CURLE_OK && !over_)) {
    return tl::unexpected(failure());
  }
  reply_.status = static_cast<int>(info<long>(easy(), CURLINFO_RESPONSE_CODE));
  reply_.retry_after = retry_after();
  reply_.certificate_expires = expiry_of_leaf(easy());
  reply_.date = unix_time(reply_.header("date"));
  return std::move(reply_);
}

/// libcurl reads seconds and dates, but takes a number that is too large for none.
std::chrono::seconds Http::Transfer::retry_after() const {
  constexpr curl_off_t kDay = 24 * 60 * 60;
  const auto seconds = info<curl_off_t>(easy(), CURLINFO_RETRY_AFTER);
  const std::string_view text = reply_.header("retry-after");
  const bool is_too_large = seconds == 0 && text.size() > 9 && is_digit(text.front());
  return std::chrono::seconds(is_too_large ? kDay : std::clamp(seconds, curl_off_t{0}, kDay));
}

bool Http::Transfer::issuer_not_found() const {
  constexpr long kUnableToGetIssuer = 20;  // X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
  return code_ == CURLE_PEER_FAILED_VERIFICATION &&
         info<long>(easy(), CURLINFO_SSL_VERIFYRESULT) == kUnableToGetIssuer;
}

/// libcurl calls it a lack of memory, too, when a line of the head is longer than it takes.
bool Http::Transfer::is_head_endless() const {
  return code_ == CURLE_OUT_OF_MEMORY && !has_head_ && received_ > CURL_MAX_HTTP_HEADER;
}

HttpFailure Http::Transfer::failure() const {
  // A time-out at the deadline is ours, not the peer's; libcurl's clock may be early by a little.
  constexpr Milliseconds kEarly{10};
  const bool out_of_time = code_ == CURLE_OPERATION_TIMEDOUT && http_.loop_.left() <= kEarly;
  if (cancelled_ || out_of_time) {
    return {HttpFailure::Kind::deadline, {}, total_time(easy())};
  }
  if (code_ == CURLE_OK) {
    return {HttpFailure::Kind::closed, "the answer breaks off in its head", total_time(easy())};
  }
  const long os_errno = socket_errno_ != 0 ? socket_errno_ : info<long>(easy(), CURLINFO_OS_ERRNO);
  const HttpFailure::Kind kind = kind_of_failure(os_errno);
  const bool system_knows =
      os_errno != 0 && code_ == CURLE_COULDNT_CONNECT && kind != HttpFailure::Kind::proxy;
  const std::string_view said = system_knows        ? std::strerror(static_cast<int>(os_errno))
                                : error_[0] != '\0' ? error_.data()
                                                    : curl_easy_strerror(code_);
  const std::string detail = with_status(verifiers_words(trim(said)), smtp_status());
  return {kind, printable(detail), total_time(easy())};
}

HttpFailure::Kind Http::Transfer::kind_of_failure(long os_errno) const {
  const std::string_view said = error_.data();
  if (is_head_endless()) {
    return HttpFailure::Kind::not_http;
  }
  if (!proxied_host_.empty() && is_about_proxy(code_, said, proxied_host_)) {
    return HttpFailure::Kind::proxy;
  }
  if (is_mail_ && is_denial(code_, smtp_status())) {
    return HttpFailure::Kind::denied;
  }
  const HttpFailure::Kind kind = kind_of(code_, os_errno, said, easy());
  const bool breaks_off = is_mail_ && kind == HttpFailure::Kind::not_http;
  return breaks_off ? HttpFailure::Kind::closed : kind;
}

/// The last that a mail server said; 0 for HTTP.
long Http::Transfer::smtp_status() const {
  return is_mail_ ? info<long>(easy(), CURLINFO_RESPONSE_CODE) : 0;
}

Http::Http(EventLoop& loop, std::string user_agent, const SystemTrust& trust)
    : loop_(loop), user_agent_(std::move(user_agent)), trust_(usable_trust(trust)) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw std::bad_alloc();
  }
  multi_ = std::make_unique<Multi>();
}

Http::~Http() {
  multi_.reset();
  curl_global_cleanup();
}

Task<HttpResult> Http::fetch(HttpRequest request) {
  return exchange(std::move(request), nullptr);
}

Task<HttpResult> Http::send(Mail mail) {
  HttpRequest request{.url = *Url::parse("https://localhost/"),  // Not used: the mail has its own.
                      .timeout = mail.timeout,
                      .connect_timeout = mail.timeout,
                      .ca_file = mail.ca_file};
  const HttpResult result = co_await exchange(std::move(request), &mail);
  co_return result;
}

Task<HttpResult> Http::exchange(HttpRequest request, const Mail* mail) {
  const SystemTrust file_only{trust_.file, {}};
  const SystemTrust directory_only{{}, trust_.directory};
  if (!trust_.directory.empty()) {
    Transfer transfer(*this, request, directory_only);
    if (mail != nullptr) {
      transfer.deliver(*mail);
    }
    HttpResult result = co_await transfer;
    const bool file_may_know = request.ca_file.empty() && !trust_.file.empty();
    if (!transfer.issuer_not_found() || !file_may_know) {
      co_return result;
    }
    // A bundle that somebody edited by hand may hold what the directory does not.
    request.timeout = std::max(request.timeout - transfer.elapsed(), Milliseconds{1});
  }
  Transfer transfer(*this, request, file_only);
  if (mail != nullptr) {
    transfer.deliver(*mail);
  }
  HttpResult result = co_await transfer;
  co_return result;
}

Task<HttpResult> Http::connect(IpAddress address, std::uint16_t port, Milliseconds timeout) {
  const HttpRequest request{
      .url = *Url::parse("http://" + address.bracketed() + ":" + std::to_string(port) + "/"),
      .timeout = timeout,
      .connect_timeout = timeout};
  Transfer transfer(*this, request, {});
  transfer.connect_only();
  HttpResult result = co_await transfer;
  co_return result;
}

void Http::pump(Milliseconds at_most, std::span<Watched> watched) {
  multi_->perform();
  if (multi_->resume_finished()) {
    return;
  }
  multi_->poll(at_most, watched);
  multi_->perform();
  multi_->resume_finished();
}

void Http::cancel_all() {
  multi_->cancel_all();
}
