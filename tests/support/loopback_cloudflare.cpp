#include "loopback_cloudflare.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>
#include <thread>
#include <utility>

#include "cpp_httplib.h"
#include "faulty_relay.h"
#include "loopback_control.h"

namespace {

constexpr std::string_view kControl = "/control/";

// RFC 9110's date.
std::string http_date(simulated::Time time) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

std::string masked(std::string text, const std::string& secret) {
  return secret.empty() ? text : fault::replace(secret, "****").body(std::move(text));
}

// How a credential shows in the log.
std::string credential_kind(const HttpMessage& request) {
  const std::string authorization = request.field("Authorization");
  if (authorization.starts_with("Bearer ")) {
    return "Bearer ****";
  }
  if (!authorization.empty()) {
    return "other ****";
  }
  return request.field("X-Auth-Key").empty() ? "none" : "key ****";
}

// The secrets that a request brings along, known or not.
std::vector<std::string> own_secrets(const HttpMessage& request) {
  const std::string authorization = request.field("Authorization");
  const std::size_t space = authorization.find(' ');
  const std::string token =
      space == std::string::npos ? authorization : authorization.substr(space + 1);
  return {token, request.field("X-Auth-Key")};
}

void mask(LoggedRequest& entry, const std::string& secret) {
  for (std::string* const text : {&entry.path, &entry.query, &entry.body, &entry.accept,
                                  &entry.user_agent, &entry.content_type}) {
    *text = masked(std::move(*text), secret);
  }
  for (auto& [name, value] : entry.parameters) {
    value = masked(std::move(value), secret);
  }
}

LoggedRequest entry_of(const HttpMessage& request) {
  const std::string target = request.word(1);
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string query = target.substr(std::min(target.size(), mark + 1));
  return {.method = request.word(0),
          .path = target.substr(0, mark),
          .query = query,
          .parameters = decoded_query(query),
          .body = request.body,
          .credential = credential_kind(request),
          .accept = request.field("Accept"),
          .user_agent = request.field("User-Agent"),
          .content_type = request.field("Content-Type"),
          .time = std::chrono::system_clock::now()};
}

simulated::ApiRequest api_request(const httplib::Request& request) {
  simulated::ApiRequest result{.method = request.method,
                               .path = request.path,
                               .authorization = request.get_header_value("Authorization"),
                               .auth_email = request.get_header_value("X-Auth-Email"),
                               .auth_key = request.get_header_value("X-Auth-Key"),
                               .body = request.body};
  result.parameters.insert(request.params.begin(), request.params.end());
  return result;
}

}  // namespace

// cpp-httplib, which serves, and the relay before it, which clients see.
class LoopbackCloudflare::Listener {
 public:
  using Answer = std::function<simulated::ApiAnswer(const simulated::ApiRequest&)>;

