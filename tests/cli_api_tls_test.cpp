// Whom the built program shows its token: the API under a good certificate, and nobody else.

#include <string>

#include "support/api_scene.h"
#include "support/catch.h"

namespace {

constexpr const char* kRecord = "www.example.com";
constexpr const char* kApi = "127.0.1.1";

/// A Cloudflare behind that certificate, which knows what the lab's does.
class SecureApi {
 public:
  explicit SecureApi(const Certificate& certificate)
      : cloudflare({.cert = certificate.cert, .key = certificate.key}) {
    cloudflare.add_zone({.name = "example.com"});
    cloudflare.add_token({.value = Lab::kToken});
    cloudflare.add_record({.name = kRecord, .content = Lab::kMain});
  }

  std::string content() const { return cloudflare.record(kRecord)->content; }

  LoopbackCloudflare cloudflare;
};

/// A run in the lab that speaks to this API instead of the lab's.
ProcessSpec run_against(const SecureApi& api, const Lab& lab, const Options& more = {}) {
  return with_variable(one_run(lab, more), "CLOUDFLARE_BASE_URL", api.cloudflare.base_url());
}

ProcessSpec trusting_us(ProcessSpec spec) {
  return with_variable(std::move(spec), "SSL_CERT_FILE", test_ca().ca_file());
}

void check_refused(const SecureApi& api, const Lab& lab, const ProcessResult& result,
                   const std::string& words) {
  CAPTURE(result.err);
  CHECK(result.status == 3);
  CHECK(result.out.empty());
  CHECK(contains(result.err,
                 "could not read the record: the certificate of 127.0.1.1 was not "
                 "accepted: "));
  CHECK(contains(result.err, words));
  CHECK(api.cloudflare.requests().empty());
  check_secret(Lab::kToken, lab, result);
}

}  // namespace

TEST_CASE("An API with a certificate that SSL_CERT_FILE or CURL_CA_BUNDLE vouches for is trusted") {
  const auto lab = failover_due();
  const SecureApi api(test_ca().valid(kApi));
  const std::string variable = GENERATE(as<std::string>(), "SSL_CERT_FILE", "CURL_CA_BUNDLE");

  const ProcessResult result =
      run(with_variable(run_against(api, *lab), variable, test_ca().ca_file()));

  CAPTURE(result.err);
  CHECK(result.status == 0);
  CHECK(result.out == success_line());
  CHECK(api.content() == Lab::kBackup);
  CHECK(api.cloudflare.writes().size() == 1);
  CHECK(lab->cloudflare.connections() == 0);
  check_secret(Lab::kToken, *lab, result);
}

TEST_CASE("An API with a bad certificate is refused with the verifier's words, and sees no token") {
  const auto lab = failover_due();
  const Options hurry{"--deadline", "500ms"};

  SECTION("for another name") {
    const SecureApi api(test_ca().valid("127.0.1.2"));
    check_refused(api, *lab, run(trusting_us(run_against(api, *lab, hurry))), "127.0.1.1");
  }
  SECTION("expired") {
    const SecureApi api(test_ca().expired(kApi));
    check_refused(api, *lab, run(trusting_us(run_against(api, *lab, hurry))),
                  "certificate has expired");
  }
  SECTION("not valid yet") {
    const SecureApi api(test_ca().not_yet_valid(kApi));
    check_refused(api, *lab, run(trusting_us(run_against(api, *lab, hurry))), "not yet valid");
  }
  SECTION("self-signed") {
    const SecureApi api(test_ca().self_signed(kApi));
    check_refused(api, *lab, run(trusting_us(run_against(api, *lab, hurry))), "self");
  }
  SECTION("of an authority that we do not know") {
    const SecureApi api(test_ca().by_unknown_ca(kApi));
    check_refused(api, *lab, run(trusting_us(run_against(api, *lab, hurry))),
                  "unable to get local issuer certificate");
  }
  SECTION("of an authority that the system does not know") {
    const SecureApi api(test_ca().valid(kApi));
    check_refused(api, *lab, run(run_against(api, *lab, hurry)),
                  "unable to get local issuer certificate");
  }
}

TEST_CASE("A refused certificate is not tried again") {
  const auto lab = failover_due();
  const SecureApi api(test_ca().expired(kApi));

  const ProcessResult result = run(trusting_us(run_against(api, *lab, {"--deadline", "4s"})));

  CHECK(result.status == 3);
  CHECK(result.elapsed < std::chrono::seconds{3});
  CHECK(api.cloudflare.connections() <= 2);  // one for each name that may be a zone
}

