#include "app/mailman.h"

#include <algorithm>
#include <deque>
#include <stdexcept>

#include "app/news.h"
#include "app/output.h"
#include "app/report.h"

namespace {

constexpr Milliseconds kLongestDelivery{15000};

bool wants(const Channel& channel, Event event) {
  return channel.events.empty() ||
         std::find(channel.events.begin(), channel.events.end(), event) != channel.events.end();
}

Message message_of(const Notice& notice, UnixTime now) {
  return {.notice = notice, .subject = notice.sentence, .text = notice_text(notice, now)};
}

/// One channel's letters, oldest first, until one of them has to wait: none overtakes another.
class Round {
 public:
  Round(const Channel& channel, std::deque<Letter> letters, const Outbox& outbox, UnixTime now,
        EventLoop& loop, Http& http)
      : channel_(channel),
        letters_(std::move(letters)),
        outbox_(outbox),
        now_(now),
        loop_(loop),
        http_(http) {}

  /// How many letters were delivered. To be called once; `this` stays where it is meanwhile.
  Task<int> go() {
    int delivered = 0;
    for (Letter& letter : letters_) {
      // A time further off than any pause was set by a clock that was wrong.
      const bool waits = letter.next_try > now_ && letter.next_try - now_ <= kNoticeLifetime;
      if (waits || loop_.expired()) {
        break;
      }
      Message message = message_of(letter.notice, now_);
      // Something is left for the ping.
      const Milliseconds at_most = std::min(kLongestDelivery, loop_.left() * 3 / 4);
      Delivery delivery;
      try {
        auto delivering = deliver(http_, loop_, channel_, std::move(message), at_most);
        Delivery& delivered_or_not = co_await delivering;
        delivery = std::move(delivered_or_not);
      } catch (const std::runtime_error& problem) {
        delivery.failure = problem.what();  // What ails one channel is no other's.
      }
      if (!delivery.failure.empty()) {
        postpone(letter, delivery);
        break;
      }
      outbox_.remove(letter);
      ++delivered;
    }
    co_return delivered;
  }

 private:
  void postpone(Letter& letter, const Delivery& delivery) const {
    ++letter.failures;
    const Milliseconds asked_for = delivery.retry_after;
    letter.next_try = now_ + std::max(pause_after(letter.failures), asked_for);
    const auto stored = outbox_.postpone(letter);
    if (letter.failures == 1) {  // Cron need not mail the same every minute.
      print(stderr, warning_line("a notice waits, since " + channel_.name +
                                 " did not take it: " + delivery.failure));
    }
    if (!stored) {
      print(stderr, warning_line(stored.error().message));
    }
  }

  const Channel& channel_;
  std::deque<Letter> letters_;
  const Outbox& outbox_;
  UnixTime now_;
  EventLoop& loop_;
  Http& http_;
};

/// What is too old is told here at last, since it will be told nowhere else.
bool is_given_up(const Letter& letter, const Outbox& outbox, UnixTime now) {
  if (now - letter.notice.time < kNoticeLifetime) {
    return false;
  }
  outbox.remove(letter);
  print(stderr, warning_line("a notice was never delivered to " + letter.channel + ": " +
                             letter.notice.sentence));
  return true;
}

}  // namespace

void post(const Config& config, const Outbox& outbox, const std::vector<Notice>& notices) {
  for (const Notice& notice : notices) {
    for (const Channel& channel : config.channels) {
      if (!wants(channel, notice.event)) {
        continue;
      }
      const auto added = outbox.add({.channel = channel.name, .notice = notice});
      if (!added) {
        print(stderr, warning_line("no notice to " + channel.name + ": " + added.error().message));
      }
    }
  }
}

void deliver_all(const Config& config, const Outbox& outbox, UnixTime now, EventLoop& loop,
                 Http& http) {
  if (outbox.size() == 0) {
    return;
  }
  const auto lock = outbox.try_lock();
  if (!lock || !*lock) {
    return;  // Another run delivers.
  }
  outbox.sweep(now);
  std::vector<Letter> letters = outbox.letters();
  std::erase_if(letters, [&](const Letter& letter) { return is_given_up(letter, outbox, now); });
  std::deque<Round> rounds;
  std::vector<Task<int>> tasks;
  for (const Channel& channel : config.channels) {
    std::deque<Letter> own;
    std::copy_if(letters.begin(), letters.end(), std::back_inserter(own),
                 [&](const Letter& letter) { return letter.channel == channel.name; });
    rounds.emplace_back(channel, std::move(own), outbox, now, loop, http);
    tasks.push_back(rounds.back().go());
  }
  for (Task<int>& task : tasks) {
    loop.run(task, http);
  }
}

std::vector<TestedChannel> test_channels(const std::vector<Channel>& channels,
                                         const std::string& host, UnixTime now, EventLoop& loop,
                                         Http& http) {
  std::vector<Task<Delivery>> tasks;
  for (const Channel& channel : channels) {
    tasks.push_back(
        deliver(http, loop, channel, message_of(test_notice(host, now), now), kLongestDelivery));
  }
  std::vector<TestedChannel> tested;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    tested.push_back({channels[i].name, loop.run(tasks[i], http)});
  }
  return tested;
}
