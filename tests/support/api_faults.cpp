#include "api_faults.h"

#include <chrono>

namespace {

using namespace std::chrono_literals;

}  // namespace

std::vector<NamedFault> passing_faults() {
  return {
      {"closed", fault::Close{}, kClosed},
      {"reset", fault::Reset{}, kClosed},
      {"cut in the status line", fault::Cut{7, fault::Part::answer}, "127.0.1.1"},
      {"cut in the body", fault::Cut{20}, kClosed},
      {"reset in the body", fault::Cut{20, fault::Part::body, fault::Ending::reset}, kClosed},
      {"chunks with a bad size", fault::Chunked{16, fault::Flaw::bad_size}, "127.0.1.1"},
      {"chunks without an end", fault::Chunked{16, fault::Flaw::no_end}, kClosed},
      {"429", fault::too_many_requests(),
       "HTTP 429, code 971: Please wait and consider throttling your request speed"},
      {"408", fault::refusal(408, 0, ""), "HTTP 408"},
      {"500", fault::refusal(500, 10000, "internal"), "HTTP 500, code 10000: internal"},
      {"502 as a page", fault::edge_page(502), "HTTP 502\n"},
      {"503 as a page", fault::edge_page(503), "HTTP 503\n"},
      {"520 as a page", fault::edge_page(520), "HTTP 520\n"},
      {"522 as a document", fault::edge_problem(522, 0), "HTTP 522, Error 522\n"},
      {"526 as a document", fault::edge_problem(526, 0), "HTTP 526, Error 526\n"},
      {"200 with a page", fault::html(), kNotJson},
      {"200 with nothing", fault::empty_body(), kNotJson},
      {"200 nested a million deep", fault::deeply_nested(), "HTTP 200, "},
      {"200 that is not UTF-8", fault::not_utf8(), kNotJson},
      {"200 that is gigantic", fault::pad(kTooLarge), "HTTP 200, an answer of more than 1 MiB"},
      {"200 that never ends", fault::Endless{}, "HTTP 200, an answer of more than 1 MiB"},
      {"200 without success", fault::Answer{.body = R"({"result":[]})"},
       "HTTP 200, JSON that is not Cloudflare's envelope"},
      {"200 without a result", fault::Answer{.body = R"({"success":true})"},
       "HTTP 200, an answer without a result"},
      {"200 with a result that is no list",
       fault::Answer{.body = R"({"success":true,"errors":[],"messages":[],"result":{"id":7}})"},
       "HTTP 200, a result that is not a list"},
      {"200 with a list of numbers",
       fault::Answer{.body = R"({"success":true,"errors":[],"messages":[],"result":[1,2]})"},
       "HTTP 200, a "},
      {"200 with an id that would lead elsewhere", fault::replace("\"id\":\"", "\"id\":\"../../"),
       "HTTP 200, a "},
  };
}

std::vector<NamedFault> final_refusals() {
  return {
      {"400", fault::refusal(400, 9005, "no"), "HTTP 400, code 9005: no\n"},
      {"401", fault::refusal(401, 10000, "Authentication error"),
       "HTTP 401, code 10000: Authentication error\n"},
      {"403", fault::refusal(403, 10000, "Authentication error"),
       "HTTP 403, code 10000: Authentication error\n"},
      {"403 as a challenge", fault::challenge(), "HTTP 403\n"},
      {"404", fault::refusal(404, 7003, "Could not route"),
       "HTTP 404, code 7003: Could not route\n"},
      {"405", fault::refusal(405, 10405, "Method not allowed"),
       "HTTP 405, code 10405: Method not allowed\n"},
      {"409", fault::refusal(409, 0, "conflict"), "HTTP 409, conflict\n"},
      {"200 with success false", fault::refusal(200, 1000, "no"), "HTTP 200, code 1000: no\n"},
      {"wrapped error",
       fault::Answer{.status = 400,
                     .body = R"({"success":false,"errors":[{"code":1004,"message":"outer",)"
                             R"("error_chain":[{"code":9021,"message":"inner"}]}]})"},
       "HTTP 400, code 9021: inner\n"},
  };
}

std::vector<NamedFault> harmless_faults() {
  return {
      {"late", fault::Delay{100ms}, ""},
      {"paused", fault::Pause{20, 100ms}, ""},
      {"in drips", fault::Drip{100, 1ms}, ""},
      {"chunked", fault::Chunked{7}, ""},
      {"padded", fault::pad(100'000), ""},
      {"closed after the answer", fault::CloseAfterAnswer{}, ""},
  };
}

std::vector<NamedFault> silences() {
  return {
      {"nothing", fault::Hang{}, ""},
      {"nothing before the deadline", fault::Delay{1min}, ""},
      {"half an answer", fault::Pause{20, 1min}, ""},
      {"drips", fault::Drip{1, 1s}, ""},
  };
}
