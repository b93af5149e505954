#include "events.h"

#include <utility>

namespace soak {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Cloudflare's clock goes on while runs wait for their turn. So the spans that decide are whole
// minutes and a half, or are compared to such odd ones: a few seconds more change nothing.
constexpr seconds kOdd{20};
constexpr seconds kHalf{30};

constexpr std::array kFailures{Failing::refuses, Failing::answers_503, Failing::hangs_up,
                               Failing::resets, Failing::speaks_no_http};

constexpr std::array kMishapsOfChanges{Mishap::reread_refused,       Mishap::meddled_before_reread,
                                       Mishap::second_before_reread, Mishap::held_before_write,
                                       Mishap::meddled_before_write, Mishap::write_refused,
                                       Mishap::write_gone,           Mishap::write_lost,
                                       Mishap::answer_lost,          Mishap::write_lost_unseen,
                                       Mishap::answer_lost_unseen,   Mishap::killed_at_reread,
                                       Mishap::killed_at_write,      Mishap::killed_after_write};

std::string text(seconds time) {
  return std::to_string(time.count()) + " s";
}

}  // namespace

Minute Month::next() {
  Minute minute;
  let_origins_change();
  minute.failing = failing_;
  set_clocks(minute);
  let_others_act(minute);
  let_people_speak(minute);
  go_wrong(minute);
  return minute;
}

void Month::let_origins_change() {
  // Each fails once in so many minutes.
  constexpr std::array<std::pair<const char*, int>, 6> kRates{
      {{kMain, 40}, {kBackup, 60}, {kMoved, 60}, {kThird, 60}, {kOther, 15}, {kCanary, 300}}};
  for (const auto& [address, rate] : kRates) {
    let_one_change(address, rate);
  }
  if (once_in(400)) {
    for (const char* const address : kOrigins) {
      failing_.try_emplace(address, Failing::refuses);
    }
    if (once_in(2)) {
      failing_.try_emplace(kCanary, Failing::refuses);
    }
  }
}

void Month::let_one_change(const std::string& address, int rate) {
  constexpr int kMinutesDown = 5;
  if (failing_.contains(address)) {
    if (once_in(kMinutesDown)) {
      failing_.erase(address);
    }
  } else if (once_in(rate)) {
    // Any answer of a canary counts.
    failing_[address] = address == kCanary ? Failing::refuses : one_of(kFailures);
  }
}

void Month::set_clocks(Minute& minute) {
  if (once_in(300)) {  // No runs for a while.
    minute.api_time = minutes(once_in(2) ? 2 + upto(14) : 10 + upto(80)) + kOdd;
    minute.host_time = minute.api_time;
  }
  if (once_in(200)) {  // Somebody sets the host's clock back.
    minute.host_time -= minutes(2 + upto(8));
  }
  if (once_in(400)) {  // Or on.
    minute.host_time += minutes(1 + upto(30)) + kOdd;
  }
}

void Month::let_others_act(Minute& minute) {
  if (once_in(250)) {
    minute.edited = one_of(kOrigins);
  }
  if (once_in(100)) {
    minute.edited = kOther;
  }
  minute.is_commented = once_in(250);
  if (listing_ != Listing::one) {
    listing_ = once_in(2) ? Listing::one : listing_;
  } else if (once_in(600)) {
    listing_ = once_in(2) ? Listing::none : Listing::two;
  }
  minute.listing = listing_;
}

void Month::let_people_speak(Minute& minute) {
  if (once_in(400)) {
    minute.hold = minutes(upto(60)) + kHalf;
  }
  minute.is_released = once_in(300);
  minute.is_tried = once_in(100);
  if (once_in(250)) {
    constexpr std::array kPlaces{kBackup, kMoved, kThird};
    minute.announced = once_in(20) ? kMain : one_of(kPlaces);
  }
}

void Month::go_wrong(Minute& minute) {
  is_refused_ = is_refused_ ? !once_in(4) : once_in(100);
  minute.meddled = one_of(kOrigins);
  const Mishap of_change = one_of(kMishapsOfChanges);
  if (is_refused_) {
    minute.mishap = Mishap::refused;
  } else if (once_in(1500)) {
    minute.mishap = once_in(3) ? Mishap::too_many : Mishap::unavailable;
  } else if (once_in(3)) {
    minute.mishap = of_change;
  }
  if (once_in(100)) {
    minute.mishap = Mishap::none;
    minute.killed_after = microseconds(upto(30'000));
  }
}

std::string describe(Mishap mishap) {
  switch (mishap) {
    case Mishap::none:
      return "nothing";
    case Mishap::refused:
      return "API refuses";
    case Mishap::unavailable:
      return "API answers 503 once";
    case Mishap::too_many:
      return "API answers 429 once";
    case Mishap::reread_refused:
      return "re-read refused";
    case Mishap::meddled_before_reread:
      return "changed before the re-read";
    case Mishap::second_before_reread:
      return "second record before the re-read";
    case Mishap::held_before_write:
      return "held during the run";
    case Mishap::meddled_before_write:
      return "changed between re-read and write";
    case Mishap::write_refused:
      return "write refused";
    case Mishap::write_gone:
      return "record gone at the write";
    case Mishap::write_lost:
      return "write lost";
    case Mishap::answer_lost:
      return "answer to the write lost";
    case Mishap::write_lost_unseen:
      return "write lost, no read after it";
    case Mishap::answer_lost_unseen:
      return "answer to the write lost, no read after it";
    case Mishap::killed_at_reread:
      return "killed at the re-read";
    case Mishap::killed_at_write:
      return "killed at the write, before its effect";
    case Mishap::killed_after_write:
      return "killed at the write, after its effect";
  }
  return {};
}

std::string describe(const Minute& minute) {
  std::string line;
  const auto add = [&](bool is_so, const std::string& words) {
    line += is_so ? (line.empty() ? "" : ", ") + words : "";
  };
  for (const auto& [address, how] : minute.failing) {
    add(true, address + " is down");
  }
  add(minute.api_time != minutes(1), text(minute.api_time) + " later");
  add(minute.host_time != minute.api_time,
      "clock set by " + text(minute.host_time - minute.api_time));
  add(minute.listing == Listing::none, "no record");
  add(minute.listing == Listing::two, "two records");
  add(minute.edited.has_value(), "edited to " + minute.edited.value_or(""));
  add(minute.is_commented, "comment changed");
  add(minute.hold.has_value(), "hold " + text(minute.hold.value_or(seconds(0))));
  add(minute.is_released, "release");
  add(minute.is_tried, "dry run");
  add(minute.announced.has_value(), "set-backup " + minute.announced.value_or(""));
  add(minute.mishap != Mishap::none, describe(minute.mishap));
  add(minute.mishap == Mishap::meddled_before_reread ||
          minute.mishap == Mishap::meddled_before_write ||
          minute.mishap == Mishap::second_before_reread,
      "to " + minute.meddled);
  add(minute.killed_after.has_value(),
      "killed after " + std::to_string(minute.killed_after.value_or(microseconds(0)).count()) +
          " us");
  return line.empty() ? "all is well" : line;
}

}  // namespace soak
