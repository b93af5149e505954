#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "model.h"

// What happens in a month, by chance.
namespace soak {

inline constexpr const char* kMain = "127.0.2.1";
inline constexpr const char* kBackup = "127.0.3.1";
inline constexpr const char* kOther = "127.0.4.1";  ///< unfamiliar
inline constexpr const char* kMoved =
    "127.0.5.1";  ///< where the backup may move to, as is the next
inline constexpr const char* kThird = "127.0.6.1";
inline constexpr const char* kCanary = "127.0.7.1";

inline constexpr std::array kOrigins{kMain, kBackup, kOther, kMoved, kThird};

/// How an origin fails, as long as it does.
enum class Failing { refuses, answers_503, hangs_up, resets, speaks_no_http };

/// How many records of the name there are.
enum class Listing { one, none, two };

/// One minute: what is different before its runs, and what happens to them.
struct Minute {
  std::chrono::seconds api_time{60};   ///< how far Cloudflare's clock goes on
  std::chrono::seconds host_time{60};  ///< and the host's, which may be set
  std::map<std::string, Failing> failing = {};
  Listing listing = Listing::one;
  std::optional<std::string> edited = {};  ///< somebody else makes the record hold this
  bool is_commented = false;               ///< somebody else changes its comment
  std::optional<std::chrono::seconds> hold = {};
  bool is_released = false;
  bool is_tried = false;                      ///< with --dry-run, before the run
  std::optional<std::string> announced = {};  ///< by set-backup
  Mishap mishap = Mishap::none;
  std::string meddled = kOther;
  std::optional<std::chrono::microseconds> killed_after = {};
};

/// What is out of the ordinary in it.
std::string describe(const Minute& minute);
std::string describe(Mishap mishap);

/// The minutes of a month. The same seed makes the same month.
class Month {
 public:
  explicit Month(unsigned seed) : random_(seed) {}

  Minute next();

 private:
  /// True once in so many calls.
  bool once_in(int calls) { return upto(calls - 1) == 0; }
  int upto(int most) { return static_cast<int>(random_() % (static_cast<unsigned>(most) + 1)); }
  template <typename List>
  auto one_of(const List& list) {
    return list[static_cast<std::size_t>(upto(static_cast<int>(list.size()) - 1))];
  }

  void let_origins_change();
  void let_one_change(const std::string& address, int rate);
  void set_clocks(Minute& minute);
  void let_others_act(Minute& minute);
  void let_people_speak(Minute& minute);
  void go_wrong(Minute& minute);

  std::mt19937 random_;
  std::map<std::string, Failing> failing_ = {};
  Listing listing_ = Listing::one;
  bool is_refused_ = false;
};

}  // namespace soak
