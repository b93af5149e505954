#include "theatre.h"

#include <fstream>
#include <iterator>
#include <mutex>

#include "../support/lab.h"
#include "hostile_api.h"

namespace torture {

namespace {

namespace fs = std::filesystem;

constexpr const char* kRecord = "www.example.com";
constexpr const char* kStem = "www.example.com.A.";

std::optional<Certificate> certificate_for(const Plot& plot, const std::string& host) {
  static std::mutex authority;
  const std::lock_guard guard(authority);
  return plot.transport == Transport::tls ? std::optional(test_ca().valid(host)) : std::nullopt;
}

CloudflareSetup cloudflare_setup(const Plot& plot) {
  CloudflareSetup setup{.rate_limit = 1'000'000};
  if (const auto certificate = certificate_for(plot, setup.address)) {
    setup.cert = certificate->cert;
    setup.key = certificate->key;
  }
  return setup;
}

/// The address that is neither MAIN's nor BACKUP's.
std::string third_address(const Plot& plot) {
  return plot.announces() ? plot.target : plot.main == Lab::kMain ? "127.0.5.1" : plot.held;
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

}  // namespace

Theatre::Theatre(const Plot& plot, Blame blame)
    : plot_(plot),
      cloudflare_(cloudflare_setup(plot)),
      main_({.address = Lab::kMain, .certificate = certificate_for(plot, kRecord)}),
      backup_({.address = Lab::kBackup,
               .port = main_.port(),
               .certificate = certificate_for(plot, kRecord)}),
      moved_({.address = third_address(plot), .port = main_.port()}),
      listener_({.address = "127.0.7.1"}) {
  cloudflare_.add_zone({.name = "example.com"});
  cloudflare_.add_token({.value = Lab::kToken});
  cloudflare_.add_record({.name = kRecord, .content = plot.held, .ttl = 60, .comment = "keep me"});
  scratch_.write("token", std::string(Lab::kToken) + "\n");
  scratch_.write("probe",
                 "#!/bin/sh\necho a child speaks | tee /dev/stderr\n"
                 "[ \"$CF_FAILOVER_ADDRESS\" != " +
                     plot.held + " ]\n",
                 0700);
  scratch_.write("tell",
                 "#!/bin/sh\necho a child speaks | tee /dev/stderr\n"
                 "echo \"$CF_FAILOVER_EVENT\" >>" +
                     (scratch_.path() / "told").string() + "\n",
                 0700);
  scratch_.write("config.json", configuration(blame));
  make_past();
}

std::string Theatre::configuration(Blame blame) const {
  // OpenSSL does not always tell a lack of memory from a peer that misbehaves.
  const bool once = blame == Blame::host && plot_.transport == Transport::plain;
  return "{\n  \"cloudflare\": {\"token_file\": " + quoted(scratch_.path() / "token") +
         "},\n  \"state_dir\": " + quoted(state_) +
         ",\n  \"deadline\": " + quoted(std::to_string(kDeadlineSeconds) + "s") +
         ",\n  \"metrics_file\": " + quoted(scratch_.path() / "metrics.prom") +
         ",\n  \"notify\": [" + channel() + "],\n  \"records\": [{\"name\": " + quoted(kRecord) +
         ", \"type\": \"A\", \"main\": " + quoted(plot_.main) +
         ", \"backup\": " + quoted(Lab::kBackup) +
         ",\n    \"probe\": {\"target\": " + quoted(probe_target()) +
         ", \"retry_delay\": \"10ms\", \"attempts\": " + (once ? "1" : "2") +
         (plot_.transport == Transport::tls ? ", \"ca_file\": " + quoted(test_ca().ca_file())
                                            : "") +
         "}}],\n}\n";
}

std::string Theatre::probe_target() const {
  if (plot_.means == Means::exec) {
    return "exec:" + (scratch_.path() / "probe").string();
  }
  return std::string(plot_.transport == Transport::tls ? "https" : "http") + "://" + kRecord + ":" +
         std::to_string(main_.port()) + "/";
}

std::string Theatre::channel() const {
  if (plot_.means == Means::exec) {
    return R"({"channel": "exec", "command": [)" + quoted(scratch_.path() / "tell") + "]}";
  }
  return R"({"channel": "webhook", "url": )" + quoted(listener_.url() + "hook") + "}";
}

/// A run in which nothing changed; then MAIN goes down, if that is the plot.
void Theatre::make_past() {
  const bool main_was_up = plot_.held != Lab::kBackup;
  LoopbackOrigin& main = plot_.main == Lab::kMain ? main_ : moved_;
  if (!main_was_up) {
    main.behave(behaviour::Refuse{});
  }
  if (plot_.past == Past::known) {
    run(command({"run"}));
    fs::copy(state_, scratch_.path() / "past", fs::copy_options::recursive);
  }
  if (plot_.is_change_due()) {
    main.behave(behaviour::Refuse{});
  }
  if (plot_.has_hostile_api) {
    reset();
    const std::size_t before = cloudflare_.requests().size();
    run(command(plot_.words));
    usual_requests_ = cloudflare_.requests().size() - before;
  }
}

void Theatre::reset() {
  fs::remove_all(state_);
  for (const char* file : {"metrics.prom", "metrics.prom.new", "told", "log"}) {
    fs::remove(scratch_.path() / file);
  }
  if (plot_.past == Past::known) {
    fs::copy(scratch_.path() / "past", state_, fs::copy_options::recursive);
  }
  cloudflare_.edit(kRecord, "A", {.content = plot_.held});
  told_before_ = listener_.requests().size();
}

ProcessSpec Theatre::command(const std::vector<std::string>& words) const {
  ProcessSpec spec{.argv = {built("cf-failover")},
                   .environment = {{"LD_PRELOAD", fs::absolute(built("fail_nth.so"))},
                                   {"CLOUDFLARE_BASE_URL", cloudflare_.base_url()},
                                   {"PATH", "/usr/local/bin:/usr/bin:/bin"}},
                   .limit = std::chrono::seconds(4 * kDeadlineSeconds)};
  if (plot_.transport == Transport::tls) {
    spec.environment["SSL_CERT_FILE"] = test_ca().ca_file();
  }
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  spec.argv.insert(spec.argv.end(), {"--config", scratch_.path() / "config.json"});
  return spec;
}

std::size_t Theatre::connections() const {
  return cloudflare_.connections() + main_.connections() + backup_.connections() +
         moved_.connections();
}

Act Theatre::act(const ProcessSpec& spec) {
  const std::size_t writes = cloudflare_.writes().size();
  const std::size_t contacts = connections();
  Act act{.result = run(spec)};
  act.writes = cloudflare_.writes().size() - writes;
  act.contacted = connections() > contacts;
  const auto record = cloudflare_.record(kRecord);
  act.record = record ? record->content : "";
  act.announced = is_announced();
  return act;
}

Act Theatre::perform(const Kind& kind, long nth) {
  return kind.family == kApi ? perform_with_hostile_api(kind, nth)
                             : perform_with_failing_call(kind, nth);
}

Act Theatre::perform_with_hostile_api(const Kind& kind, long nth) {
  const std::size_t before = cloudflare_.requests().size();
  const std::string misfortune = arm(cloudflare_, kind, nth);
  Act done = act(command(plot_.words));
  cloudflare_.disarm_all();
  const std::size_t requests = cloudflare_.requests().size() - before;
  const bool is_harmless =
      requests < kind.requests.at(0) || (kind.how == "cut" && requests == usual_requests_);
  done.failed_call = is_harmless ? "" : misfortune;
  return done;
}

Act Theatre::perform_with_failing_call(const Kind& kind, long nth) {
  const fs::path log = scratch_.path() / "log";
  ProcessSpec spec = command(plot_.words);
  spec.environment["TORTURE_FAMILY"] = kind.family;
  spec.environment["TORTURE_NTH"] = std::to_string(nth);
  spec.environment["TORTURE_ERROR"] = std::to_string(kind.error);
  spec.environment["TORTURE_HOW"] = kind.how;
  spec.environment["TORTURE_LOG"] = log;
  Act done = act(spec);
  std::ifstream lines(log);
  std::string what;
  std::string call;
  long number = 0;
  while (lines >> what >> call >> number) {
    (what == "failed" ? done.failed_call : call) = call;
    done.calls = what == "calls" ? number : done.calls;
  }
  return done;
}

Act Theatre::go_on() {
  return act(command({"run"}));
}

bool Theatre::is_announced() const {
  const std::string said = text_of(state_ / (std::string(kStem) + "said.json"));
  return plot_.announces() && said.find(quoted(plot_.target)) != std::string::npos;
}

bool Theatre::is_change_told() const {
  std::string told = text_of(scratch_.path() / "told");
  const auto requests = listener_.requests();
  for (std::size_t i = told_before_; i < requests.size(); ++i) {
    told += requests[i].body;
  }
  if (fs::is_directory(state_ / "outbox")) {
    for (const auto& entry : fs::directory_iterator(state_ / "outbox")) {
      const std::string name = entry.path().filename();
      told += name.ends_with(".json") ? name : "";
    }
  }
  return told.find("failover") != std::string::npos;
}

std::vector<std::string> Theatre::litter() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(scratch_.path())) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".new") || name.ends_with(".bad")) {
      names.push_back(name);
    }
  }
  return names;
}

}  // namespace torture
