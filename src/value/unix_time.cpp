#include "value/unix_time.h"

#include <algorithm>
#include <cstdint>

#include "value/text.h"

namespace {

using namespace std::chrono;

/// Whether the text has a digit for each '0' of the shape, and else the same letters.
bool has_shape(std::string_view text, std::string_view shape) {
  return std::equal(text.begin(), text.end(), shape.begin(), shape.end(),
                    [](char c, char wanted) { return wanted == '0' ? is_digit(c) : c == wanted; });
}

/// The number of digits that are known to be there.
unsigned number(std::string_view text, std::size_t at, std::size_t length) {
  return parse_number<unsigned>(text.substr(at, length)).value();
}

std::optional<sys_days> parse_date(std::string_view text) {
  if (!has_shape(text, "0000-00-00")) {
    return std::nullopt;
  }
  const year_month_day date(year(static_cast<int>(number(text, 0, 4))), month(number(text, 5, 2)),
                            day(number(text, 8, 2)));
  return date.ok() ? std::optional<sys_days>(date) : std::nullopt;
}

std::optional<seconds> parse_time_of_day(std::string_view text) {
  if (!has_shape(text, "00:00:00")) {
    return std::nullopt;
  }
  const unsigned hour = number(text, 0, 2);
  const unsigned minute = number(text, 3, 2);
  const unsigned second = number(text, 6, 2);
  if (hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  return hours(hour) + minutes(minute) + seconds(second);
}

/// ".5" or ".123456", or nothing at all, which is zero.
std::optional<milliseconds> parse_fraction(std::string_view text) {
  if (text.empty()) {
    return milliseconds{0};
  }
  const std::string_view digits = text.substr(1);
  if (text.front() != '.' || digits.empty() ||
      !std::all_of(digits.begin(), digits.end(), is_digit)) {
    return std::nullopt;
  }
  std::string thousandths(digits.substr(0, 3));
  thousandths.resize(3, '0');
  return milliseconds(number(thousandths, 0, 3));
}

/// "Z", or "+01:00": how far local time is ahead.
std::optional<minutes> parse_offset(std::string_view text) {
  if (text == "Z") {
    return minutes{0};
  }
  if (!has_shape(text, "+00:00") && !has_shape(text, "-00:00")) {
    return std::nullopt;
  }
  const unsigned hour = number(text, 1, 2);
  const unsigned minute = number(text, 4, 2);
  if (hour > 23 || minute > 59) {
    return std::nullopt;
  }
  const minutes ahead = hours(hour) + minutes(minute);
  return text.front() == '+' ? ahead : -ahead;
}

/// With zeros in front, up to this width.
std::string padded(std::int64_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  return std::string(width - std::min(digits.size(), width), '0') + digits;
}

}  // namespace

std::optional<UnixTime> parse_unix_time(std::string_view text) {
  std::string upper(text);
  std::replace(upper.begin(), upper.end(), 't', 'T');
  std::replace(upper.begin(), upper.end(), 'z', 'Z');
  const std::string_view whole = upper;
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kTime = 8;
  if (whole.size() <= kDate + 1 + kTime || whole[kDate] != 'T') {
    return std::nullopt;
  }
  const std::string_view after = whole.substr(kDate + 1 + kTime);
  const std::size_t end = std::min(after.find_first_of("Z+-"), after.size());

  const auto date = parse_date(whole.substr(0, kDate));
  const auto time_of_day = parse_time_of_day(whole.substr(kDate + 1, kTime));
  const auto fraction = parse_fraction(after.substr(0, end));
  const auto ahead = parse_offset(after.substr(end));
  if (!date || !time_of_day || !fraction || !ahead) {
    return std::nullopt;
  }
  const UnixTime time = *date + *time_of_day + *fraction - *ahead;
  const bool is_ours = time >= sys_days(1970y / 1 / 1) && time < sys_days(year(10000) / 1 / 1);
  return is_ours ? std::optional(time) : std::nullopt;
}

std::string to_text(UnixTime time) {
  const auto today = floor<days>(time);
  const year_month_day date(today);
  const hh_mm_ss<milliseconds> of_day(time - today);
  const auto thousandths = of_day.subseconds().count();
  return padded(int{date.year()}, 4) + "-" + padded(unsigned{date.month()}, 2) + "-" +
         padded(unsigned{date.day()}, 2) + "T" + padded(of_day.hours().count(), 2) + ":" +
         padded(of_day.minutes().count(), 2) + ":" + padded(of_day.seconds().count(), 2) +
         (thousandths == 0 ? "" : "." + padded(thousandths, 3)) + "Z";
}
