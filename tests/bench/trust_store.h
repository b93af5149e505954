#pragma once

#include <filesystem>
#include <string>

#include "../support/scratch_dir.h"
#include "../support/test_ca.h"

// What a client meets in the field: the certificates that this system trusts, as a hashed directory
// and as one file, and among them an authority of ours whose chains look like those of Cloudflare's
// API: root P-384, intermediate P-256, leaf P-256.
class TrustStore {
 public:
  TrustStore();

  std::filesystem::path directory() const { return scratch_.path() / "certs"; }
  std::filesystem::path file() const { return directory() / "ca-certificates.crt"; }
  std::size_t size() const { return size_; }

  // For these names, each with its kind as in "DNS:www.example.com". The file has the chain.
  Certificate issue(const std::string& stem, const std::string& names);

 private:
  void make_authorities();
  void copy_system_certificates();
  void write_bundle();

  ScratchDir scratch_;
  std::size_t size_ = 0;
};
