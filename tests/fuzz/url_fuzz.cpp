// Addresses of servers, which libcurl must read as we do, and probes.

#include <curl/curl.h>

#include <memory>

#include "fuzz.h"
#include "value/probe_settings.h"
#include "value/text.h"

namespace {

/// A part of an address, as libcurl takes it to pieces; empty where it refuses.
std::string curls(const std::string& url, CURLUPart part) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> handle(curl_url(), curl_url_cleanup);
  char* text = nullptr;
  if (curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(handle.get(), part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) {
    return {};
  }
  const std::unique_ptr<char, void (*)(void*)> owner(text, curl_free);
  return text;
}

void check(const Url& url) {
  const auto again = Url::parse(url.str());
  always(again && again->str() == url.str() && again->host() == url.host() &&
             again->port() == url.port() && again->scheme() == url.scheme(),
         "an address is read back");
  always(url.str().starts_with(url.describe()), "what is shown is the beginning");
  always(!has_nul(url.str()) && printable(url.str(), url.str().size() + 1) == url.str(),
         "an address can be shown");
  const auto with_path = Url::parse(url.with_path("/zones").str());
  always(with_path && with_path->host() == url.host(), "a path changes no host");

  const auto address = url.host_address();
  const bool is_v6 = address && address->family() == IpAddress::Family::v6;
  const std::string host = curls(url.str(), CURLUPART_HOST);
  always(host.empty() || is_v6 || lower_case(host) == url.host(), "libcurl dials the same host");
  always(host.empty() || !is_v6 || IpAddress::parse(host.substr(1, host.size() - 2)) == address,
         "libcurl dials the same address");
  always(host.empty() || curls(url.str(), CURLUPART_PORT) == std::to_string(url.port()),
         "libcurl dials the same port");
}

}  // namespace

void fuzz(std::string_view input) {
  if (const auto url = Url::parse(input)) {
    check(*url);
  }
  if (const auto target = parse_probe_target(input)) {
    const std::string text = to_text(*target);
    const auto again = parse_probe_target(text);
    always(again && again->index() == target->index() && to_text(*again) == text,
           "a probe is read back");
  }
}
