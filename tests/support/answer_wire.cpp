#include "answer_wire.h"

#include <algorithm>

namespace {

std::string hexadecimal(std::size_t number) {
  std::string text;
  do {
    text.insert(text.begin(), "0123456789abcdef"[number % 16]);
    number /= 16;
  } while (number > 0);
  return text;
}

// A bad size stands after the first chunk; what follows it is of no use.
std::string in_chunks(std::string_view body, const fault::Chunked& how) {
  const std::size_t piece = std::max<std::size_t>(1, how.piece);
  std::string result;
  while (!body.empty()) {
    result += chunk(body.substr(0, piece));
    body.remove_prefix(std::min(body.size(), piece));
    if (how.flaw == fault::Flaw::bad_size) {
      return result + "not-a-size\r\n";
    }
  }
  return how.flaw == fault::Flaw::no_end ? result : result + "0\r\n\r\n";
}

}  // namespace

HttpMessage message_of(const fault::Answer& answer) {
  HttpMessage message{.start_line = "HTTP/1.1 " + std::to_string(answer.status) + " By Request",
                      .fields = answer.headers,
                      .body = answer.body};
  message.fields.emplace_back("Content-Type", answer.content_type);
  return message;
}

std::string chunk(std::string_view data) {
  return hexadecimal(data.size()) + "\r\n" + std::string{data} + "\r\n";
}

void frame(HttpMessage& answer, const FaultPlan& plan) {
  for (const char* field : {"Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding"}) {
    answer.drop(field);
  }
  if (plan.endless) {
    answer.fields.emplace_back("Transfer-Encoding", "chunked");
    answer.body = chunk(answer.body.substr(0, answer.body.size() / 2) + " ");
  } else if (plan.chunked) {
    answer.fields.emplace_back("Transfer-Encoding", "chunked");
    answer.body = in_chunks(answer.body, *plan.chunked);
  } else {
    answer.fields.emplace_back("Content-Length", std::to_string(answer.body.size()));
  }
}

bool ends_badly(const FaultPlan& plan) {
  return plan.cut || plan.endless || plan.close_after_answer ||
         (plan.chunked && plan.chunked->flaw != fault::Flaw::none);
}

std::size_t sent_length(std::size_t length, std::size_t body_at, const FaultPlan& plan) {
  if (!plan.cut) {
    return length;
  }
  const std::size_t start = plan.cut->of == fault::Part::body ? body_at : 0;
  return std::min(length, start + plan.cut->after);
}

std::size_t next_stop(std::size_t at, std::size_t body_at, std::size_t length,
                      const FaultPlan& plan) {
  std::size_t stop = length;
  if (plan.pause && at < body_at + plan.pause->after) {
    stop = std::min(stop, body_at + plan.pause->after);
  }
  if (plan.drip) {
    stop = std::min(stop, std::max(at, body_at) + std::max<std::size_t>(1, plan.drip->piece));
  }
  return stop;
}

std::chrono::milliseconds wait_at(std::size_t stop, std::size_t body_at, const FaultPlan& plan) {
  const bool pausing = plan.pause && stop == body_at + plan.pause->after;
  return (pausing ? plan.pause->wait : std::chrono::milliseconds{}) +
         (plan.drip ? plan.drip->wait : std::chrono::milliseconds{});
}
