#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// What can go wrong between a client and the loopback Cloudflare.
namespace fault {

// Whether the request is carried out although its answer is lost or replaced.
enum class Effect { none, applied };

// Before or after the request is carried out.
enum class Moment { before, after };

enum class Ending { close, reset };

// The answer is late. The request is carried out either after the wait (and even if the client has
// left by then) or before it.
struct Delay {
  std::chrono::milliseconds wait{};
  Moment carried_out = Moment::before;
};

// No answer, on a connection that stays open until the client or the server goes.
struct Hang {
  Effect effect = Effect::none;
};

// The request has been read, and the connection is closed (FIN) without an answer.
struct Close {
  Effect effect = Effect::none;
};

// The request has been read, and the connection is reset (RST) without an answer.
struct Reset {
  Effect effect = Effect::none;
};

// A proper answer that promises a kept connection, which is then closed all the same.
struct CloseAfterAnswer {};

// Another answer than Cloudflare's own. Content-Length is added.
struct Answer {
  int status = 200;
  std::string body = {};
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
  Effect effect = Effect::none;
};

// The body of the answer is changed on its way.
struct Rewrite {
  std::function<std::string(std::string)> body;
};

// The connection ends after so many bytes of the answer, or of its body; the head promises all.
enum class Part { answer, body };
struct Cut {
  std::size_t after = 0;
  Part of = Part::body;
  Ending ending = Ending::close;
};

// The answer stops after so many bytes of its body and goes on later.
struct Pause {
  std::size_t after = 0;
  std::chrono::milliseconds wait{};
};

// The body comes in small pieces, with a wait before each but the first.
struct Drip {
  std::size_t piece = 1;
  std::chrono::milliseconds wait{1};
};

// The body is sent chunked, perhaps badly: a size that is no number in place of the second chunk's,
// or a close in place of the last chunk.
enum class Flaw { none, bad_size, no_end };
struct Chunked {
  std::size_t piece = 64;
  Flaw flaw = Flaw::none;
};

// A body that begins well and goes on with blanks until the client leaves.
struct Endless {};

// Somebody else does something right before or after the request is carried out.
struct Meanwhile {
  Moment moment = Moment::before;
  std::function<void()> act;
};

using Mischief = std::variant<Delay, Hang, Close, Reset, CloseAfterAnswer, Answer, Rewrite, Cut,
                              Pause, Drip, Chunked, Endless, Meanwhile>;

inline constexpr std::size_t kAlways = SIZE_MAX;

// Answers and rewrites that have a name of their own.

// The same, but the request is carried out: a 502 to a PATCH that took effect.
Answer applied(Answer answer);

// 429, code 971. `retry_after` is the header's value, seconds or a date; empty: none.
Answer too_many_requests(std::string retry_after = "");
// The failure envelope with one error, with any status (200 too).
Answer refusal(int status, int code, const std::string& message);
// Errors of Cloudflare's edge, as a page and as an RFC 9457 document, the latter with Retry-After.
Answer edge_page(int status);
Answer edge_problem(int status, int retry_after = 120);
// "Just a moment...", 403.
Answer challenge();
// 307; the client is sent to `location`.
Answer redirect(std::string location);
Answer html(std::string body = "<!DOCTYPE html><title>Welcome</title>");
Answer empty_body();
// A success envelope whose result is an array in an array in an array ...
Answer deeply_nested(std::size_t depth = 1'000'000);
// An envelope whose text is not UTF-8.
Answer not_utf8();

// Every `from` in the body becomes `to`: a PATCH that echoes another content than was sent.
Rewrite replace(std::string from, std::string to);
// So many blanks before the end of the body: correct JSON, gigantic.
Rewrite pad(std::size_t bytes);

}  // namespace fault

// A mischief and the requests that it befalls: `times` of those that match, from the n-th on,
// counted from the moment it is armed. All that befall one request are done to it.
struct Fault {
  std::string method = {};  // empty: any
  std::string path = {};    // a part of the path and query; empty: any
  std::size_t nth = 1;
  std::size_t times = 1;
  fault::Mischief mischief;
};
