// Faults of Cloudflare's API at each request of a run that has a failover to make: what the built
// program says, how it ends, and that it writes at most once.

#include <ctime>
#include <string>
#include <vector>

#include "support/api_faults.h"
#include "support/api_scene.h"
#include "support/catch.h"

namespace {

using namespace std::chrono_literals;
using fault::Effect;

/// A lasting fault of a read at that exchange, told with `words`.
Mishap failed_read(Exchange exchange, const std::string& name, const fault::Mischief& mischief,
                   const std::string& words) {
  Mishap mishap{.name = name + " at " + describe(exchange),
                .arrange = at(exchange, mischief),
                .status = 3,
                .says = "could not read the record: " + words,
                .record = Lab::kMain,
                .writes = 0};
  if (exchange == Exchange::reread) {
    mishap.status = 6;
    mishap.says = "could not change the record to 127.0.3.1: " + words;
  }
  if (exchange == Exchange::verify) {
    mishap.status = 7;
    mishap.says = std::string("could not confirm the change to 127.0.3.1: ") + kClosed;
    mishap.writes = 1;
  }
  return mishap;
}

std::vector<Mishap> failed_reads(Exchange exchange, const std::vector<NamedFault>& faults) {
  std::vector<Mishap> mishaps;
  for (const NamedFault& fault : faults) {
    mishaps.push_back(failed_read(exchange, fault.name, fault.mischief, fault.words));
  }
  return mishaps;
}

std::string http_date(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

/// Between the first two requests for the list.
std::chrono::duration<double> pause_before_second_list(const Lab& lab) {
  std::vector<std::chrono::system_clock::time_point> times;
  for (const LoggedRequest& request : lab.cloudflare.requests()) {
    if (request.path.ends_with("/dns_records")) {
      times.push_back(request.time);
    }
  }
  REQUIRE(times.size() >= 2);
  return times[1] - times[0];
}

}  // namespace

TEST_CASE("A fault of a read that lasts leaves the record alone, and the status says since when") {
  const auto [earlier, later] = GENERATE(table<Exchange, Exchange>(
      {{Exchange::zones, Exchange::list}, {Exchange::reread, Exchange::verify}}));
  std::vector<Mishap> mishaps = failed_reads(earlier, passing_faults());
  for (const Mishap& mishap : failed_reads(later, passing_faults())) {
    mishaps.push_back(mishap);
  }

  play(mishaps);
}

TEST_CASE("A read that is refused is not tried again") {
  for (const Exchange exchange : {Exchange::list, Exchange::reread}) {
    for (const NamedFault& fault : final_refusals()) {
      const auto lab = failover_due();
      at(exchange, fault.mischief)(*lab);
      INFO(fault.name << " at " << describe(exchange));

      const ProcessResult result = run_once(*lab);

      CAPTURE(result.err);
      CHECK(result.status == (exchange == Exchange::list ? 3 : 6));
      CHECK(contains(result.err, fault.words));
      CHECK(lists(*lab) == (exchange == Exchange::list ? 1 : 2));
      CHECK(lab->cloudflare.writes().empty());
    }
  }
}

TEST_CASE("A refused zone lookup, and a refused read after an unanswered PATCH, end the run too") {
  std::vector<Mishap> mishaps = failed_reads(Exchange::zones, final_refusals());
  for (const Mishap& mishap : failed_reads(Exchange::verify, final_refusals())) {
    mishaps.push_back(mishap);
  }

  play(mishaps);
}

TEST_CASE("A read that goes wrong once is tried again") {
  const Exchange exchange = GENERATE(Exchange::zones, Exchange::list, Exchange::reread);
  std::vector<Mishap> mishaps;
  for (const NamedFault& fault : passing_faults()) {
    mishaps.push_back(
        {.name = fault.name, .arrange = at(exchange, fault.mischief, 1), .deadline = 20s});
  }

  play(mishaps);
}

TEST_CASE("A read after an unanswered PATCH is tried again as well, and the PATCH is not") {
  std::vector<Mishap> mishaps;
  for (const NamedFault& fault : passing_faults()) {
    mishaps.push_back({.name = fault.name,
                       .arrange = at(Exchange::verify, fault.mischief, 1),
                       .status = 6,
                       .says = kClosed,
                       .record = Lab::kMain,
                       .deadline = 20s});
  }

  play(mishaps);
}

TEST_CASE("An answer that is late or oddly framed is a good answer") {
  const Exchange exchange =
      GENERATE(Exchange::zones, Exchange::list, Exchange::reread, Exchange::patch);
  std::vector<Mishap> mishaps;
  for (const NamedFault& fault : harmless_faults()) {
    // A connection that is closed as the PATCH begins may take it along; see below.
    const bool may_take_the_patch_along =
        exchange == Exchange::reread &&
        std::holds_alternative<fault::CloseAfterAnswer>(fault.mischief);
    if (!may_take_the_patch_along) {
      mishaps.push_back(
          {.name = fault.name, .arrange = at(exchange, fault.mischief, 1), .deadline = 20s});
    }
  }

  play(mishaps);
}

TEST_CASE(
    "A run ends at its deadline however silent the API is, and knows what it may have written") {
  std::vector<Mishap> mishaps;
  for (const NamedFault& silence : silences()) {
    for (const Exchange exchange :
         {Exchange::zones, Exchange::list, Exchange::reread, Exchange::verify}) {
      mishaps.push_back(failed_read(exchange, silence.name, silence.mischief, silence.words));
    }
    mishaps.push_back({.name = silence.name + " at the PATCH",
                       .arrange = at(Exchange::patch, silence.mischief),
                       .status = 7,
                       .says = "could not confirm the change to 127.0.3.1: ",
                       .record = std::holds_alternative<fault::Hang>(silence.mischief)
                                     ? Lab::kMain
                                     : Lab::kBackup});
  }
  mishaps.push_back({.name = "nothing, but the PATCH took effect",
                     .arrange = at(Exchange::patch, fault::Hang{Effect::applied}),
                     .status = 7,
                     .says = "no answer before the deadline"});
  mishaps.push_back({.name = "too late: less than a tenth of the deadline is left to write in",
                     .arrange = at(Exchange::reread, fault::Delay{2700ms}),
                     .status = 6,
                     .says = "could not change the record to 127.0.3.1: ",
                     .record = Lab::kMain,
                     .writes = 0});
  play(mishaps);
}

TEST_CASE("A PATCH without an answer in time is given up, and the record read again") {
  const ScratchDir scratch;
  const std::string config = scratch.write("config.json", R"({"cloudflare": {"timeout": "1s"}})");

  play({{.name = "no effect",
         .arrange = at(Exchange::patch, fault::Hang{}),
         .status = 6,
         .says = "could not change the record to 127.0.3.1: no answer within 1 s",
         .record = Lab::kMain,
         .deadline = 20s,
         .more = {"--config", config}},
        {.name = "took effect",
         .arrange = at(Exchange::patch, fault::Hang{Effect::applied}),
         .deadline = 20s,
         .more = {"--config", config}}});
}

TEST_CASE("What became of a PATCH is told apart: refused, lost, applied all the same") {
  const fault::Mischief gone = fault::refusal(404, 81044, "Record does not exist.");
  const std::string cannot = "could not change the record to 127.0.3.1: ";
  std::vector<Mishap> mishaps{
      {"closed", at(Exchange::patch, fault::Close{}), 6, cannot + kClosed, Lab::kMain},
      {"closed, applied", at(Exchange::patch, fault::Close{Effect::applied})},
      {"reset", at(Exchange::patch, fault::Reset{}), 6, cannot + kClosed, Lab::kMain},
      {"reset, applied", at(Exchange::patch, fault::Reset{Effect::applied})},
      {"429", at(Exchange::patch, fault::too_many_requests("1")), 6,
       cannot + "HTTP 429, code 971: ", Lab::kMain},
      {"500", at(Exchange::patch, fault::refusal(500, 10000, "internal")), 6,
       cannot + "HTTP 500, code 10000: internal\n", Lab::kMain},
      {"502", at(Exchange::patch, fault::edge_page(502)), 6, cannot + "HTTP 502\n", Lab::kMain},
      {"502, applied", at(Exchange::patch, fault::applied(fault::edge_page(502)))},
      {"522", at(Exchange::patch, fault::edge_problem(522)), 6, cannot + "HTTP 522, Error 522\n",
       Lab::kMain},
      {"522, applied", at(Exchange::patch, fault::applied(fault::edge_problem(522)))},
      {"400", at(Exchange::patch, fault::refusal(400, 9003, "Target not allowed")), 6,
       cannot + "HTTP 400, code 9003: Target not allowed\n", Lab::kMain},
      {"400, an identical record exists",
       at(Exchange::patch, fault::refusal(400, 81058, "An identical record already exists.")), 6,
       cannot + "HTTP 400, code 81058: An identical record already exists.\n", Lab::kMain},
      {"403", at(Exchange::patch, fault::refusal(403, 10000, "Authentication error")), 6,
       "permission \"Zone - DNS - Edit\" and must include example.com", Lab::kMain},
      {"a challenge", at(Exchange::patch, fault::challenge()), 6, cannot + "HTTP 403\n",
       Lab::kMain},
      {"404", at(Exchange::patch, gone), 5, "changed by somebody else during this run: it is gone",
       Lab::kMain},
      {"a redirect", at(Exchange::patch, fault::redirect("http://127.0.1.1:9/")), 6,
       cannot + "HTTP 307", Lab::kMain},
      {"200 with success false", at(Exchange::patch, fault::refusal(200, 1000, "no")), 6,
       cannot + "HTTP 200, code 1000: no\n", Lab::kMain},
      {"200 with success false, applied",
       at(Exchange::patch, fault::applied(fault::refusal(200, 1000, "no")))},
      {"200 with a page", at(Exchange::patch, fault::html()), 6, cannot + kNotJson, Lab::kMain},
      {"200 with a page, applied", at(Exchange::patch, fault::applied(fault::html()))},
      {"200 with nothing, applied", at(Exchange::patch, fault::applied(fault::empty_body()))},
      {"200 that is not UTF-8", at(Exchange::patch, fault::not_utf8()), 6, cannot + kNotJson,
       Lab::kMain},
      {"200 nested a million deep, applied",
       at(Exchange::patch, fault::applied(fault::deeply_nested()))},
      {"cut", at(Exchange::patch, fault::Cut{20})},
      {"reset in the body",
       at(Exchange::patch, fault::Cut{20, fault::Part::body, fault::Ending::reset})},
      {"gigantic", at(Exchange::patch, fault::pad(kTooLarge))},
      {"endless", at(Exchange::patch, fault::Endless{})},
      {"chunks with a bad size", at(Exchange::patch, fault::Chunked{16, fault::Flaw::bad_size})},
      {"chunks without an end", at(Exchange::patch, fault::Chunked{16, fault::Flaw::no_end})},
      {"an answer that names another content",
       at(Exchange::patch, fault::replace("127.0.3.1", "127.0.9.9"))},
      {"an answer that names another record",
       at(Exchange::patch, fault::replace("\"id\":\"", "\"id\":\"0"))},
  };
  for (Mishap& mishap : mishaps) {
    mishap.deadline = 20s;
  }

  play(mishaps);
}

TEST_CASE("A PATCH on a kept connection that is closed without an answer arrives once") {
  const auto [mischief, status] = GENERATE(table<fault::Mischief, int>({
      {fault::Close{Effect::none}, 6},
      {fault::Close{Effect::applied}, 0},
      {fault::Reset{Effect::none}, 6},
      {fault::Reset{Effect::applied}, 0},
  }));
  const auto lab = failover_due();
  at(Exchange::patch, mischief)(*lab);

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == status);
  const auto requests = lab->cloudflare.requests();
  REQUIRE(lab->cloudflare.writes().size() == 1);
  REQUIRE(requests.size() == 6);  // two lookups, list, re-read, PATCH, read
  CHECK(requests[4].method == "PATCH");
  CHECK(requests[4].connection == requests[3].connection);  // It was a kept one.
}

