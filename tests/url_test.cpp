#include "value/url.h"

#include "support/catch.h"
#include "support/printers.h"

namespace {

using Scheme = Url::Scheme;

Url url(std::string_view text) {
  return Url::parse(text).value();
}

struct Row {
  std::string text;
  Scheme scheme;
  std::string host;
  int port;
  std::string whole;
};

}  // namespace

TEST_CASE("A URL is taken apart into scheme, host and port, and put together again") {
  const Row row = GENERATE(values<Row>({
      {"https://www.example.com/", Scheme::https, "www.example.com", 443,
       "https://www.example.com/"},
      {"https://www.example.com", Scheme::https, "www.example.com", 443,
       "https://www.example.com/"},
      {"http://www.example.com", Scheme::http, "www.example.com", 80, "http://www.example.com/"},
      {"HTTPS://WWW.Example.COM/Path", Scheme::https, "www.example.com", 443,
       "https://www.example.com/Path"},
      {"https://www.example.com:8443/healthz?full=1&x=a:b@c", Scheme::https, "www.example.com",
       8443, "https://www.example.com:8443/healthz?full=1&x=a:b@c"},
      {"https://www.example.com?q=1", Scheme::https, "www.example.com", 443,
       "https://www.example.com/?q=1"},
      {"http://www.example.com:1/", Scheme::http, "www.example.com", 1,
       "http://www.example.com:1/"},
      {"http://www.example.com:65535/", Scheme::http, "www.example.com", 65535,
       "http://www.example.com:65535/"},
      {"https://localhost/", Scheme::https, "localhost", 443, "https://localhost/"},
      {"https://a_b.example.com/%20/..//x", Scheme::https, "a_b.example.com", 443,
       "https://a_b.example.com/%20/..//x"},
      {"http://127.0.0.1:8080/client/v4", Scheme::http, "127.0.0.1", 8080,
       "http://127.0.0.1:8080/client/v4"},
      {"http://[::1]:8080/x", Scheme::http, "::1", 8080, "http://[::1]:8080/x"},
      {"https://[2001:DB8:0::10]", Scheme::https, "2001:db8::10", 443, "https://[2001:db8:0::10]/"},
  }));
  CAPTURE(row.text);

  const auto parsed = Url::parse(row.text);

  REQUIRE(parsed);
  CHECK(parsed->scheme() == row.scheme);
  CHECK(parsed->host() == row.host);
  CHECK(parsed->port() == row.port);
  CHECK(parsed->str() == row.whole);
  CHECK(url(parsed->str()).str() == row.whole);
}

TEST_CASE("A URL that two programs could read differently is refused") {
  const std::string text = GENERATE(values<std::string>({
      "",
      "www.example.com",
      "www.example.com/",
      "//www.example.com/",
      "/healthz",
      "https:",
      "https:/www.example.com/",
      "https:www.example.com",
      "https//www.example.com",
      "://www.example.com/",
      "ftp://www.example.com/",
      "file:///etc/passwd",
      "httpss://www.example.com/",
      " https://www.example.com/",
      "https ://www.example.com/",
      "https://",
      "https:///",
      "https:///healthz",
      "https://?q",
      "https://:443/",
      "https://user@www.example.com/",
      "https://user:password@www.example.com/",
      "https://:password@www.example.com/",
      "https://@www.example.com/",
      "https://www.example.com:443@198.51.100.20/",
      "https://www.example.com/#fragment",
      "https://www.example.com#fragment",
      "https://www.example.com/a b",
      "https://www.example.com/ ",
      "https://www.example.com/\t",
      "https://www.example.com/\r\nHost: other",
      "https://www.example.com\n/",
      "https://www.example.com/\x01",
      "https://www.example.com/\x7f",
      "https://www.example.com/\xc3\xbc",
      "https://f\xc3\xbcr.example.com/",
      "https://www.example.com\\@other.example.com/",
      "https://www.example.com/<script>",
      "https://www.example.com/\"",
      "https://www.example.com/`id`",
      "https://www.example.com/{a,b}",
      "https://www.example.com/a|b",
      "https://www.example.com/a^b",
      "https://www.example.com:/",
      "https://www.example.com:0/",
      "https://www.example.com:65536/",
      "https://www.example.com:4294967739/",
      "https://www.example.com:-1/",
      "https://www.example.com:+443/",
      "https://www.example.com:80a/",
      "https://www.example.com:443:443/",
      "https://-www.example.com/",
      "https://.example.com/",
      "https://www,example.com/",
      "https://www.ex%61mple.com/",
      "https://*.example.com/",
      "https://2001:db8::10/",
      "https://[2001:db8::10/",
      "https://2001:db8::10]/",
      "https://[2001:db8::10]443/",
      "https://[2001:db8::10]:/",
      "https://[2001:db8::10]x:443/",
      "https://[]/",
      "https://[",
      "https://[192.0.2.10]/",
      "https://[www.example.com]/",
      "https://[fe80::1%25eth0]/",
      "https://[[::1]]/",
  }));
  CAPTURE(text);

  CHECK_FALSE(Url::parse(text));
}

