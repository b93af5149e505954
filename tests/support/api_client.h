#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loopback_cloudflare.h"

// An answer as a client sees it. The pointers are RFC 6901's: "/errors/0/code".
struct ApiReply {
  int status = 0;  // 0: none that is complete
  std::string body = {};
  HeaderFields headers = {};

  std::string header(std::string_view name) const;
  bool is_json() const;
  bool has(const std::string& pointer) const;
  bool is_null(const std::string& pointer) const;
  std::string text(const std::string& pointer) const;  // of a string; "" if there is none
  int number(const std::string& pointer) const;        // -1 if there is none
  bool is_true(const std::string& pointer) const;
  std::size_t size(const std::string& pointer) const;  // of an array; 0 if there is none
  // That string member of each object in `result`.
  std::vector<std::string> column(const std::string& member) const;
};

// cpp-httplib as a client of the loopback Cloudflare, over one connection as long as that is kept.
// Paths follow the base path.
class ApiClient {
 public:
  // `headers` go with every request. The certificates are not checked.
  ApiClient(const LoopbackCloudflare& cloudflare, const HeaderFields& headers);
  ApiClient(const std::string& base_url, const HeaderFields& headers);
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;
  ~ApiClient();

  ApiReply get(const std::string& path);
  ApiReply send(const std::string& method, const std::string& path, const std::string& body = "");
  // Outside the base path.
  ApiReply send_outside(const std::string& method, const std::string& path,
                        const std::string& body = "");

 private:
  struct Http;
  std::unique_ptr<Http> http_;
};

// A client that knows nothing of HTTP: it sends bytes and reads until the connection ends, or until
// it has read so many bytes and leaves.
struct RawReply {
  std::string bytes = {};
  bool was_reset = false;  // otherwise it was closed
};
RawReply raw_exchange(const LoopbackCloudflare& cloudflare, const std::string& request,
                      std::size_t enough = SIZE_MAX);