TEST_CASE("A PATCH that meets a connection just closed arrives at most once") {
  for (int i = 0; i < 10; ++i) {
    const auto lab = failover_due();
    at(Exchange::reread, fault::CloseAfterAnswer{})(*lab);

    const ProcessResult result = run_once(*lab);

    const std::size_t writes = lab->cloudflare.writes().size();
    CAPTURE(result.err, writes);
    CHECK(result.status == (writes == 1 ? 0 : 6));
    CHECK(lab->content() == (writes == 1 ? Lab::kBackup : Lab::kMain));
  }
}

TEST_CASE("Retry-After is honoured, as a number of seconds and as a date") {
  const auto [name, retry_after] = GENERATE(table<std::string, std::string>({
      {"seconds", "1"},
      {"a date", http_date(std::chrono::system_clock::now() + 2500ms)},
  }));
  CAPTURE(name, retry_after);
  const auto lab = failover_due();
  at(Exchange::list, fault::too_many_requests(retry_after), 1)(*lab);

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 0);
  CHECK(pause_before_second_list(*lab) > 900ms);  // Without it: half a second.
}

TEST_CASE("Retry-After beyond the deadline ends the run at once") {
  const std::string retry_after =
      GENERATE(as<std::string>(), "60", "86400", "99999999999999999999", "9223372036854775807",
               http_date(std::chrono::system_clock::now() + 1h));
  CAPTURE(retry_after);
  const auto lab = failover_due();
  at(Exchange::list, fault::too_many_requests(retry_after))(*lab);

  const ProcessResult result = run_once(*lab, {"--deadline", "4s"});

  CHECK(result.status == 3);
  CHECK(result.elapsed < 3s);
  CHECK(lists(*lab) == 1);
  CHECK(contains(result.err, "could not read the record: HTTP 429"));
}

