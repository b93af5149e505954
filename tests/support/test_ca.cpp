#include "test_ca.h"

#include <arpa/inet.h>

#include <stdexcept>
#include <vector>

#include "process.h"

namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

// What `openssl ca` needs to know; relative paths, as it runs in the authority's directory.
constexpr const char* kConfiguration = R"(
[ca]
default_ca = test_ca
[test_ca]
database = index.txt
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any_subject
unique_subject = no
copy_extensions = copy
rand_serial = yes
[any_subject]
commonName = supplied
[req]
distinguished_name = any_name
[any_name]
)";

void openssl(const fs::path& directory, Arguments arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const ProcessResult result = run({.argv = arguments, .directory = directory});
  if (result.status != 0) {
    throw std::runtime_error{"openssl " + arguments.at(1) + ": " + result.err};
  }
}

Arguments operator+(Arguments left, const Arguments& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// A new P-256 key in the file `key`, and a request or a certificate for it.
Arguments new_key(const std::string& key) {
  return {"req",     "-config", "ca.cnf",   "-newkey",
          "ec",      "-nodes",  "-pkeyopt", "ec_paramgen_curve:P-256",
          "-keyout", key};
}

// The subject names no host, so that only the alternative name can match.
Arguments server_names(const std::string& host) {
  in6_addr ignored;
  const bool is_address = inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
                          inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
  return {"-subj",   "/CN=loopback origin",
          "-addext", "subjectAltName=" + std::string{is_address ? "IP:" : "DNS:"} + host,
          "-addext", "extendedKeyUsage=serverAuth",
          "-addext", "basicConstraints=critical,CA:FALSE"};
}

void make_authority(const ScratchDir& directory) {
  directory.write("ca.cnf", kConfiguration);
  directory.write("index.txt", "");
  openssl(directory.path(),
          new_key("ca.key") + Arguments{"-x509", "-out", "ca.pem", "-days", "3650", "-subj",
                                        "/CN=cf-failover test CA", "-addext",
                                        "basicConstraints=critical,CA:TRUE", "-addext",
                                        "keyUsage=critical,keyCertSign"});
}

std::string file_stem(const std::string& kind, const std::string& host) {
  std::string stem = kind + "-" + host;
  for (char& c : stem) {
    c = c == '*' || c == '/' || c == ':' ? '_' : c;
  }
  return stem;
}

}  // namespace

TestCa::TestCa() {
  make_authority(directory_);
}

fs::path TestCa::ca_file() const {
  return directory_.path() / "ca.pem";
}

Certificate TestCa::valid(const std::string& host) {
  return issue("valid", host, {.from = "20200101000000Z", .until = "20991231235959Z"});
}

Certificate TestCa::expired(const std::string& host) {
  return issue("expired", host, {.from = "20200101000000Z", .until = "20210101000000Z"});
}

Certificate TestCa::not_yet_valid(const std::string& host) {
  return issue("future", host, {.from = "20981231000000Z", .until = "20991231235959Z"});
}

Certificate TestCa::self_signed(const std::string& host) {
  const auto [known, is_new] = issued_.try_emplace({"self-signed", host}, files("self", host));
  if (is_new) {
    const Certificate& own = known->second;
    openssl(directory_.path(), new_key(own.key) + server_names(host) +
                                   Arguments{"-x509", "-days", "3650", "-out", own.cert});
  }
  return known->second;
}

Certificate TestCa::by_unknown_ca(const std::string& host) {
  if (!unknown_ca_) {
    unknown_ca_ = std::make_unique<TestCa>();
  }
  return unknown_ca_->valid(host);
}

Certificate TestCa::issue(const std::string& kind, const std::string& host,
                          const Validity& validity) {
  const auto [known, is_new] = issued_.try_emplace({kind, host}, files(kind, host));
  if (is_new) {
    const Certificate& issued = known->second;
    openssl(directory_.path(),
            new_key(issued.key) + server_names(host) + Arguments{"-new", "-out", "request.pem"});
    openssl(directory_.path(),
            {"ca", "-config", "ca.cnf", "-batch", "-notext", "-in", "request.pem", "-out",
             issued.cert, "-startdate", validity.from, "-enddate", validity.until});
  }
  return known->second;
}

Certificate TestCa::files(const std::string& kind, const std::string& host) const {
  const fs::path stem = directory_.path() / file_stem(kind, host);
  return {.cert = stem.string() + ".pem", .key = stem.string() + ".key"};
}

TestCa& test_ca() {
  static TestCa authority;
  return authority;
}
