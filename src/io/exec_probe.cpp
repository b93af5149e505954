#include "io/exec_probe.h"

#include "io/child_process.h"

Task<ProbeAttempt> exec_probe(EventLoop& loop, std::vector<std::string> words,
                              std::vector<std::string> environment, IpAddress address,
                              Milliseconds timeout) {
  using Kind = ProbeFailure::Kind;
  const std::string command = words.front();
  environment.push_back("CF_FAILOVER_ADDRESS=" + address.str());
  auto child = ChildProcess::start(std::move(words), std::move(environment));
  if (!child) {
    co_return ProbeAttempt{
        ProbeFailure{Kind::this_host, "cannot run " + command + ": " + child.error().message}};
  }
  const bool ended = co_await loop.readable(child->exit_descriptor(), timeout);
  if (!ended) {
    co_return ProbeAttempt{ProbeFailure{loop.expired() ? Kind::deadline : Kind::killed}};
  }
  const auto status = child->exit_status();
  if (!status) {
    co_return ProbeAttempt{ProbeFailure{Kind::killed}};
  }
  if (*status != 0) {
    co_return ProbeAttempt{ProbeFailure{Kind::exit, std::to_string(*status)}};
  }
  co_return ProbeAttempt{};
}
