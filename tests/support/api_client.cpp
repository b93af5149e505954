#include "api_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>

#include "cpp_httplib.h"
#include "descriptor.h"

namespace {

// Calls `use` with what the pointer leads to; `otherwise` if that does not exist.
template <typename T, typename Use>
T look_up(const std::string& body, const std::string& pointer, T otherwise, Use use) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  if (document.HasParseError()) {
    return otherwise;
  }
  const rapidjson::Value* const found = rapidjson::Pointer{pointer.c_str()}.Get(document);
  return found == nullptr ? otherwise : use(*found);
}

ApiReply reply_of(const httplib::Result& result) {
  if (!result) {
    return {};
  }
  return {.status = result->status,
          .body = result->body,
          .headers = {result->headers.begin(), result->headers.end()}};
}

}  // namespace

std::string ApiReply::header(std::string_view name) const {
  return HttpMessage{.fields = headers}.field(name);
}

bool ApiReply::is_json() const {
  return has("");
}

bool ApiReply::has(const std::string& pointer) const {
  return look_up(body, pointer, false, [](const auto&) { return true; });
}

bool ApiReply::is_null(const std::string& pointer) const {
  return look_up(body, pointer, false, [](const auto& value) { return value.IsNull(); });
}

std::string ApiReply::text(const std::string& pointer) const {
  return look_up(body, pointer, std::string{}, [](const auto& value) {
    return value.IsString() ? std::string{value.GetString(), value.GetStringLength()} : "";
  });
}

int ApiReply::number(const std::string& pointer) const {
  return look_up(body, pointer, -1,
                 [](const auto& value) { return value.IsInt() ? value.GetInt() : -1; });
}

bool ApiReply::is_true(const std::string& pointer) const {
  return look_up(body, pointer, false, [](const auto& value) { return value.IsTrue(); });
}

std::size_t ApiReply::size(const std::string& pointer) const {
  return look_up(body, pointer, std::size_t{0},
                 [](const auto& value) { return value.IsArray() ? value.Size() : std::size_t{0}; });
}

std::vector<std::string> ApiReply::column(const std::string& member) const {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < size("/result"); ++i) {
    texts.push_back(text("/result/" + std::to_string(i) + "/" + member));
  }
  return texts;
}

struct ApiClient::Http {
  httplib::Client client;
  std::string base_path;
};

ApiClient::ApiClient(const LoopbackCloudflare& cloudflare, const HeaderFields& headers)
    : ApiClient{cloudflare.base_url(), headers} {}

ApiClient::ApiClient(const std::string& base_url, const HeaderFields& headers) {
  const std::size_t path = base_url.find('/', base_url.find("://") + 3);
  http_ = std::make_unique<Http>(
      Http{httplib::Client{base_url.substr(0, path)}, base_url.substr(path)});
  http_->client.set_default_headers({headers.begin(), headers.end()});
  http_->client.set_keep_alive(true);
  http_->client.set_tcp_nodelay(true);
  http_->client.enable_server_certificate_verification(false);
}

ApiClient::~ApiClient() = default;

ApiReply ApiClient::get(const std::string& path) {
  return send("GET", path);
}

ApiReply ApiClient::send(const std::string& method, const std::string& path,
                         const std::string& body) {
  return send_outside(method, http_->base_path + path, body);
}

ApiReply ApiClient::send_outside(const std::string& method, const std::string& path,
                                 const std::string& body) {
  httplib::Request request;
  request.method = method;
  request.path = path;
  request.body = body;
  return reply_of(http_->client.send(request));
}

RawReply raw_exchange(const LoopbackCloudflare& cloudflare, const std::string& request,
                      std::size_t enough) {
  const Descriptor socket = checked_descriptor(::socket(AF_INET, SOCK_STREAM, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(cloudflare.port());
  ::inet_pton(AF_INET, cloudflare.address().c_str(), &address.sin_addr);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    throw std::system_error{errno, std::generic_category(), "raw_exchange"};
  }
  RawReply reply;
  std::array<char, 65536> buffer;
  long size = 0;
  while (reply.bytes.size() < enough &&
         (size = ::recv(socket.get(), buffer.data(), buffer.size(), 0)) > 0) {
    reply.bytes.append(buffer.data(), static_cast<std::size_t>(size));
  }
  reply.was_reset = size < 0 && errno == ECONNRESET;
  return reply;
}