  Listener(const Answer& answer, RelaySetup setup, ArmedFaults& faults, RequestLog& log) {
    route(answer);
    setup.upstream_port = static_cast<std::uint16_t>(server_.bind_to_any_port("127.0.0.1"));
    relay_.emplace(std::move(setup), faults, log);
    thread_ = std::thread{[this] { server_.listen_after_bind(); }};
    while (!server_.is_running()) {  // Before that, stop() would have no effect.
      std::this_thread::yield();
    }
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  ~Listener() {
    relay_.reset();
    server_.stop();
    thread_.join();
  }

  const FaultyRelay& relay() const { return *relay_; }

 private:
  void route(const Answer& answer) {
    const auto handle = [answer](const httplib::Request& request, httplib::Response& response) {
      const simulated::ApiAnswer result = answer(api_request(request));
      response.status = result.status;
      response.set_content(result.body, "application/json");
      if (!result.retry_after.empty()) {
        response.set_header("Retry-After", result.retry_after);
      }
    };
    server_.Get(".*", handle).Options(".*", handle).Post(".*", handle);
    server_.Put(".*", handle).Patch(".*", handle).Delete(".*", handle);
    server_.set_tcp_nodelay(true);
    server_.new_task_queue = [] { return new httplib::ThreadPool{4}; };
  }

  httplib::Server server_;
  std::optional<FaultyRelay> relay_;
  std::thread thread_;
};

LoopbackCloudflare::LoopbackCloudflare(const CloudflareSetup& setup)
    : rate_limit_{setup.rate_limit}, setup_{setup} {
  const auto dispatch = [this](const simulated::ApiRequest& request) {
    return request.path.starts_with(kControl) ? control(*this, request) : answer(request);
  };
  RelaySetup relay{.address = setup.address,
                   .port = setup.port,
                   .cert = setup.cert,
                   .key = setup.key,
                   .describe = [this](const HttpMessage& request) { return describe(request); },
                   .on_undescribed = [this](const HttpMessage& request) { quit_if_asked(request); },
                   .common_fields = [this] { return common_fields(); }};
  listener_ = std::make_unique<Listener>(dispatch, std::move(relay), faults_, log_);
  setup_.port = listener_->relay().port();
}

LoopbackCloudflare::~LoopbackCloudflare() = default;

const std::string& LoopbackCloudflare::address() const {
  return setup_.address;
}

std::uint16_t LoopbackCloudflare::port() const {
  return setup_.port;
}

std::string LoopbackCloudflare::base_url() const {
  const bool is_v6 = setup_.address.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + setup_.address + "]" : setup_.address;
  return (setup_.cert.empty() ? "http://" : "https://") + host + ":" + std::to_string(setup_.port) +
         "/client/v4";
}

std::string LoopbackCloudflare::add_zone(simulated::Zone zone) {
  const std::lock_guard lock{mutex_};
  zone.id = zone.id.empty() ? simulated::new_id() : zone.id;
  zone.created_on = zone.created_on == simulated::Time{} ? now() : zone.created_on;
  zone.modified_on = zone.modified_on == simulated::Time{} ? zone.created_on : zone.modified_on;
  api_.zones.push_back(std::move(zone));
  return api_.zones.back().id;
}

std::string LoopbackCloudflare::add_record(simulated::Record record) {
  const std::lock_guard lock{mutex_};
  simulated::Zone& zone = zone_for(record.name);
  return zone.add(std::move(record), now()).id;
}

void LoopbackCloudflare::add_token(simulated::Token token) {
  const std::lock_guard lock{mutex_};
  api_.tokens.push_back(std::move(token));
}

void LoopbackCloudflare::add_key(simulated::GlobalKey key) {
  const std::lock_guard lock{mutex_};
  api_.keys.push_back(std::move(key));
}

std::vector<simulated::Record> LoopbackCloudflare::records() const {
  const std::lock_guard lock{mutex_};
  std::vector<simulated::Record> all;
  for (const simulated::Zone& zone : api_.zones) {
    all.insert(all.end(), zone.records.begin(), zone.records.end());
  }
  return all;
}

std::vector<simulated::Record> LoopbackCloudflare::records(std::string_view zone) const {
  const std::lock_guard lock{mutex_};
  const auto found = std::find_if(api_.zones.begin(), api_.zones.end(),
                                  [&](const simulated::Zone& one) { return one.name == zone; });
  return found == api_.zones.end() ? std::vector<simulated::Record>{} : found->records;
}

std::optional<simulated::Record> LoopbackCloudflare::record(std::string_view name,
                                                            std::string_view type) const {
  for (const simulated::Record& one : records()) {
    if (one.name == name && one.type == type) {
      return one;
    }
  }
  return std::nullopt;
}

void LoopbackCloudflare::edit(std::string_view name, std::string_view type,
                              const simulated::RecordChange& change) {
  const std::lock_guard lock{mutex_};
  simulated::Zone& zone = zone_for(std::string{name});
  if (const simulated::Record* const record = zone.find(name, type); record != nullptr) {
    const auto edited = zone.patch(std::string{record->id}, change, now());
    if (!edited) {
      throw std::invalid_argument{edited.error().message};
    }
  }
}

void LoopbackCloudflare::remove(std::string_view name, std::string_view type) {
  const std::lock_guard lock{mutex_};
  simulated::Zone& zone = zone_for(std::string{name});
  if (const simulated::Record* const record = zone.find(name, type); record != nullptr) {
    zone.remove(std::string{record->id});
  }
}

void LoopbackCloudflare::recreate(std::string_view name, std::string_view type,
                                  const std::string& content) {
  const std::lock_guard lock{mutex_};
  if (simulated::Record* const record = zone_for(std::string{name}).find(name, type);
      record != nullptr) {
    record->id = simulated::new_id();
    record->content = content;
    record->created_on = now();
    record->modified_on = record->created_on;
  }
}

void LoopbackCloudflare::alter(const std::function<void(simulated::Api&)>& change) {
  const std::lock_guard lock{mutex_};
  change(api_);
}

void LoopbackCloudflare::arm(Fault fault) {
  faults_.arm(std::move(fault));
}

void LoopbackCloudflare::disarm_all() {
  faults_.disarm_all();
}

void LoopbackCloudflare::shift_clock(std::chrono::seconds by) {
  const std::lock_guard lock{mutex_};
  clock_shift_ += by;
}

std::vector<LoggedRequest> LoopbackCloudflare::requests() const {
  return log_.requests();
}

std::vector<LoggedRequest> LoopbackCloudflare::writes() const {
  std::vector<LoggedRequest> result = log_.requests();
  std::erase_if(result, [](const LoggedRequest& request) { return !request.is_write(); });
  return result;
}

std::size_t LoopbackCloudflare::connections() const {
  return listener_->relay().connections();
}

bool LoopbackCloudflare::await_requests(std::size_t count, std::chrono::milliseconds limit) {
  return log_.await_requests(count, limit);
}

bool LoopbackCloudflare::await_writes(std::size_t count, std::chrono::milliseconds limit) {
  return log_.await_writes(count, limit);
}

void LoopbackCloudflare::on_request(std::function<void(const LoggedRequest&)> callback) {
  log_.on_settled(std::move(callback));
}

void LoopbackCloudflare::on_quit(std::function<void()> callback) {
  const std::lock_guard lock{mutex_};
  on_quit_ = std::move(callback);
}

simulated::Time LoopbackCloudflare::now() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()) +
         clock_shift_;
}

