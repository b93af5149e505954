// A loopback Cloudflare to be started by hand or by a script.

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#define CXXOPTS_VECTOR_DELIMITER '\0'
#include <cxxopts.hpp>

#include "loopback_cloudflare.h"
#include "loopback_control.h"

namespace {

constexpr const char* kDescription =
    "Cloudflare's API on a loopback address, with faults on demand.\n\n"
    "A token is taken from --token-file, and from CLOUDFLARE_API_TOKEN; the legacy pair from\n"
    "CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY. Without credentials, the API refuses everybody.\n"
    "/control/ serves scripts: GET records and log, POST fault and quit, DELETE fault, PUT "
    "record.\n";

cxxopts::Options options() {
  cxxopts::Options options{"loopback-cloudflare", kDescription};
  auto add = options.add_options();
  add("listen", "address and port, in 127.0.0.0/8 or [::1]; port 0: a free one",
      cxxopts::value<std::string>()->default_value("127.0.1.1:8787"));
  add("zone", "'NAME [plan=free|pro|business|enterprise] [status=S] [id=ID]', repeatable",
      cxxopts::value<std::vector<std::string>>()->default_value(""));
  add("record", "'NAME TYPE CONTENT [ttl=N] [proxied=true] [comment=TEXT]', repeatable",
      cxxopts::value<std::vector<std::string>>()->default_value(""));
  add("token-file", "file whose first line is a token that may do everything, repeatable",
      cxxopts::value<std::vector<std::string>>()->default_value(""));
  add("fault", "a fault as for POST /control/fault, repeatable",
      cxxopts::value<std::vector<std::string>>()->default_value(""));
  add("rate-limit", "requests in five minutes",
      cxxopts::value<std::size_t>()->default_value("1200"));
  add("cert", "certificate chain (PEM): speak TLS",
      cxxopts::value<std::string>()->default_value(""));
  add("key", "its private key (PEM)", cxxopts::value<std::string>()->default_value(""));
  add("verbose", "write every request to standard error");
  add("help", "print this text");
  return options;
}

std::vector<std::string> values(const cxxopts::ParseResult& parsed, const std::string& name) {
  auto all = parsed[name].as<std::vector<std::string>>();
  std::erase(all, "");
  return all;
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string first_line(const std::string& file) {
  std::ifstream in{file};
  std::string line;
  if (!std::getline(in, line) || line.empty()) {
    throw std::invalid_argument{"no token in " + file};
  }
  return line;
}

CloudflareSetup setup_of(const cxxopts::ParseResult& parsed) {
  const auto listen = parsed["listen"].as<std::string>();
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos) {
    throw std::invalid_argument{"--listen takes ADDRESS:PORT"};
  }
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  return {.address = host,
          .port = static_cast<std::uint16_t>(std::stoul(listen.substr(colon + 1))),
          .cert = parsed["cert"].as<std::string>(),
          .key = parsed["key"].as<std::string>(),
          .rate_limit = parsed["rate-limit"].as<std::size_t>()};
}

// The words of a specification that look like NAME=VALUE. A comment takes the rest of the line.
std::map<std::string, std::string> assignments(std::istream& words) {
  std::map<std::string, std::string> result;
  std::string word;
  while (words >> word) {
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string name = word.substr(0, equals);
    std::string value = word.substr(std::min(word.size(), equals + 1));
    if (std::string rest; name == "comment" && std::getline(words, rest)) {
      value += rest;
    }
    result[name] = value;
  }
  return result;
}

simulated::Zone zone_of(const std::string& specification) {
  std::istringstream words{specification};
  simulated::Zone zone;
  words >> zone.name;
  for (const auto& [name, value] : assignments(words)) {
    if (name == "plan") {
      zone.plan = value;
    } else if (name == "status") {
      zone.status = value;
    } else if (name == "id") {
      zone.id = value;
    } else {
      throw std::invalid_argument{"--zone: unknown: " + name};
    }
  }
  return zone;
}

simulated::Record record_of(const std::string& specification) {
  std::istringstream words{specification};
  simulated::Record record;
  words >> record.name >> record.type >> record.content;
  for (const auto& [name, value] : assignments(words)) {
    if (name == "ttl") {
      record.ttl = std::stoi(value);
    } else if (name == "proxied") {
      record.proxied = value == "true";
    } else if (name == "comment") {
      record.comment = value;
    } else {
      throw std::invalid_argument{"--record: unknown: " + name};
    }
  }
  return record;
}

void add_credentials(LoopbackCloudflare& cloudflare, const cxxopts::ParseResult& parsed) {
  for (const std::string& file : values(parsed, "token-file")) {
    cloudflare.add_token({.value = first_line(file)});
  }
  if (const std::string token = environment("CLOUDFLARE_API_TOKEN"); !token.empty()) {
    cloudflare.add_token({.value = token});
  }
  if (const std::string key = environment("CLOUDFLARE_API_KEY"); !key.empty()) {
    cloudflare.add_key({.email = environment("CLOUDFLARE_EMAIL"), .key = key});
  }
}

void fill(LoopbackCloudflare& cloudflare, const cxxopts::ParseResult& parsed) {
  add_credentials(cloudflare, parsed);
  for (const std::string& zone : values(parsed, "zone")) {
    cloudflare.add_zone(zone_of(zone));
  }
  for (const std::string& record : values(parsed, "record")) {
    cloudflare.add_record(record_of(record));
  }
  for (const std::string& fault : values(parsed, "fault")) {
    const auto armed =
        control(cloudflare, {.method = "POST", .path = "/control/fault", .body = fault});
    if (armed.status != 200) {
      throw std::invalid_argument{"--fault: " + armed.body};
    }
  }
}

// Blocked before any thread starts, so that only await_end() gets them.
sigset_t block_end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void await_end(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
}

void serve(const cxxopts::ParseResult& parsed) {
  const sigset_t signals = block_end_signals();
  LoopbackCloudflare cloudflare{setup_of(parsed)};
  if (parsed.count("verbose") > 0) {
    cloudflare.on_request(
        [](const LoggedRequest& request) { std::cerr << request.describe() + "\n"; });
  }
  cloudflare.on_quit([] { ::kill(::getpid(), SIGTERM); });
  fill(cloudflare, parsed);

  std::cout << "listening on " << cloudflare.base_url() << std::endl;
  await_end(signals);
}

}  // namespace

int main(int argc, char* argv[]) {
  try {
    cxxopts::Options known = options();
    const auto parsed = known.parse(argc, argv);
    if (parsed.count("help") > 0) {
      std::cout << known.help();
      return 0;
    }
    serve(parsed);
    return 0;
  } catch (const std::exception& problem) {
    std::cerr << "loopback-cloudflare: error: " << problem.what() << "\n";
    return 2;
  }
}
