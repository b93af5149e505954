// The main job as a story: the built cf-failover against a Cloudflare and two origins on loopback.
// Fails if anything differs from the story.

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "lab.h"

namespace {

/// What a chapter of the story must come to.
struct Expected {
  int status;
  std::string says;    // a part of what is printed; empty: nothing is printed
  std::string record;  // what the record holds afterwards
};

class Story {
 public:
  Story()
      : lab_(Lab::Origins::tls),
        redialled_({.address = kRedialled,
                    .port = lab_.main.port(),
                    .certificate = test_ca().valid("www.example.com")}) {}

  /// Tells the whole of it; whether all went as expected.
  bool tell();

 private:
  void introduce() const;
  void tell_of_failover();
  void tell_of_redial();
  void tell_of_trouble();
  void look_back();
  void chapter(const std::string& title, const std::vector<std::string>& words,
               const Expected& expected);
  ProcessResult run_words(const std::vector<std::string>& words) const;
  bool differs(const ProcessResult& result, const Expected& expected) const;

  static constexpr const char* kRedialled = "127.0.5.1";

  Lab lab_;
  LoopbackOrigin redialled_;
  int number_ = 0;
  bool as_expected_ = true;
};

/// As one would type it in a shell.
std::string quoted(const std::string& word) {
  return word.find_first_of(" '\"$*?&;|<>()") == std::string::npos ? word : "'" + word + "'";
}

std::string typed(const std::vector<std::string>& options) {
  std::string line = "cf-failover";
  for (const std::string& option : options) {
    line += " " + quoted(option);
  }
  return line;
}

std::string indented(const std::string& text) {
  std::string lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines += "     " + text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return lines;
}

void Story::introduce() const {
  std::printf(
      "A Cloudflare of our own listens on %s, MAIN on %s and BACKUP on %s,\n"
      "both with TLS on port %u. The token is in CLOUDFLARE_API_TOKEN, the API's address in\n"
      "CLOUDFLARE_BASE_URL. Each run is\n\n     %s\n\n",
      lab_.cloudflare.address().c_str(), Lab::kMain, Lab::kBackup, lab_.main.port(),
      typed(lab_.options()).c_str());
}

bool Story::differs(const ProcessResult& result, const Expected& expected) const {
  const std::string printed = result.out + result.err;
  const bool says_it =
      expected.says.empty() ? printed.empty() : printed.find(expected.says) != std::string::npos;
  return result.status != expected.status || !says_it || lab_.content() != expected.record;
}

/// A command with its arguments, or the options of a run.
ProcessResult Story::run_words(const std::vector<std::string>& words) const {
  ProcessSpec spec = lab_.command();
  if (!words.empty() && !words.front().starts_with('-')) {
    spec.argv.erase(spec.argv.begin() + 1);  // The command that is none of ours: run.
  }
  spec.argv.insert(spec.argv.begin() + 1, words.begin(), words.end());
  return ::run(spec);
}

void Story::chapter(const std::string& title, const std::vector<std::string>& words,
                    const Expected& expected) {
  const ProcessResult result = run_words(words);
  const std::string printed = result.out + result.err;
  std::printf("%d. %s\n\n   $ %s\n%s", ++number_, title.c_str(), (typed(words) + " ...").c_str(),
              printed.empty() ? "     (nothing is printed)\n" : indented(printed).c_str());
  std::printf("   status %d, and the record holds %s (%.1f s)\n\n", result.status.value_or(-1),
              lab_.content().c_str(), result.elapsed.count());
  if (differs(result, expected)) {
    std::printf("   THIS IS NOT THE STORY: expected status %d, \"%s\" and %s\n\n", expected.status,
                expected.says.c_str(), expected.record.c_str());
    as_expected_ = false;
  }
}

void Story::tell_of_failover() {
  chapter("All is well. Cron hears nothing.", {}, {0, "", Lab::kMain});

  lab_.main.behave(behaviour::Refuse{});
  chapter("MAIN dies: the record moves to BACKUP.", {}, {0, "failover", Lab::kBackup});
  chapter("The next minute there is nothing to do.", {}, {0, "", Lab::kBackup});
}

void Story::tell_of_redial() {
  lab_.backup.behave(behaviour::Refuse{});
  chapter("BACKUP dials in again and has another address: visitors would meet nobody.", {},
          {1, "cannot fail over", Lab::kBackup});
  chapter("But a hook on BACKUP tells its new address, and the record follows at once.",
          {"set-backup", kRedialled, "--allow-private"},
          {0, "failover 127.0.3.1 -> 127.0.5.1", kRedialled});
  chapter("From now on it is BACKUP, whatever the configuration says.", {"--verbose"},
          {0, "the origin is 127.0.5.1 (BACKUP)", kRedialled});
}

void Story::tell_of_trouble() {
  chapter("Somebody works on MAIN: nothing is to move for two hours.",
          {"hold", "2h", "--why", "new disks"}, {0, "held until", kRedialled});
  lab_.main.behave(behaviour::Answer{});
  chapter("MAIN is back. What would happen?", {"--verbose"},
          {0, "not changed: held until", kRedialled});
  chapter("The work is done.", {"release"}, {0, "released", kRedialled});
  chapter("The record moves back to MAIN.", {}, {0, "failback", Lab::kMain});

  lab_.main.behave(behaviour::Refuse{});
  redialled_.behave(behaviour::status(503));
  chapter("Both are down: there is nowhere to go, and the record stays.", {},
          {1, "cannot fail over: 127.0.2.1 refused, 127.0.5.1 status 503", Lab::kMain});

  lab_.cloudflare.arm({.times = fault::kAlways, .mischief = fault::edge_page(502)});
  chapter("Cloudflare's API is down: nothing is known of the record, and nothing is changed.",
          {"--deadline", "3s"}, {3, "could not read the record: HTTP 502", Lab::kMain});
}

void Story::look_back() {
  chapter("What has happened?", {"history", "--since", "20s"}, {0, "failover", Lab::kMain});
  chapter("And why was the record left alone at last?", {"explain"}, {0, "HTTP 502", Lab::kMain});
}

bool Story::tell() {
  introduce();
  tell_of_failover();
  tell_of_redial();
  tell_of_trouble();
  look_back();
  return as_expected_;
}

}  // namespace

int main() try {
  const bool as_expected = Story().tell();
  std::puts(as_expected ? "The end: all went as it should." : "The end: see what differs above.");
  return as_expected ? 0 : 1;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "demo: %s\n", problem.what());
  return 1;
}
