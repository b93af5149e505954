#include "soak_lab.h"

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace soak {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kRecord = "www.example.com";
constexpr const char* kAside = "aside.example.com";
constexpr const char* kSecondId = "0123456789abcdef0123456789abcdef";
constexpr const char* kRecords = "dns_records";

const fault::Answer kForbidden = fault::refusal(403, 10000, "Authentication error");
const fault::Answer kGone = fault::refusal(404, 81044, "Record does not exist.");

Behaviour behaviour_of(Failing failing) {
  switch (failing) {
    case Failing::refuses:
      return behaviour::Refuse{};
    case Failing::answers_503:
      return behaviour::status(503);
    case Failing::hangs_up:
      return behaviour::Close{};
    case Failing::resets:
      return behaviour::Reset{};
    case Failing::speaks_no_http:
      return behaviour::not_http();
  }
  return behaviour::Answer{};
}

std::string word(Unfamiliar unfamiliar) {
  switch (unfamiliar) {
    case Unfamiliar::follow:
      return "follow";
    case Unfamiliar::main_first:
      return "main-first";
    case Unfamiliar::keep:
      return "keep";
  }
  return {};
}

std::string text(seconds time) {
  return std::to_string(time.count()) + "s";
}

/// Befalls the n-th read of the records, and with kAlways all that follow.
Fault at_read(std::size_t nth, fault::Mischief mischief, std::size_t times = 1) {
  return {.method = "GET",
          .path = kRecords,
          .nth = nth,
          .times = times,
          .mischief = std::move(mischief)};
}

Fault at_write(fault::Mischief mischief) {
  return {.method = "PATCH", .times = fault::kAlways, .mischief = std::move(mischief)};
}

fault::Meanwhile before(std::function<void()> act) {
  return {.moment = fault::Moment::before, .act = std::move(act)};
}

std::vector<simulated::Record>& records_of(simulated::Api& api) {
  return api.zones.front().records;
}

template <typename Duration>
milliseconds since_1970(std::chrono::time_point<std::chrono::system_clock, Duration> time) {
  return std::chrono::floor<milliseconds>(time.time_since_epoch());
}

milliseconds real_time() {
  return since_1970(std::chrono::system_clock::now());
}

}  // namespace

SoakLab::SoakLab()
    : other_({.address = kOther, .port = main.port()}),
      moved_({.address = kMoved, .port = main.port()}),
      third_({.address = kThird, .port = main.port()}),
      canary_({.address = kCanary}),
      origins_{{kMain, &main},    {kBackup, &backup}, {kOther, &other_},
               {kMoved, &moved_}, {kThird, &third_},  {kCanary, &canary_}},
      host_time_(real_time()),
      api_time_(real_time()) {}

void SoakLab::begin(const Minute& minute) {
  host_time_ += minute.host_time;
  api_time_ += minute.api_time;
  // Cloudflare's clock goes on meanwhile: what a run had to wait for is part of its minute.
  const auto behind = std::chrono::ceil<seconds>(api_time_ - api_now());
  if (behind > 0s) {
    cloudflare.shift_clock(behind);
    api_shift_ += behind;
  }
  let_fail(minute.failing);
  list(Listing::one);
  if (minute.edited) {
    point_to(*minute.edited);
  }
  if (minute.is_commented) {
    cloudflare.edit(kRecord, "A", {.comment = "at " + text(api_shift_)});
  }
  list(minute.listing);
}

Time SoakLab::api_now() const {
  return real_time() + api_shift_;
}

void SoakLab::let_fail(const std::map<std::string, Failing>& failing) {
  for (const auto& [address, origin] : origins_) {
    const auto now = failing.find(address);
    const auto before = failing_.find(address);
    if (now == failing.end() && before != failing_.end()) {
      origin->behave(behaviour::Answer{});
    }
    if (now != failing.end() && (before == failing_.end() || before->second != now->second)) {
      origin->behave(behaviour_of(now->second));
    }
  }
  failing_ = failing;
}

void SoakLab::list(Listing listing) {
  cloudflare.alter([&](simulated::Api& api) {
    auto& records = records_of(api);
    std::erase_if(records, [](const simulated::Record& one) { return one.id == kSecondId; });
    records.front().name = listing == Listing::none ? kAside : kRecord;
  });
  if (listing == Listing::two) {
    add_second(kOther);
  }
}

void SoakLab::add_second(const std::string& content) {
  cloudflare.add_record({.id = kSecondId, .name = kRecord, .content = content});
}

