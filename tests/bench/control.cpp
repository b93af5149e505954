// The exchanges of a run, and nothing else: what libcurl itself costs, set as well as we know.
//
//   control                                                only starts and stops libcurl
//   control LIST-URL MAIN BACKUP PROBE-URL                 reads the record, probes both
//   control LIST-URL MAIN BACKUP PROBE-URL RECORD-URL NEW  ... reads again and changes it

#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

std::size_t discard(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class Control {
 public:
  Control() = default;
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  ~Control() {
    curl_slist_free_all(headers_);
    curl_multi_cleanup(multi_);
    curl_global_cleanup();
  }

  CURL* api(const std::string& url) {
    CURL* const easy = exchange(url);
    const std::string token = "Authorization: Bearer " + environment("CLOUDFLARE_API_TOKEN");
    headers_ = curl_slist_append(headers_, token.c_str());
    headers_ = curl_slist_append(headers_, "Content-Type: application/json");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    return easy;
  }

  CURL* probe(const std::string& url, curl_slist* connect_to) {
    CURL* const easy = exchange(url);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    return easy;
  }

  void add(CURL* easy) { curl_multi_add_handle(multi_, easy); }

  // Until all are done; how many of them failed.
  int perform() {
    int running = 0;
    while (curl_multi_perform(multi_, &running) == CURLM_OK && running > 0) {
      curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
    return failures();
  }

 private:
  CURL* exchange(const std::string& url) {
    CURL* const easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &discard);
    curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
    curl_easy_setopt(easy, CURLOPT_CAPATH, ca_directory_.c_str());
    return easy;
  }

  int failures() {
    int failed = 0;
    int queued = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &queued)) {
      long status = 0;
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
      failed += message->data.result == CURLE_OK && status == 200 ? 0 : 1;
      curl_multi_remove_handle(multi_, message->easy_handle);
    }
    return failed;
  }

  static CURLM* start() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return curl_multi_init();
  }

  std::string ca_directory_ = environment("SSL_CERT_DIR");
  CURLM* multi_ = start();
  curl_slist* headers_ = nullptr;
};

int look(Control& control, CURL* api, char** argv) {
  curl_slist* const to_main = curl_slist_append(nullptr, argv[2]);
  curl_slist* const to_backup = curl_slist_append(nullptr, argv[3]);
  CURL* const main = control.probe(argv[4], to_main);
  CURL* const backup = control.probe(argv[4], to_backup);
  control.add(api);
  control.add(main);
  control.add(backup);
  const int failed = control.perform();
  curl_easy_cleanup(main);
  curl_easy_cleanup(backup);
  curl_slist_free_all(to_main);
  curl_slist_free_all(to_backup);
  return failed;
}

int change(Control& control, CURL* api, char** argv) {
  control.add(api);
  int failed = control.perform();
  const std::string body = std::string(R"({"content":")") + argv[6] + "\"}";
  curl_easy_setopt(api, CURLOPT_URL, argv[5]);
  curl_easy_setopt(api, CURLOPT_CUSTOMREQUEST, "PATCH");
  curl_easy_setopt(api, CURLOPT_POSTFIELDS, body.c_str());
  control.add(api);
  failed += control.perform();
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  Control control;
  if (argc < 5) {
    return 0;
  }
  CURL* const api = control.api(argv[1]);
  const int failed = look(control, api, argv);
  const bool changes = argc > 6;
  const int failed_later = changes ? change(control, api, argv) : 0;
  curl_easy_cleanup(api);
  // In a change one site may be dead.
  return failed > (changes ? 1 : 0) || failed_later > 0 ? 1 : 0;
}
