// Words of people and of other programs, on their way into the state directory and out of it.

#include "fuzz.h"
#include "io/outbox.h"
#include "io/state_json.h"
#include "value/text.h"

namespace {

/// Whatever the words were, the text can be read; as it was meant, where the words can be shown.
template <typename T, typename Parse>
void check(const T& value, bool is_plain, Parse parse) {
  const auto once = parse(to_json(value));
  always(once.has_value(), "what was written can be read");
  always(to_json(*once) == to_json(*parse(to_json(*once))), "what was read stays");
  always(!is_plain || to_json(*once) == to_json(value), "plain words are kept as they are");
}

}  // namespace

void fuzz(std::string_view input) {
  const UnixTime time = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31);
  const std::string words(input);
  const bool is_plain = printable(words, words.size() + 1) == words;

  const PastRun run{.time = time, .host = words, .trouble = words, .lines = {{"1", words}}};
  check(run, is_plain, parse_past_run);
  check(Said{.hold = Hold{time, words}}, is_plain, parse_said);
  check(Seen{.last = run}, is_plain, parse_seen);
  check(Letter{.channel = "exec",
               .notice = {.id = "1",
                          .event = Event::unknown,
                          .time = time,
                          .record = "www.example.com A",
                          .sentence = "." + words,
                          .reason = words}},
        is_plain, parse_letter);
}
