#include "bench_lab.h"

namespace {

constexpr std::size_t kNoRateLimit = 1'000'000;

CloudflareSetup api_setup(TrustStore& trust) {
  const Certificate certificate =
      trust.issue("api", std::string{"IP:"} + BenchLab::kApi + ",DNS:" + BenchLab::kApiName +
                             ",DNS:" + BenchLab::kDualName);
  return {.address = BenchLab::kApi,
          .cert = certificate.cert,
          .key = certificate.key,
          .rate_limit = kNoRateLimit};
}

}  // namespace

BenchLab::BenchLab()
    : cloudflare{api_setup(trust)},
      main{{.address = kMain, .certificate = trust.issue("origin", "DNS:www.example.com")}},
      backup{{.address = kBackup,
              .port = main.port(),
              .certificate = trust.issue("origin2", "DNS:www.example.com")}} {
  zone_ = cloudflare.add_zone({.name = "example.com"});
  cloudflare.add_token({.value = kToken});
  cloudflare.add_record({.name = kRecord, .content = kMain, .ttl = 60});
}

std::string BenchLab::api_url(const Route& route) const {
  return "https://" + route.api_host + ":" + std::to_string(cloudflare.port()) + "/client/v4";
}

std::string BenchLab::records_url(const Route& route) const {
  return api_url(route) + "/zones/" + zone_ + "/dns_records";
}

std::string BenchLab::record_url(const Route& route) const {
  return records_url(route) + "/" + cloudflare.record(kRecord)->id;
}

std::string BenchLab::probe_url() const {
  return std::string{"https://"} + kRecord + ":" + std::to_string(main.port()) + "/";
}

std::map<std::string, std::string> BenchLab::environment() const {
  return {{"PATH", "/usr/bin:/bin"},
          {"CLOUDFLARE_API_TOKEN", kToken},
          {"SSL_CERT_DIR", trust.directory()},
          {"SSL_CERT_FILE", trust.file()}};
}

std::string BenchLab::content() const {
  return cloudflare.record(kRecord)->content;
}

void BenchLab::point_to(const std::string& address) {
  cloudflare.edit(kRecord, "A", {.content = address});
}

Traffic BenchLab::traffic() const {
  return {.connections = cloudflare.connections() + main.connections() + backup.connections(),
          .api_calls = cloudflare.requests().size()};
}
