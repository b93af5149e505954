// Where the built program looks for the certificates of authorities, and that it reads no more of
// them than it must: parsing a whole bundle takes longer than all else that a run does.

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "support/catch.h"
#include "support/descriptor.h"
#include "support/moving_lab.h"

namespace {

namespace fs = std::filesystem;

/// Counts how often anybody opens a file, from now on.
class Opens {
 public:
  explicit Opens(const fs::path& file) : descriptor_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    REQUIRE(inotify_add_watch(descriptor_.get(), file.c_str(), IN_OPEN) >= 0);
  }

  int count() {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    for (;;) {
      const ssize_t bytes = read(descriptor_.get(), buffer.data(), buffer.size());
      if (bytes <= 0) {
        return count_;
      }
      // The file itself is watched: its events have no names, and all the same size.
      count_ += static_cast<int>(static_cast<std::size_t>(bytes) / sizeof(inotify_event));
    }
  }

 private:
  Descriptor descriptor_;
  int count_ = 0;
};

/// A world of TLS, API included, and a system with these authorities.
class TrustScene {
 public:
  enum class Has { nothing, another, ours };

  TrustScene(Has directory, Has bundle) {
    cloudflare_.add_zone({.name = "example.com"});
    cloudflare_.add_token({.value = Lab::kToken});
    cloudflare_.add_record({.name = "www.example.com", .content = Lab::kMain});
    fs::create_directory(directory_);
    if (directory != Has::nothing) {
      fs::copy(file_of(directory), directory_ / (hash_of(file_of(directory)) + ".0"));
    }
    if (bundle != Has::nothing) {
      fs::copy(file_of(bundle), bundle_);
    } else {
      lab.scratch.write("bundle.pem", "");
    }
  }

  /// A run that knows these authorities alone.
  ProcessSpec spec() const {
    ProcessSpec spec = without(one_run(lab), "--ca-file");
    spec.environment["CLOUDFLARE_BASE_URL"] = cloudflare_.base_url();
    spec.environment["SSL_CERT_DIR"] = directory_;
    spec.environment["SSL_CERT_FILE"] = bundle_;
    return spec;
  }

  Opens bundle_opens() const { return Opens(bundle_); }

  Lab lab{Lab::Origins::tls};

 private:
  fs::path file_of(Has which) {
    return which == Has::ours ? test_ca().ca_file() : another_.ca_file();
  }

  static std::string hash_of(const fs::path& certificate) {
    const std::string hash =
        run({.argv = {"openssl", "x509", "-noout", "-hash", "-in", certificate}}).out;
    REQUIRE(hash.size() == 9);
    return hash.substr(0, 8);
  }

  Certificate certificate_ = test_ca().valid("127.0.1.1");
  LoopbackCloudflare cloudflare_{{.cert = certificate_.cert, .key = certificate_.key}};
  TestCa another_;
  fs::path directory_ = lab.scratch.path() / "certs";
  fs::path bundle_ = lab.scratch.path() / "bundle.pem";
};

}  // namespace

TEST_CASE("A healthy run opens no bundle of certificates") {
  const TrustScene scene(TrustScene::Has::ours, TrustScene::Has::ours);
  Opens opens = scene.bundle_opens();

  const ProcessResult result = run(scene.spec());

  CAPTURE(result.err);
  CHECK(result.status == 0);
  CHECK(opens.count() == 0);
}

TEST_CASE("A directory that is not hashed is no use, and the bundle is read once per run") {
  const TrustScene scene(TrustScene::Has::nothing, TrustScene::Has::ours);
  Opens opens = scene.bundle_opens();

  const ProcessResult result = run(scene.spec());

  CAPTURE(result.err);
  CHECK(result.status == 0);
  CHECK(opens.count() == 1);
}

TEST_CASE("What the directory does not know, the bundle may") {
  const TrustScene scene(TrustScene::Has::another, TrustScene::Has::ours);
  Opens opens = scene.bundle_opens();

  const ProcessResult result = run(scene.spec());

  CAPTURE(result.err);
  CHECK(result.status == 0);
  CHECK(opens.count() == 1);
}

TEST_CASE("What neither knows is refused") {
  const TrustScene scene(TrustScene::Has::another, TrustScene::Has::another);

  const ProcessResult result = run(scene.spec());

  CHECK(result.status == 3);
  CHECK(contains(result.err, "unable to get local issuer certificate"));
}

TEST_CASE("Origins with an authority of their own need no other, and none at all unverified") {
  const auto options =
      GENERATE(values<Options>({{"--ca-file", test_ca().ca_file()}, {"--insecure"}}));
  const TrustScene scene(TrustScene::Has::ours, TrustScene::Has::ours);
  Opens opens = scene.bundle_opens();
  ProcessSpec spec = scene.spec();
  spec.argv.insert(spec.argv.end(), options.begin(), options.end());

  const ProcessResult result = run(spec);

  CAPTURE(result.err);
  CHECK(result.status == 0);
  CHECK(opens.count() == 0);
}
