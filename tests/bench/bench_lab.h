#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "../support/loopback_cloudflare.h"
#include "../support/loopback_origin.h"
#include "../support/scratch_dir.h"
#include "trust_store.h"

// What clients dial to reach the services.
struct Route {
  std::string name;
  std::string api_host;
  std::string main;
  std::string backup;
};

// What has reached the services.
struct Traffic {
  std::size_t connections = 0;
  std::size_t api_calls = 0;

  friend Traffic operator-(const Traffic& later, const Traffic& earlier) {
    return {.connections = later.connections - earlier.connections,
            .api_calls = later.api_calls - earlier.api_calls};
  }
};

// A loopback world in TLS, as clients with the system's certificates meet it.
class BenchLab {
 public:
  BenchLab();

  static constexpr const char* kRecord = "www.example.com";
  static constexpr const char* kToken = "cfut_planted-secret-0123456789abcdefghijklmnop";
  static constexpr const char* kApi = "127.0.1.1";
  static constexpr const char* kMain = "127.0.2.1";
  static constexpr const char* kBackup = "127.0.3.1";
  // In the certificate as well.
  static constexpr const char* kApiName = "api.cloudflare.test";
  static constexpr const char* kDualName = "dual.cloudflare.test";  // of both families

  TrustStore trust;
  ScratchDir scratch;
  LoopbackCloudflare cloudflare;
  LoopbackOrigin main;
  LoopbackOrigin backup;

  std::string api_url(const Route& route) const;
  std::string records_url(const Route& route) const;
  std::string record_url(const Route& route) const;
  std::string probe_url() const;
  const std::string& zone() const { return zone_; }

  // Of every client: the token, the certificates, cron's PATH.
  std::map<std::string, std::string> environment() const;

  std::string content() const;
  void point_to(const std::string& address);
  Traffic traffic() const;

 private:
  std::string zone_;
};
