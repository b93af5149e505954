#include "request_log.h"

#include <algorithm>
#include <utility>

bool LoggedRequest::is_write() const {
  return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

std::string LoggedRequest::describe() const {
  const std::string target = query.empty() ? path : path + "?" + query;
  const std::string answer = status == 0 ? "no answer" : std::to_string(status);
  return "#" + std::to_string(connection) + " " + method + " " + target + " (" + credential +
         ") -> " + answer + (body.empty() ? "" : " " + body);
}

std::size_t RequestLog::add(LoggedRequest request) {
  const std::lock_guard lock{mutex_};
  requests_.push_back(std::move(request));
  grown_.notify_all();
  return requests_.size() - 1;
}

void RequestLog::settle(std::size_t position, int status) {
  std::unique_lock lock{mutex_};
  requests_[position].status = status;
  const auto callback = on_settled_;
  const LoggedRequest request = requests_[position];
  lock.unlock();

  if (callback) {
    callback(request);
  }
}

std::vector<LoggedRequest> RequestLog::requests() const {
  const std::lock_guard lock{mutex_};
  return requests_;
}

bool RequestLog::await_requests(std::size_t count, std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  return grown_.wait_for(lock, limit, [&] { return requests_.size() >= count; });
}

bool RequestLog::await_writes(std::size_t count, std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  return grown_.wait_for(lock, limit, [&] { return count_writes() >= count; });
}

void RequestLog::on_settled(std::function<void(const LoggedRequest&)> callback) {
  const std::lock_guard lock{mutex_};
  on_settled_ = std::move(callback);
}

std::size_t RequestLog::count_writes() const {
  return static_cast<std::size_t>(std::count_if(requests_.begin(), requests_.end(),
                                                [](const auto& r) { return r.is_write(); }));
}