simulated::Zone& LoopbackCloudflare::zone_for(const std::string& name) {
  simulated::Zone* const zone = api_.zone_of(name);
  if (zone == nullptr) {
    throw std::invalid_argument{"no zone for " + name};
  }
  return *zone;
}

simulated::ApiAnswer LoopbackCloudflare::answer(const simulated::ApiRequest& request) {
  const std::lock_guard lock{mutex_};
  if (!rate_limit_.admit(now())) {
    return {.status = 429,
            .body = fault::too_many_requests().body,
            .retry_after = std::to_string(rate_limit_.reset_in(now()).count())};
  }
  return api_.answer(request, now());
}

std::optional<LoggedRequest> LoopbackCloudflare::describe(const HttpMessage& request) const {
  LoggedRequest entry = entry_of(request);
  if (entry.path.starts_with(kControl)) {
    return std::nullopt;
  }
  for (const std::string& secret : own_secrets(request)) {
    mask(entry, secret);
  }
  const std::lock_guard lock{mutex_};
  for (const std::string& secret : api_.secrets()) {
    mask(entry, secret);
  }
  return entry;
}

HeaderFields LoopbackCloudflare::common_fields() const {
  const std::lock_guard lock{mutex_};
  return {{"Date", http_date(now())},
          {"cf-ray", simulated::new_id().substr(0, 16) + "-FRA"},
          {"cache-control", "no-store, no-cache, must-revalidate"},
          {"vary", "Accept-Encoding"},
          {"Ratelimit", rate_limit_.ratelimit(now())},
          {"Ratelimit-Policy", rate_limit_.policy()}};
}

void LoopbackCloudflare::quit_if_asked(const HttpMessage& request) {
  std::unique_lock lock{mutex_};
  const auto callback = on_quit_;
  lock.unlock();
  if (callback && request.start_line.starts_with("POST /control/quit ")) {
    callback();
  }
}