TEST_CASE("Switching the verification of origins off does not concern the API") {
  const auto lab = failover_due();
  const SecureApi api(test_ca().valid(kApi));
  Options more = GENERATE(Options{"--insecure"}, Options{"--ca-file", test_ca().ca_file()});
  more.insert(more.end(), {"--deadline", "500ms"});

  const ProcessResult result = run(run_against(api, *lab, more));

  CAPTURE(result.err);
  CHECK(result.status == 3);
  CHECK(api.cloudflare.requests().empty());
}

TEST_CASE("A write on a kept TLS connection that is closed without an answer arrives once") {
  const auto [effect, status] =
      GENERATE(table<fault::Effect, int>({{fault::Effect::none, 6}, {fault::Effect::applied, 0}}));
  const auto lab = failover_due();
  SecureApi api(test_ca().valid(kApi));
  api.cloudflare.arm(
      {.method = "PATCH", .times = fault::kAlways, .mischief = fault::Close{effect}});

  const ProcessResult result = run(trusting_us(run_against(api, *lab)));

  CAPTURE(result.err);
  CHECK(result.status == status);
  CHECK(api.cloudflare.writes().size() == 1);
}

TEST_CASE("A redirect is not followed: nobody else gets the token") {
  const auto lab = failover_due();
  LoopbackCloudflare elsewhere({.address = "127.0.1.3"});
  const auto [exchange, status] = GENERATE(table<Exchange, int>(
      {{Exchange::zones, 3}, {Exchange::list, 3}, {Exchange::reread, 6}, {Exchange::patch, 6}}));
  at(exchange, fault::redirect(elsewhere.base_url() + "/zones"))(*lab);

  const ProcessResult result = run_once(*lab);

  CAPTURE(describe(exchange), result.err);
  CHECK(result.status == status);
  CHECK(contains(result.err, "HTTP 307"));
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("HTTPS_PROXY is used for the API, and does not see the token") {
  const auto lab = failover_due();
  const SecureApi api(test_ca().valid(kApi));
  LoopbackOrigin proxy({.address = "127.0.5.1"}, behaviour::status(403));
  ProcessSpec spec = trusting_us(run_against(api, *lab, {"--deadline", "500ms"}));
  spec.environment["HTTPS_PROXY"] = proxy.url();

  const ProcessResult result = run(spec);

  CAPTURE(result.err);
  CHECK(result.status == 3);
  CHECK(contains(result.err, "through the proxy: "));
  CHECK(contains(result.err, "403"));
  REQUIRE_FALSE(proxy.requests().empty());
  for (const SeenRequest& request : proxy.requests()) {
    CHECK(request.method == "CONNECT");
    CHECK_FALSE(contains(request.head, Lab::kToken));
  }
  CHECK(api.cloudflare.connections() == 0);
  check_secret(Lab::kToken, *lab, result);
}

TEST_CASE("A proxy that is not there is told as one, and not as Cloudflare") {
  const auto lab = failover_due();
  const SecureApi api(test_ca().valid(kApi));
  ProcessSpec spec = trusting_us(run_against(api, *lab, {"--deadline", "500ms"}));
  spec.environment["HTTPS_PROXY"] = "http://somebody:planted-secret@127.0.5.1:1";

  const ProcessResult result = run(spec);

  CAPTURE(result.err);
  CHECK(result.status == 3);
  CHECK(contains(result.err, "through the proxy: Failed to connect to "));
  CHECK_FALSE(contains(result.err, "refused the connection"));
  CHECK_FALSE(contains(result.err, "planted-secret"));
}

TEST_CASE("A proxy for plain HTTP is used neither for the API on loopback nor for probes") {
  const auto lab = failover_due();
  LoopbackOrigin proxy({.address = "127.0.5.1"}, behaviour::status(403));
  ProcessSpec spec = one_run(*lab);
  for (const char* const name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    spec.environment[name] = proxy.url();
  }

  const ProcessResult result = run_once(*lab, spec);

  CHECK(result.status == 0);
  CHECK(result.out == success_line());
  CHECK(proxy.connections() == 0);
}

TEST_CASE("Plain HTTP to an API that is not on loopback is refused, and nothing is contacted") {
  const auto lab = failover_due();
  const std::string url = GENERATE(as<std::string>(), "http://192.0.2.1/client/v4",
                                   "http://api.example.com/client/v4", "ftp://127.0.1.1/", "x");

  const ProcessResult result =
      run_once(*lab, with_variable(one_run(*lab), "CLOUDFLARE_BASE_URL", url));

  CHECK(result.status == 2);
  CHECK(contains(result.err, "cf-failover: error: CLOUDFLARE_BASE_URL"));
  CHECK(lab->backup.connections() == 0);
}
