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
  Story() : lab_(Lab::Origins::tls) {}

  /// Tells the whole of it; whether all went as expected.
  bool tell();

 private:
  void introduce() const;
  void chapter(const std::string& title, const std::vector<std::string>& more,
               const Expected& expected);
  bool differs(const ProcessResult& result, const Expected& expected) const;

  Lab lab_;
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

void Story::chapter(const std::string& title, const std::vector<std::string>& more,
                    const Expected& expected) {
  const ProcessResult result = lab_.run(more);
  const std::string printed = result.out + result.err;
  std::printf("%d. %s\n\n   $ %s\n%s", ++number_, title.c_str(),
              typed(more).replace(0, 11, "cf-failover ...").c_str(),
              printed.empty() ? "     (nothing is printed)\n" : indented(printed).c_str());
  std::printf("   status %d, and the record holds %s (%.1f s)\n\n", result.status.value_or(-1),
              lab_.content().c_str(), result.elapsed.count());
  if (differs(result, expected)) {
    std::printf("   THIS IS NOT THE STORY: expected status %d, \"%s\" and %s\n\n", expected.status,
                expected.says.c_str(), expected.record.c_str());
    as_expected_ = false;
  }
}

bool Story::tell() {
  introduce();
  chapter("All is well. Cron hears nothing.", {}, {0, "", Lab::kMain});

  lab_.main.behave(behaviour::Refuse{});
  chapter("MAIN dies: the record moves to BACKUP.", {}, {0, "failover", Lab::kBackup});
  chapter("The next minute there is nothing to do.", {}, {0, "", Lab::kBackup});

  lab_.main.behave(behaviour::Answer{});
  chapter("MAIN is back. What would happen?", {"--dry-run", "--verbose"},
          {0, "dry run: failback", Lab::kBackup});
  chapter("The record moves back to MAIN.", {}, {0, "failback", Lab::kMain});

  lab_.main.behave(behaviour::Refuse{});
  lab_.backup.behave(behaviour::status(503));
  chapter("Both are down: there is nowhere to go, and the record stays.", {},
          {1, "cannot fail over: 127.0.2.1 refused, 127.0.3.1 status 503", Lab::kMain});

  lab_.cloudflare.arm({.times = fault::kAlways, .mischief = fault::edge_page(502)});
  chapter("Cloudflare's API is down: nothing is known of the record, and nothing is changed.",
          {"--deadline", "3s"}, {3, "could not read the record: HTTP 502", Lab::kMain});
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
