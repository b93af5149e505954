// Cloudflare's answers.

#include "fuzz.h"
#include "io/cloudflare_json.h"
#include "value/text.h"

namespace {

void check(const Zone& zone) {
  always(is_cloudflare_id(zone.id), "a zone's id can be part of a path");
  always(!zone.name.empty(), "a zone has a name");
}

void check(const RawRecord& record) {
  always(is_cloudflare_id(record.id), "a record's id can be part of a path");
  always(!record.name.empty() && !record.content.empty(), "a record has name and content");
  always(record.ttl >= 1, "a TTL is positive");
}

void check(const ApiFailure& failure) {
  constexpr std::size_t kLongest = 5000;
  always(printable(failure.message, kLongest) == failure.message, "a message can be shown");
}

template <typename T>
void check(const std::vector<T>& list) {
  for (const T& item : list) {
    check(item);
  }
}

template <typename T>
bool is_read(const ApiResult<T>& result) {
  if (result) {
    check(*result);
  } else {
    check(result.error());
  }
  return result.has_value();
}

}  // namespace

void fuzz(std::string_view input) {
  const bool is_records = is_read(parse_records(input));
  const bool is_record = is_read(parse_record(input));
  const bool is_zones = is_read(parse_zones(input));
  check(parse_error(input));

  always(!is_record || (!is_records && !is_zones), "one record is no list");
  always(!has_nul(input) || !(is_record || is_records || is_zones), "no answer has a NUL");
}
