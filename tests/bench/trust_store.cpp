#include "trust_store.h"

#include <fstream>
#include <stdexcept>
#include <vector>

#include "../support/process.h"

namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

constexpr const char* kSystemCertificates = "/etc/ssl/certs";
constexpr const char* kAuthority = "basicConstraints=critical,CA:TRUE";

void openssl(const fs::path& directory, Arguments arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const ProcessResult result = run({.argv = arguments, .directory = directory});
  if (result.status != 0) {
    throw std::runtime_error{"openssl " + arguments.at(1) + ": " + result.err};
  }
}

// A certificate for a new key, signed by `issuer` or, without one, by itself.
void make_certificate(const fs::path& directory, const std::string& stem, const std::string& curve,
                      const std::string& issuer, const Arguments& extensions) {
  Arguments arguments{"req",         "-x509",       "-config",
                      "req.cnf",     "-newkey",     "ec",
                      "-nodes",      "-days",       "3650",
                      "-sha384",     "-subj",       "/CN=cf-failover bench " + stem,
                      "-keyout",     stem + ".key", "-out",
                      stem + ".pem", "-pkeyopt",    "ec_paramgen_curve:" + curve};
  if (!issuer.empty()) {
    arguments.insert(arguments.end(), {"-CA", issuer + ".pem", "-CAkey", issuer + ".key"});
  }
  for (const std::string& extension : extensions) {
    arguments.insert(arguments.end(), {"-addext", extension});
  }
  openssl(directory, arguments);
}

}  // namespace

TrustStore::TrustStore() {
  make_authorities();
  fs::create_directory(directory());
  copy_system_certificates();
  fs::copy_file(scratch_.path() / "root.pem", directory() / "cf-failover-bench.pem");
  openssl(directory(), {"rehash", "."});
  write_bundle();
}

void TrustStore::make_authorities() {
  scratch_.write("req.cnf", "[req]\ndistinguished_name = any\n[any]\n");
  const std::string usage = "keyUsage=critical,keyCertSign,cRLSign";
  make_certificate(scratch_.path(), "root", "P-384", "", {kAuthority, usage});
  make_certificate(scratch_.path(), "intermediate", "P-256", "root", {kAuthority, usage});
}

// Debian's directory has a name ending in .pem for each, beside the hashes.
void TrustStore::copy_system_certificates() {
  for (const fs::directory_entry& entry : fs::directory_iterator{kSystemCertificates}) {
    if (entry.path().extension() == ".pem") {
      fs::copy_file(entry.path(), directory() / entry.path().filename());
    }
  }
}

void TrustStore::write_bundle() {
  std::ofstream bundle{file(), std::ios::binary};
  for (const fs::directory_entry& entry : fs::directory_iterator{directory()}) {
    if (entry.path().extension() == ".pem") {
      bundle << std::ifstream{entry.path(), std::ios::binary}.rdbuf();
      ++size_;
    }
  }
}

Certificate TrustStore::issue(const std::string& stem, const std::string& names) {
  make_certificate(scratch_.path(), stem, "P-256", "intermediate",
                   {"subjectAltName=" + names, "extendedKeyUsage=serverAuth",
                    "keyUsage=critical,digitalSignature", "basicConstraints=critical,CA:FALSE"});
  const fs::path chain = scratch_.write(
      stem + "-chain.pem", scratch_.read(stem + ".pem") + scratch_.read("intermediate.pem"));
  return {.cert = chain, .key = scratch_.path() / (stem + ".key")};
}
