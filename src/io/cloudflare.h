#pragma once

#include <functional>
#include <string>
#include <vector>

#include "io/cloudflare_json.h"
#include "io/http.h"
#include "value/fqdn.h"
#include "value/record_type.h"

/// Where the API is, and who we are there.
struct ApiAccess {
  Url base;
  std::vector<HttpRequest::Header> credentials;
  Milliseconds timeout{10000};  ///< of one request
};

/// The calls that we use of Cloudflare's API v4. Reads are repeated within the deadline after
/// failures that may pass; a write never is.
class Cloudflare {
 public:
  Cloudflare(Http& http, EventLoop& loop, ApiAccess access);

  /// The zones of exactly this name that the credential may see.
  Task<ApiResult<std::vector<Zone>>> zones_named(Fqdn name);

  /// All address records of this name and type.
  Task<ApiResult<std::vector<Record>>> records(std::string zone_id, Fqdn name, RecordType type);

  /// Sets the content of a record, and its TTL in seconds unless that is zero. Sent at most once.
  Task<ApiResult<Record>> set_content(std::string zone_id, std::string record_id, IpAddress content,
                                      int ttl);

  const Url& base() const { return access_.base; }
  /// How many requests have been begun.
  int requests() const { return requests_; }
  /// How many Cloudflare's last answer left us, if it said so.
  std::optional<int> requests_left() const { return requests_left_; }
  /// Whether a write is among them.
  bool has_written() const { return has_written_; }

 private:
  /// What a successful answer says.
  template <typename T>
  using Parser = std::function<ApiResult<T>(const HttpReply& reply)>;

  template <typename T>
  Task<ApiResult<T>> get(std::string path, Parser<T> parse);
  Task<HttpResult> send(HttpRequest request);
  template <typename T>
  ApiResult<T> read(const HttpResult& reply, const Parser<T>& parse) const;
  void hide_credentials(std::string& message) const;
  HttpRequest request(std::string method, const std::string& path) const;

  Http& http_;
  EventLoop& loop_;
  ApiAccess access_;
  int requests_ = 0;
  std::optional<int> requests_left_;
  bool has_written_ = false;
};
