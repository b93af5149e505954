#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

// A request as the loopback Cloudflare read it. No credential is in it: each is `****`.
struct LoggedRequest {
  std::string method = {};
  std::string path = {};                               // without the query, as sent
  std::string query = {};                              // as sent, without the question mark
  std::map<std::string, std::string> parameters = {};  // the query, decoded
  std::string body = {};
  std::string credential = "none";  // or "Bearer ****", "key ****", "other ****"
  std::string accept = {};
  std::string user_agent = {};
  std::string content_type = {};
  std::size_t connection = 0;  // the first one accepted is 1
  int status = 0;              // 0: no answer so far
  std::chrono::system_clock::time_point time = {};

  bool is_write() const;
  // One line: connection, method, path and query, credential, status, body.
  std::string describe() const;
};

// All requests in the order in which they were read completely, whatever became of them.
class RequestLog {
 public:
  // Returns the position of the new entry.
  std::size_t add(LoggedRequest request);
  // What the request at that position is answered with, right before the answer goes out; 0:
  // nothing.
  void settle(std::size_t position, int status);

  std::vector<LoggedRequest> requests() const;

  // Whether there are that many requests (writes) by now, or will be within `limit`.
  bool await_requests(std::size_t count, std::chrono::milliseconds limit);
  bool await_writes(std::size_t count, std::chrono::milliseconds limit);

  // Called for every request when it is settled.
  void on_settled(std::function<void(const LoggedRequest&)> callback);

 private:
  std::size_t count_writes() const;

  mutable std::mutex mutex_;
  std::condition_variable grown_;
  std::vector<LoggedRequest> requests_;
  std::function<void(const LoggedRequest&)> on_settled_;
};
