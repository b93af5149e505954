// HTTP as servers speak it: heads, bodies, and the headers Date and Retry-After.

#include "answering_server.h"
#include "app/system_clock.h"
#include "io/http.h"
#include "value/text.h"

namespace {

constexpr std::size_t kMostBody = 2048;

void check(const HttpReply& reply) {
  using namespace std::chrono_literals;
  always(reply.status >= 0 && reply.status < 1000, "a status has three digits");
  always(reply.body.size() <= kMostBody, "a body is within bounds");
  always(reply.retry_after >= 0s && reply.retry_after <= 24h, "a pause is within bounds");
  always(!reply.date || *reply.date >= UnixTime(), "a date is after 1970");
  for (const HttpReply::Header& header : reply.headers) {
    always(lower_case(header.name) == header.name, "a header's name is in lower case");
    always(header.value.find('\n') == std::string::npos, "a header is one line");
  }
}

}  // namespace

void fuzz(std::string_view input) {
  using namespace std::chrono_literals;
  // They outlive the thread that answers.
  static AnsweringServer& server = *new AnsweringServer;
  static const SystemClock kClock;
  server.answer_with(input);
  EventLoop loop(kClock, kClock.now() + 5s);
  Http http(loop, "fuzz", {});

  auto fetching =
      http.fetch({.url = Url::parse(server.url() + "/").value(), .max_body = kMostBody});
  const HttpResult& result = loop.run(fetching, http);

  if (result) {
    check(*result);
  }
  always(result || result.error().kind != HttpFailure::Kind::deadline, "an answer takes no time");
}