TEST_CASE("A NUL and a host that is too long are refused") {
  CHECK_FALSE(Url::parse(std::string_view("https://www.example.com\0/", 25)));
  CHECK_FALSE(Url::parse(std::string_view("https://www.example.com/\0", 25)));
  CHECK(Url::parse("https://" + std::string(253, 'a') + "/"));
  CHECK_FALSE(Url::parse("https://" + std::string(254, 'a') + "/"));
}

TEST_CASE("A URL is described without path and query, which may hold a secret") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"https://hooks.example.com/services/T0/S3CRET?token=S3CRET", "https://hooks.example.com"},
      {"https://hooks.example.com?token=S3CRET", "https://hooks.example.com"},
      {"https://hooks.example.com:8443/S3CRET", "https://hooks.example.com:8443"},
      {"http://[2001:db8::10]:8080/S3CRET", "http://[2001:db8::10]:8080"},
      {"https://hooks.example.com", "https://hooks.example.com"},
  }));
  CAPTURE(text);

  CHECK(url(text).describe() == expected);
}

TEST_CASE("The host of a URL is an address, or a name") {
  CHECK(url("https://192.0.2.10/").host_address() == IpAddress::parse("192.0.2.10"));
  CHECK(url("https://[2001:DB8::0:10]/").host_address() == IpAddress::parse("2001:db8::10"));
  CHECK_FALSE(url("https://www.example.com/").host_address());
  CHECK_FALSE(url("https://192.0.2.10.example.com/").host_address());
}

TEST_CASE("A path is appended with one slash between") {
  const auto [base, expected] = GENERATE(table<std::string, std::string>({
      {"https://api.cloudflare.com/client/v4", "https://api.cloudflare.com/client/v4/zones?name=x"},
      {"https://api.cloudflare.com/client/v4/",
       "https://api.cloudflare.com/client/v4/zones?name=x"},
      {"https://api.cloudflare.com/client/v4//",
       "https://api.cloudflare.com/client/v4/zones?name=x"},
      {"https://api.cloudflare.com", "https://api.cloudflare.com/zones?name=x"},
      {"http://[::1]:8080", "http://[::1]:8080/zones?name=x"},
  }));
  CAPTURE(base);

  const Url longer = url(base).with_path("/zones?name=x");

  CHECK(longer.str() == expected);
  CHECK(longer.host() == url(base).host());
  CHECK(longer.port() == url(base).port());
}

TEST_CASE("A number in place of a host's name is no address") {
  const auto host = GENERATE(as<std::string>(), "0", "2130706433", "0x7f.1", "www.0x1", "127.1",
                             "127.0.0.01", "127.1.");
  CAPTURE(host);

  CHECK_FALSE(Url::parse("https://" + host + "/"));
}
