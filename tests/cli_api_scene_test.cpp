// The scene of the tests of the API, which checks with Catch2 and so belongs to the tests' program;
// and that it is the scene that they take it for.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/api_scene.h"
#include "support/catch.h"

namespace {

constexpr const char* kRecord = "www.example.com";
constexpr const char* kComment = "keep me";
constexpr const char* kTag = "owner:ops";

/// Room for a busy machine; what must not be waited for takes much longer.
constexpr std::chrono::duration<double> kSlack{4};

bool is_list(const LoggedRequest& request) {
  return request.method == "GET" && request.path.ends_with("/dns_records");
}

bool is_lookup(const LoggedRequest& request) {
  return request.path.ends_with("/zones");
}

template <typename Predicate>
std::size_t count(const Lab& lab, Predicate predicate) {
  const auto requests = lab.cloudflare.requests();
  return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(), predicate));
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The names and contents of all files.
std::string everything_in(const std::filesystem::path& directory) {
  std::string all;
  if (!std::filesystem::is_directory(directory)) {
    return all;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    all += entry.path().string() + "\n" + (entry.is_regular_file() ? content_of(entry) : "") + "\n";
  }
  return all;
}

void check_owners_settings(const Lab& lab) {
  if (const auto record = lab.cloudflare.record(kRecord)) {
    CHECK(record->comment == kComment);
    CHECK(record->tags == std::vector<std::string>{kTag});
  }
}

Options style_of(std::size_t position) {
  return position % 2 == 0 ? Options{} : Options{"--json", "-v"};
}

ProcessSpec command(const Lab& lab, const Mishap& mishap, std::size_t position) {
  Options options{"--deadline", std::to_string(mishap.deadline.count())};
  for (const Options& part : {mishap.more, style_of(position)}) {
    options.insert(options.end(), part.begin(), part.end());
  }
  return one_run(lab, options);
}

void check_words(const Mishap& mishap, const ProcessResult& result) {
  const bool has_changed_it = mishap.status == 0 && mishap.writes == 1;
  CHECK(result.out == (has_changed_it ? success_line() : ""));
  if (mishap.says.empty()) {
    CHECK(result.err.empty());
  } else {
    CHECK(result.err.starts_with("cf-failover: error: www.example.com A: "));
  }
}

void check_json(const Mishap& mishap, const ProcessResult& result) {
  const bool has_changed_it = mishap.status == 0 && mishap.writes == 1;
  const std::string written = mishap.status == 7 ? "null" : has_changed_it ? "true" : "false";
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 1);
  CHECK(contains(result.out, "\"exit\":" + std::to_string(mishap.status) + ","));
  CHECK(contains(result.out, "\"written\":" + written + ","));
  CHECK(contains(result.out, "\"error\":null") == (mishap.status == 0));
}

void check_outcome(const Mishap& mishap, std::size_t position, const Lab& lab,
                   const ProcessResult& result) {
  INFO(mishap.name);
  CAPTURE(result.out, result.err);

  CHECK(result.status == mishap.status);
  CHECK(contains(result.err, mishap.says));
  CHECK(lab.content() == mishap.record);
  CHECK(lab.cloudflare.writes().size() == mishap.writes);
  CHECK(result.elapsed < mishap.deadline + kSlack);
  for (const LoggedRequest& write : lab.cloudflare.writes()) {
    CHECK(write.body == R"({"content":"127.0.3.1"})");
  }
  style_of(position).empty() ? check_words(mishap, result) : check_json(mishap, result);
  check_promises(lab, result);
}

}  // namespace

std::unique_ptr<Lab> failover_due() {
  auto lab = std::make_unique<Lab>();
  lab->main.behave(behaviour::Refuse{});
  lab->cloudflare.alter([](simulated::Api& api) {
    api.zones.front().plan = "pro";  // Tags are not on Free.
    api.zones.front().records.front().tags = {kTag};
  });
  return lab;
}

ProcessSpec one_run(const Lab& lab, const Options& more) {
  Options options{"--attempts", "1"};
  options.insert(options.end(), more.begin(), more.end());
  return lab.command(options);
}

