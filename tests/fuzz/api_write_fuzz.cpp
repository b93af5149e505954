// The answer to a write, from the first byte on the wire to what is believed of it.

#include "answering_server.h"
#include "app/system_clock.h"
#include "io/cloudflare.h"
#include "value/text.h"

void fuzz(std::string_view input) {
  using namespace std::chrono_literals;
  // They outlive the thread that answers.
  static AnsweringServer& server = *new AnsweringServer;
  static const SystemClock kClock;
  server.answer_with(input);
  EventLoop loop(kClock, kClock.now() + 5s);
  Http http(loop, "fuzz", {});
  const std::string token = "0123456789abcdefghij";
  Cloudflare api(http, loop,
                 {.base = Url::parse(server.url() + "/client/v4").value(),
                  .credentials = {{"Authorization", Secret("Bearer " + token)}}});

  auto writing =
      api.set_content("023e105f4ecef8ad9ca31a8372d0c353", "372e67954025e0ba6aaa6d586b9e0b59",
                      IpAddress::parse("198.51.100.20").value(), 0);
  const ApiResult<Record>& result = loop.run(writing, http);

  always(api.requests() == 1 && api.has_written(), "a write is sent once");
  always(!api.requests_left() || *api.requests_left() >= 0, "a quota is not negative");
  if (result) {
    always(input.find("success") != input.npos || input.find('\\') != input.npos,
           "a write is confirmed by Cloudflare's envelope");
    always(is_cloudflare_id(result->id), "a record has an id");
  } else {
    const std::string& message = result.error().message;
    always(message.find(token) == std::string::npos, "no message shows the token");
    always(printable(message, message.size() + 1) == message, "a message can be shown");
  }
}
