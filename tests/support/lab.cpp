#include "lab.h"

#include <cstdlib>

namespace {

constexpr const char* kRecord = "www.example.com";

std::optional<Certificate> certificate(Lab::Origins origins) {
  return origins == Lab::Origins::tls ? std::optional(test_ca().valid(kRecord)) : std::nullopt;
}

}  // namespace

std::string built(const std::string& program) {
  const char* const build = std::getenv("BUILD");
  return std::string(build != nullptr ? build : "build") + "/" + program;
}

Lab::Lab(Origins origins)
    : main({.address = kMain, .certificate = certificate(origins)}),
      backup({.address = kBackup, .port = main.port(), .certificate = certificate(origins)}) {
  cloudflare.add_zone({.name = "example.com"});
  cloudflare.add_token({.value = kToken});
  cloudflare.add_record({.name = kRecord, .content = kMain, .ttl = 60, .comment = "keep me"});
}

std::vector<std::string> Lab::options() const {
  const bool tls = main.url().starts_with("https");
  const std::string probe = std::string(tls ? "https" : "http") + "://" + kRecord + ":" +
                            std::to_string(main.port()) + "/";
  std::vector<std::string> options{
      "--record", kRecord,   "--main", kMain,         "--backup",
      kBackup,    "--probe", probe,    "--state-dir", scratch.path() / "state"};
  if (tls) {
    options.insert(options.end(), {"--ca-file", test_ca().ca_file()});
  }
  return options;
}

std::map<std::string, std::string> Lab::environment() const {
  return {{"CLOUDFLARE_API_TOKEN", kToken}, {"CLOUDFLARE_BASE_URL", cloudflare.base_url()}};
}

ProcessSpec Lab::command(const std::vector<std::string>& more) const {
  ProcessSpec spec{.argv = {built("cf-failover"), "run"}, .environment = environment()};
  for (const auto& part : {options(), more}) {
    spec.argv.insert(spec.argv.end(), part.begin(), part.end());
  }
  return spec;
}

std::string Lab::content() const {
  const auto record = cloudflare.record(kRecord);
  return record ? record->content : "";
}

void Lab::point_to(const std::string& address) {
  cloudflare.edit(kRecord, "A", {.content = address});
}
