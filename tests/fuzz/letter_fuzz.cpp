// Notices that wait to be sent.

#include "fuzz.h"
#include "io/channel_json.h"
#include "io/outbox.h"

void fuzz(std::string_view input) {
  const auto letter = parse_letter(input);
  if (!letter) {
    return;
  }
  always(!has_nul(input), "no letter has a NUL");
  always(letter->failures >= 0 && pause_after(letter->failures) > Milliseconds{0},
         "a letter is not sent without pause");

  const auto again = parse_letter(to_json(*letter));
  always(again && again->notice == letter->notice && again->channel == letter->channel &&
             again->failures == letter->failures && again->next_try == letter->next_try,
         "a letter is read back");

  // To them it is another program's JSON; here any object does.
  const std::string body = webhook_body({letter->notice, letter->notice.sentence, {}});
  Letter sent = *letter;
  sent.notice.json = body;
  always(parse_letter(to_json(sent)).has_value(), "the body of a webhook is a JSON object");
}