void SoakLab::arm(Mishap mishap, const std::string& meddled, seconds hold_length) {
  cloudflare.disarm_all();
  cloudflare.arm(at_write(before([this] { ++writes_; })));
  const auto kill = [this] {
    is_to_die_.release();
    is_dead_.acquire();
  };
  const auto meddle = before([this, meddled] { point_to(meddled); });
  switch (mishap) {
    case Mishap::none:
      return;
    case Mishap::refused:
      return cloudflare.arm({.times = fault::kAlways, .mischief = kForbidden});
    case Mishap::unavailable:
      return cloudflare.arm(at_read(1, fault::edge_page(503)));
    case Mishap::too_many:
      return cloudflare.arm(at_read(1, fault::too_many_requests("1")));
    case Mishap::reread_refused:
      return cloudflare.arm(at_read(2, kForbidden, fault::kAlways));
    case Mishap::meddled_before_reread:
      return cloudflare.arm(at_read(2, meddle));
    case Mishap::second_before_reread:
      return cloudflare.arm(at_read(2, before([this, meddled] { add_second(meddled); })));
    case Mishap::held_before_write:
      return cloudflare.arm(at_read(2, before([this, hold_length] {
                                      ::run(spec({"hold", text(hold_length)}));
                                    })));
    case Mishap::meddled_before_write:
      return cloudflare.arm(at_write(meddle));
    case Mishap::write_refused:
      return cloudflare.arm(at_write(kForbidden));
    case Mishap::write_gone:
      return cloudflare.arm(at_write(kGone));
    case Mishap::write_lost:
      return cloudflare.arm(at_write(fault::Close{}));
    case Mishap::answer_lost:
      return cloudflare.arm(at_write(fault::Close{fault::Effect::applied}));
    case Mishap::write_lost_unseen:
      cloudflare.arm(at_write(fault::edge_page(502)));
      return cloudflare.arm(at_read(3, kForbidden, fault::kAlways));
    case Mishap::answer_lost_unseen:
      cloudflare.arm(at_write(fault::applied(fault::edge_page(502))));
      return cloudflare.arm(at_read(3, kForbidden, fault::kAlways));
    case Mishap::killed_at_reread:
      return cloudflare.arm(at_read(2, before(kill)));
    case Mishap::killed_at_write:
      cloudflare.arm(at_write(before(kill)));
      return cloudflare.arm(at_write(fault::Close{}));
    case Mishap::killed_after_write:
      return cloudflare.arm(
          at_write(fault::Meanwhile{.moment = fault::Moment::after, .act = kill}));
  }
}

ProcessResult SoakLab::play(const ProcessSpec& spec) {
  RunningProcess process(spec);
  while (process.running()) {
    if (is_to_die_.try_acquire_for(1ms)) {
      process.signal(SIGKILL);
      const ProcessResult result = process.wait();
      is_dead_.release();
      return result;
    }
  }
  return process.wait();
}

ProcessSpec SoakLab::spec(const std::vector<std::string>& words) {
  host_time_ += 10ms;
  ProcessSpec spec{.argv = {built("cf-failover")}, .environment = environment()};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  const std::vector<std::string> options{"--record", kRecord,       "--type",
                                         "A",        "--state-dir", state()};
  spec.argv.insert(spec.argv.end(), options.begin(), options.end());
  spec.environment["LD_PRELOAD"] = std::filesystem::absolute(built("set_clock.so"));
  spec.environment["SET_CLOCK"] = std::to_string(host_time_.count());
  return spec;
}

ProcessSpec SoakLab::spec(const std::vector<std::string>& words, const Rules& rules) {
  ProcessSpec spec = this->spec(words);
  const auto add = [&](const std::string& option, const std::string& value) {
    spec.argv.insert(spec.argv.end(), {option, value});
  };
  add("--main", rules.main);
  add("--backup", rules.backup);
  add("--probe", "http://www.example.com:" + std::to_string(main.port()) + "/");
  add("--canary", canary_.url());
  add("--attempts", "1");
  add("--fall", std::to_string(rules.fall));
  add("--rise", std::to_string(rules.rise));
  add("--failback-delay", text(std::chrono::floor<seconds>(rules.failback_delay)));
  add("--unfamiliar", word(rules.unfamiliar));
  spec.argv.emplace_back("--json");
  return spec;
}

Facts SoakLab::facts() const {
  Facts facts{.now = host_time_, .holds = holds()};
  if (const auto record = cloudflare.record(kRecord)) {
    facts.record_age = api_now() - since_1970(record->modified_on);
  }
  for (const char* const address : kOrigins) {
    if (!failing_.contains(address)) {
      facts.up.insert(address);
    }
  }
  facts.is_cut_off = failing_.contains(kCanary);
  return facts;
}

std::vector<std::string> SoakLab::holds() const {
  std::vector<std::string> contents;
  for (const simulated::Record& record : cloudflare.records()) {
    if (record.name == kRecord) {
      contents.push_back(record.content);
    }
  }
  return contents;
}

}  // namespace soak
