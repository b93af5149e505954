#include "tally.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iterator>

namespace soak {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kKibibyte = 1024;

double median(std::vector<double> values) {
  if (values.empty()) {
    return 0;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The medians of the first thousand and of the last; of fewer values, of each half.
struct FirstAndLast {
  explicit FirstAndLast(const std::vector<double>& values) {
    const auto some = static_cast<std::ptrdiff_t>(std::min<std::size_t>(1000, values.size() / 2));
    first = median({values.begin(), values.begin() + some});
    last = median({values.end() - some, values.end()});
  }

  double first = 0;
  double last = 0;
};

std::size_t open_descriptors() {
  const fs::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

struct Files {
  std::size_t number = 0;
  std::uintmax_t bytes = 0;
  std::uintmax_t history = 0;
};

Files files_below(const fs::path& directory) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      ++files.number;
      files.bytes += entry.file_size();
      const bool is_history = entry.path().extension() == ".jsonl";
      files.history += is_history ? entry.file_size() : 0;
    }
  }
  return files;
}

bool verdict(bool is_good, const char* what) {
  if (!is_good) {
    std::printf("  TOO MUCH: %s\n", what);
  }
  return is_good;
}

}  // namespace

void Tally::count(const Minute& minute) {
  constexpr std::chrono::minutes kMinute{1};
  const auto add = [this](const char* event, bool happened) { events_[event] += happened ? 1 : 0; };
  const auto down = [&](const char* address) { return minute.failing.contains(address); };
  add("minutes", true);
  add("minutes with MAIN down", down(kMain));
  add("minutes with all down", std::all_of(kOrigins.begin(), kOrigins.end(), down));
  add("minutes cut off", down(kCanary));
  add("minutes without the record", minute.listing == Listing::none);
  add("minutes with two records", minute.listing == Listing::two);
  add("gaps without runs", minute.api_time != kMinute);
  add("clock set back", minute.host_time < minute.api_time);
  add("clock set on", minute.host_time > minute.api_time);
  add("edits by others", minute.edited.has_value());
  add("comments by others", minute.is_commented);
}

void Tally::count(const Outcome& outcome, const Reality& reality, Mishap mishap) {
  ++runs_;
  writes_ += reality.writes;
  if (outcome.met_mishap && (outcome.is_killed || !reality.was_killed())) {
    ++mishaps_[describe(mishap)];
  }
  if (reality.was_killed()) {
    ++statuses_["killed"];
    return;
  }
  ++statuses_[std::to_string(outcome.status)];
  if (outcome.written == true) {
    ++changes_[outcome.action];
  }
  if (outcome.state != "normal") {
    ++events_["runs " + outcome.state];
  }
}

double Tally::processor_time() {
  constexpr double kMilliseconds = 1e3;
  constexpr double kMicroseconds = 1e-3;
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * kMilliseconds +
           static_cast<double>(time.tv_usec) * kMicroseconds;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

void Tally::took(const ProcessResult& process, double processor_time) {
  constexpr double kMilliseconds = 1e3;
  elapsed_ms_.push_back(process.elapsed.count() * kMilliseconds);
  processor_ms_.push_back(processor_time);
}

void Tally::measure_growth(long peak_kib) {
  peaks_kib_.push_back(peak_kib);
  descriptors_.push_back(open_descriptors());
}

bool Tally::summarize(const fs::path& state) const {
  std::printf("\n  %-44s %6d\n  %-44s %6d\n", "runs", runs_, "writes", writes_);
  print("changes", changes_);
  print("commands", commands_);
  print("exit status", statuses_);
  print("what happened", events_);
  print("what went wrong during a run", mishaps_);
  std::printf("\n");
  const bool is_fast = summarize_speed();
  return summarize_growth(state) && is_fast;
}

void Tally::print(const std::string& title, const Counts& counts) {
  std::printf("\n  %s\n", title.c_str());
  for (const auto& [what, number] : counts) {
    std::printf("    %-42s %6d\n", what.c_str(), number);
  }
}

/// The time that passes is also up to what else the machine does, so only the processor's counts.
bool Tally::summarize_speed() const {
  constexpr double kMost = 2;
  const FirstAndLast elapsed(elapsed_ms_);
  const FirstAndLast processor(processor_ms_);
  std::printf("  median of a run: %.1f ms at first, %.1f ms at last;", elapsed.first, elapsed.last);
  std::printf(" of the processor %.1f and %.1f ms\n", processor.first, processor.last);
  return verdict(processor.last <= kMost * processor.first, "time of the processor");
}

bool Tally::summarize_growth(const fs::path& state) const {
  constexpr std::size_t kMostFiles = 8;
  constexpr std::size_t kMoreDescriptors = 16;
  const Files files = files_below(state);
  std::printf("  state directory: %zu files, %ju KiB, history %ju KiB of 512\n", files.number,
              files.bytes / kKibibyte, files.history / kKibibyte);
  std::printf("  memory of a run: %ld KiB at first, %ld KiB in the end\n", peaks_kib_.front(),
              peaks_kib_.back());
  std::printf("  descriptors of this program: %zu, then %zu\n", descriptors_.front(),
              descriptors_.back());
  const bool few_files = verdict(files.number <= kMostFiles, "files");
  const bool short_history = verdict(files.history <= 512 * kKibibyte, "history");
  const bool small = verdict(0 < peaks_kib_.back() && peaks_kib_.back() <= 2 * peaks_kib_.front(),
                             "memory of a run");
  const bool closed =
      verdict(descriptors_.back() <= descriptors_.front() + kMoreDescriptors, "descriptors");
  return few_files && short_history && small && closed;
}

}  // namespace soak
