// Durations, sizes, statuses and moments.

#include "fuzz.h"
#include "value/byte_size.h"
#include "value/duration.h"
#include "value/status_set.h"
#include "value/unix_time.h"

namespace {

using namespace std::chrono_literals;

void check(Milliseconds duration) {
  always(duration >= 0ms && duration <= 366 * 24h, "a duration is within bounds");
  always(parse_duration(to_text(duration)) == duration, "a duration is read back");
  always(!describe(duration).empty(), "a duration can be told");
}

void check(std::size_t size) {
  constexpr std::size_t kGibi = 1024 * 1024 * 1024;
  always(size >= 1 && size <= kGibi, "a size is within bounds");
  always(parse_byte_size(std::to_string(size)) == size, "a size is read back");
}

void check(const StatusSet& set) {
  const auto again = StatusSet::parse(set.str());
  always(again && again->str() == set.str(), "statuses are read back");
  int number = 0;
  for (int status = 0; status < 1000; ++status) {
    number += set.contains(status) ? 1 : 0;
    always(set.contains(status) == again->contains(status), "statuses stay the same");
  }
  always(number > 0 && !set.contains(99) && !set.contains(600), "statuses are within bounds");
}

void check(UnixTime time) {
  using namespace std::chrono;
  always(time >= sys_days(1970y / 1 / 1) && time < sys_days(year(10000) / 1 / 1),
         "a moment is within bounds");
  always(parse_unix_time(to_text(time)) == time, "a moment is read back");
}

template <typename T>
void check_if(const std::optional<T>& value, std::string_view input) {
  if (value) {
    check(*value);
    always(!has_nul(input), "no value has a NUL");
  }
}

}  // namespace

void fuzz(std::string_view input) {
  check_if(parse_duration(input), input);
  check_if(parse_byte_size(input), input);
  check_if(StatusSet::parse(input), input);
  check_if(parse_unix_time(input), input);
}
