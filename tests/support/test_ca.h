#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "scratch_dir.h"

// The files of a server certificate and its private key, both PEM.
struct Certificate {
  std::filesystem::path cert = {};
  std::filesystem::path key = {};
};

// A certification authority that issues server certificates, good ones and bad ones, by running
// `openssl`. `host` is a name or an IP address. Each is made once, at the first call, and lives as
// long as the authority. For a wrong name ask for valid() with another host.
class TestCa {
 public:
  TestCa();

  std::filesystem::path ca_file() const;

  Certificate valid(const std::string& host);
  Certificate expired(const std::string& host);
  Certificate not_yet_valid(const std::string& host);
  Certificate self_signed(const std::string& host);
  Certificate by_unknown_ca(const std::string& host);

 private:
  struct Validity {
    std::string from;
    std::string until;
  };

  Certificate issue(const std::string& kind, const std::string& host, const Validity& validity);
  Certificate files(const std::string& kind, const std::string& host) const;

  ScratchDir directory_ = {};
  std::map<std::pair<std::string, std::string>, Certificate> issued_ = {};
  std::unique_ptr<TestCa> unknown_ca_ = {};
};

// The one authority that the tests of this process share.
TestCa& test_ca();