TEST_CASE("A Retry-After that says nothing useful is no reason to hurry or to stop") {
  std::vector<Mishap> mishaps;
  for (const char* const value : {"0", "-5", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", "1e3", " "}) {
    mishaps.push_back({.name = value,
                       .arrange = at(Exchange::list, fault::too_many_requests(value), 1),
                       .deadline = 20s});
  }

  play(mishaps);
}

TEST_CASE("An API that refuses connections is told as such") {
  const auto lab = failover_due();
  const LoopbackOrigin nobody({.address = "127.0.1.9"}, behaviour::Refuse{});
  ProcessSpec spec = one_run(*lab, {"--deadline", "500ms"});
  spec.environment["CLOUDFLARE_BASE_URL"] = nobody.url() + "client/v4";

  const ProcessResult result = run_once(*lab, spec);

  CHECK(result.status == 3);
  CHECK(result.out.empty());
  CHECK(result.err.starts_with(
      "cf-failover: error: www.example.com A: could not read the record: 127.0.1.9 refused the "
      "connection\n"));
}

TEST_CASE("An API that does not speak HTTP is told as such") {
  const auto lab = failover_due();
  const LoopbackOrigin ssh({.address = "127.0.1.9"}, behaviour::not_http());
  ProcessSpec spec = one_run(*lab, {"--deadline", "500ms"});
  spec.environment["CLOUDFLARE_BASE_URL"] = ssh.url() + "client/v4";

  const ProcessResult result = run_once(*lab, spec);

  CHECK(result.status == 3);
  CHECK(contains(result.err,
                 "could not read the record: 127.0.1.9 answered something that is not HTTP"));
}

TEST_CASE("An answer of headers without end is given up within the deadline") {
  const auto lab = failover_due();
  const auto part = GENERATE(behaviour::Part::headers, behaviour::Part::header_line,
                             behaviour::Part::interim_heads, behaviour::Part::body);
  const LoopbackOrigin endless({.address = "127.0.1.9"}, behaviour::Endless{part});
  ProcessSpec spec = one_run(*lab, {"--deadline", "500ms"});
  spec.environment["CLOUDFLARE_BASE_URL"] = endless.url() + "client/v4";

  const ProcessResult result = run_once(*lab, spec);

  CAPTURE(static_cast<int>(part), result.err);
  CHECK(result.status == 3);
  CHECK(result.elapsed < 5s);
  CHECK(result.err.size() < 1000);
}

TEST_CASE("What Cloudflare says is printed on one line and cannot steer the terminal") {
  const auto lab = failover_due();
  at(Exchange::list, fault::refusal(400, 9005, "bad \x1b[31m\r\nnews"))(*lab);

  const ProcessResult result = run_once(*lab, {"--json"});

  CHECK(result.status == 3);
  CHECK(contains(result.err, "code 9005: bad "));
  CHECK_FALSE(contains(result.err + result.out, "\x1b"));
  CHECK_FALSE(contains(result.err + result.out, "\r"));
  CHECK(result.err.find("news") < result.err.find("\n"));
}

TEST_CASE("A token that the API echoes is not printed") {
  const auto lab = failover_due();
  const Exchange exchange = GENERATE(Exchange::list, Exchange::reread, Exchange::patch);
  at(exchange, fault::refusal(400, 6003, std::string("bad token: Bearer ") + Lab::kToken))(*lab);

  run_once(*lab, {"--json", "-v"});
}

TEST_CASE("A token that is its own mask is masked once, and the run ends") {
  const auto lab = failover_due();
  at(Exchange::list, fault::refusal(403, 9109, "bad token: ****, and * of ********"))(*lab);
  const auto token = GENERATE(as<std::string>(), "*", "**", "****");

  const ProcessResult result = run(with_variable(one_run(*lab), "CLOUDFLARE_API_TOKEN", token));

  CHECK(result.status == 3);
  CHECK_FALSE(result.killed_at_limit);
}

TEST_CASE("A challenge is not taken for a missing permission") {
  const auto lab = failover_due();
  at(Exchange::list, fault::challenge())(*lab);

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 3);
  CHECK_FALSE(contains(result.err, "the token needs the permission"));
}
