#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

// The loopback Cloudflare's zones and the rules of their records, without HTTP and JSON.
namespace simulated {

using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

// Who refuses, which shows in the order of the envelope's keys.
enum class Service { dns, gateway };

// One entry of the tables of errors.
struct ApiError {
  int status = 400;
  int code = 0;
  std::string message = {};
  Service service = Service::dns;
  std::vector<std::pair<int, std::string>> chain = {};
  std::string documentation_url = {};
};

template <typename T>
using ApiResult = tl::expected<T, ApiError>;

tl::unexpected<ApiError> dns_error(int status, int code, std::string message);

// What a client can set.
struct Record {
  std::string id = {};  // made up by Zone::add if empty
  std::string name = {};
  std::string type = "A";
  std::string content = {};
  int ttl = 1;
  bool proxied = false;
  std::optional<std::string> comment = {};
  std::vector<std::string> tags = {};
  std::map<std::string, bool> settings = {};
  bool private_routing = false;
  std::optional<int> priority = {};
  std::string data = {};  // JSON text
  Time created_on = {};
  Time modified_on = {};
  std::optional<Time> comment_modified_on = {};
  std::optional<Time> tags_modified_on = {};
};

// Whether Cloudflare would proxy it: an A, AAAA or CNAME to a public target. 127.0.0.0/8 and ::1
// stand for the public Internet here.
bool is_proxiable(const Record& record);

// The members of a request's body: only those that were sent are set. An empty comment clears.
struct RecordChange {
  std::optional<std::string> id = {};  // in a batch
  std::optional<std::string> name = {};
  std::optional<std::string> type = {};
  std::optional<std::string> content = {};
  std::optional<int> ttl = {};
  std::optional<bool> proxied = {};
  std::optional<std::string> comment = {};
  std::optional<std::vector<std::string>> tags = {};
  std::optional<std::map<std::string, bool>> settings = {};
  std::optional<bool> private_routing = {};
  std::optional<int> priority = {};
  std::optional<std::string> data = {};
};

struct Batch {
  std::vector<std::string> deletes = {};
  std::vector<RecordChange> patches = {};
  std::vector<RecordChange> puts = {};
  std::vector<RecordChange> posts = {};

  std::size_t size() const;
};

struct BatchResult {
  std::vector<Record> deletes = {};
  std::vector<Record> patches = {};
  std::vector<Record> puts = {};
  std::vector<Record> posts = {};
};

// A zone and its records. The operations are those of the API, with its refusals.
struct Zone {
  std::string id = {};  // made up if empty
  std::string name = {};
  std::string status = "active";
  std::string type = "full";
  std::string plan = "free";  // pro, business, enterprise
  bool paused = false;
  std::string account_id = "01a7362d577a6c3019a474fd6f485823";
  std::string account_name = "Example";
  Time created_on = {};
  Time modified_on = {};
  std::vector<Record> records = {};

  ApiResult<Record> get(std::string_view record_id) const;
  ApiResult<Record> create(const RecordChange& wanted, Time now);
  ApiResult<Record> patch(std::string_view record_id, const RecordChange& change, Time now);
  ApiResult<Record> put(std::string_view record_id, const RecordChange& wanted, Time now);
  ApiResult<Record> remove(std::string_view record_id);
  ApiResult<BatchResult> run(const Batch& batch, Time now);

  // Puts a record in without asking any rule; gives it an id and times if it has none.
  const Record& add(Record record, Time now);

  Record* find(std::string_view record_id);
  // The first of that name and type.
  Record* find(std::string_view record_name, std::string_view record_type);

  bool is_free() const { return plan == "free"; }
  // Whether a full name belongs to this zone.
  bool holds(std::string_view full_name) const;
};

// 32 lower-case hexadecimal digits, random.
std::string new_id();

std::string lower_case(std::string_view text);

// A name as answers hold it: full, in lower case, without the last dot.
std::string full_name(std::string_view name, std::string_view zone_name);

}  // namespace simulated