ProcessResult run_once(const Lab& lab, const Options& more) {
  return run_once(lab, one_run(lab, more));
}

ProcessResult run_once(const Lab& lab, const ProcessSpec& spec) {
  const ProcessResult result = run(spec);
  CAPTURE(result.out, result.err);
  check_promises(lab, result);
  return result;
}

ProcessSpec with(ProcessSpec spec, const std::string& option, const std::string& value) {
  const auto found = std::find(spec.argv.begin(), spec.argv.end(), option);
  REQUIRE(found != spec.argv.end());
  *std::next(found) = value;
  return spec;
}

ProcessSpec with_variable(ProcessSpec spec, const std::string& name, const std::string& value) {
  spec.environment[name] = value;
  return spec;
}

void check_promises(const Lab& lab, const ProcessResult& result) {
  CHECK_FALSE(result.signal);
  CHECK(lab.cloudflare.writes().size() <= 1);
  for (const LoggedRequest& write : lab.cloudflare.writes()) {
    CHECK(write.method == "PATCH");
  }
  if (contains(result.out, "www.example.com A: failover 127.0.2.1 -> 127.0.3.1 (")) {
    CHECK(result.status == 0);
    CHECK(lab.content() == Lab::kBackup);
  }
  check_owners_settings(lab);
  check_secret(Lab::kToken, lab, result);
}

void check_secret(const std::string& secret, const Lab& lab, const ProcessResult& result) {
  CHECK_FALSE(contains(result.out, secret));
  CHECK_FALSE(contains(result.err, secret));
  CHECK_FALSE(contains(everything_in(lab.scratch.path() / "state"), secret));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string success_line() {
  return "www.example.com A: failover 127.0.2.1 -> 127.0.3.1 (127.0.2.1: refused)\n";
}

std::size_t lists(const Lab& lab) {
  return count(lab, is_list);
}

std::size_t lookups(const Lab& lab) {
  return count(lab, is_lookup);
}

void play(const std::vector<Mishap>& mishaps) {
  std::vector<std::unique_ptr<Lab>> labs;
  std::vector<std::unique_ptr<RunningProcess>> runs;
  for (const Mishap& mishap : mishaps) {
    labs.push_back(failover_due());
    mishap.arrange(*labs.back());
  }
  for (std::size_t i = 0; i < mishaps.size(); ++i) {
    runs.push_back(std::make_unique<RunningProcess>(command(*labs[i], mishaps[i], i)));
  }

  for (std::size_t i = 0; i < mishaps.size(); ++i) {
    check_outcome(mishaps[i], i, *labs[i], runs[i]->wait());
  }
}

std::function<void(Lab&)> at(Exchange exchange, const fault::Mischief& mischief,
                             std::size_t times) {
  Fault fault{.method = "GET", .path = "/dns_records?", .times = times, .mischief = mischief};
  switch (exchange) {
    case Exchange::zones:
      fault.path = "/zones?";
      break;
    case Exchange::list:
      break;
    case Exchange::reread:
      fault.nth = 2;
      break;
    case Exchange::patch:
      fault.method = "PATCH";
      fault.path = "/dns_records/";
      break;
    case Exchange::verify:
      fault.nth = 3;
      break;
  }
  return [fault, exchange](Lab& lab) {
    lab.cloudflare.arm(fault);
    if (exchange == Exchange::verify) {
      lab.cloudflare.arm({.method = "PATCH", .mischief = fault::Close{}});
    }
  };
}

std::string describe(Exchange exchange) {
  switch (exchange) {
    case Exchange::zones:
      return "the zone lookup";
    case Exchange::list:
      return "the first list";
    case Exchange::reread:
      return "the re-read";
    case Exchange::patch:
      return "the PATCH";
    case Exchange::verify:
      return "the read after an unanswered PATCH";
  }
  return {};
}

TEST_CASE("The scene is set: a failover is due, and a run that nothing disturbs makes it") {
  play({{.name = "nothing", .arrange = [](Lab&) {}},
        {.name = "nothing, told as JSON", .arrange = [](Lab&) {}}});
}
