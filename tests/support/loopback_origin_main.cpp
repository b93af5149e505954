// An origin to start by hand: see --help.

#include <charconv>
#include <chrono>
#include <csignal>
#include <cxxopts.hpp>
#include <exception>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "loopback_origin.h"

namespace {

using Options = cxxopts::ParseResult;

constexpr const char* kBehaviours = R"(
Behaviours:
  answer          the status and body given (default)
  redirect        --status (301 unless given) with --location
  refuse          nobody listens: connection refused
  never-connect   the connection is never completed: time-out
  hang            silence from --stage on, the connection stays open
  reset           RST at --stage
  close           FIN at --stage
  drip            the answer byte by byte, one per --interval milliseconds, from --stage on
  endless-body, endless-chunks, endless-headers, endless-header-line, endless-interim-heads
  short-body      less than Content-Length promises
  chunked         the body in one chunk, well formed
  invalid-chunks  a chunk whose size is no number
  http09          a body without a status line
  not-http        the greeting of another protocol
  cut-handshake   TLS: the server's side stops after --after-bytes

Stages: accepted, request-read (default), in-head, head-sent, in-body

It ends with status 0 on SIGTERM or SIGINT. Example:
  loopback-origin --listen 127.0.2.1:8080 --status 503 --verbose
)";

template <class Number>
Number number(const std::string& option, const std::string& text) {
  Number result{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::invalid_argument{"--" + option + ": not a number: \"" + text + "\""};
  }
  return result;
}

template <class Number>
Number number(const Options& options, const std::string& name) {
  return number<Number>(name, options[name].as<std::string>());
}

template <class Value>
const Value& look_up(const std::map<std::string, Value>& table, const std::string& option,
                     const std::string& name) {
  const auto found = table.find(name);
  if (found == table.end()) {
    throw std::invalid_argument{"--" + option + ": unknown: \"" + name + "\", see --help"};
  }
  return found->second;
}

Stage stage(const Options& options) {
  static const std::map<std::string, Stage> kStages{{"accepted", Stage::accepted},
                                                    {"request-read", Stage::request_read},
                                                    {"in-head", Stage::in_head},
                                                    {"head-sent", Stage::head_sent},
                                                    {"in-body", Stage::in_body}};
  return look_up(kStages, "stage", options["stage"].as<std::string>());
}

std::pair<std::string, std::string> header(const std::string& text) {
  const std::size_t colon = text.find(": ");
  if (colon == text.npos) {
    throw std::invalid_argument{"--header: not \"Name: value\": \"" + text + "\""};
  }
  return {text.substr(0, colon), text.substr(colon + 2)};
}

std::chrono::milliseconds milliseconds(const Options& options, const std::string& name) {
  return std::chrono::milliseconds{number<unsigned>(options, name)};
}

behaviour::Answer answer(const Options& options) {
  behaviour::Answer result{.status = number<int>(options, "status"),
                           .body = options["body"].as<std::string>(),
                           .keep_alive = options.count("keep-alive") != 0,
                           .delay = milliseconds(options, "delay")};
  if (options.count("header") != 0) {
    result.headers.push_back(header(options["header"].as<std::string>()));
  }
  return result;
}

// What the options say about every behaviour, whichever is chosen.
struct Details {
  behaviour::Answer answer;
  behaviour::Answer redirect;
  Stage stage;
  std::chrono::milliseconds interval;
  std::size_t after_bytes;
};

Details details(const Options& options) {
  const behaviour::Answer wanted = answer(options);
  const int redirect_status = options.count("status") != 0 ? wanted.status : 301;
  return {.answer = wanted,
          .redirect = behaviour::redirect(options["location"].as<std::string>(), redirect_status),
          .stage = stage(options),
          .interval = milliseconds(options, "interval"),
          .after_bytes = number<std::size_t>(options, "after-bytes")};
}

Behaviour chosen_behaviour(const Options& options) {
  using behaviour::Endless;
  using behaviour::Part;
  const Details all = details(options);
  const std::map<std::string, Behaviour> behaviours{
      {"answer", all.answer},
      {"redirect", all.redirect},
      {"refuse", behaviour::Refuse{}},
      {"never-connect", behaviour::NeverConnect{}},
      {"hang", behaviour::Hang{all.stage}},
      {"reset", behaviour::Reset{all.stage}},
      {"close", behaviour::Close{all.stage}},
      {"drip", behaviour::Drip{all.interval, all.stage, all.answer}},
      {"endless-body", Endless{Part::body}},
      {"endless-chunks", Endless{Part::chunks}},
      {"endless-headers", Endless{Part::headers}},
      {"endless-header-line", Endless{Part::header_line}},
      {"endless-interim-heads", Endless{Part::interim_heads}},
      {"short-body", behaviour::short_body()},
      {"chunked", behaviour::chunked({all.answer.body})},
      {"invalid-chunks", behaviour::invalid_chunks()},
      {"http09", behaviour::http09(all.answer.body)},
      {"not-http", behaviour::not_http()},
      {"cut-handshake", behaviour::CutHandshake{all.after_bytes}},
  };
  return look_up(behaviours, "behaviour", options["behaviour"].as<std::string>());
}

// ADDRESS:PORT or [ADDRESS]:PORT, and the certificate.
Listen listen(const Options& options) {
  const std::string text = options["listen"].as<std::string>();
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) {
    throw std::invalid_argument{"--listen: not ADDRESS:PORT: \"" + text + "\""};
  }
  const bool bracketed = text.front() == '[' && colon > 1;
  Listen result{.address = bracketed ? text.substr(1, colon - 2) : text.substr(0, colon),
                .port = number<std::uint16_t>("listen", text.substr(colon + 1))};
  if (options.count("cert") != options.count("key")) {
    throw std::invalid_argument{"--cert and --key need each other"};
  }
  if (options.count("cert") != 0) {
    result.certificate = {options["cert"].as<std::string>(), options["key"].as<std::string>()};
  }
  return result;
}

cxxopts::Options known_options() {
  const auto text = [](const char* preset = nullptr) {
    const auto value = cxxopts::value<std::string>();
    return preset == nullptr ? value : value->default_value(preset);
  };
  cxxopts::Options options{"loopback-origin",
                           "A web server on a loopback address, well behaved or not.\n"};
  options.add_options()  //
      ("listen", "where, in 127.0.0.0/8 or ::1 (port 0: a free one)", text("127.0.2.1:8080"),
       "ADDRESS:PORT")                                                                  //
      ("cert", "speak TLS with this certificate (PEM)", text(), "FILE")                 //
      ("key", "and this key (PEM)", text(), "FILE")                                     //
      ("behaviour", "one of those below", text("answer"), "NAME")                       //
      ("stage", "how far it gets before it misbehaves", text("request-read"), "STAGE")  //
      ("status", "status of the answer", text("200"), "CODE")                           //
      ("header", "a header field of the answer", text(), "'NAME: VALUE'")               //
      ("body", "body of the answer", text("ok"), "TEXT")                                //
      ("delay", "before the answer", text("0"), "MS")                                   //
      ("keep-alive", "await further requests on a connection")                          //
      ("location", "where a redirect points", text("https://www.example.com/"), "URL")  //
      ("interval", "between the bytes of a drip", text("50"), "MS")                     //
      ("after-bytes", "where the handshake is cut", text("0"), "COUNT")                 //
      ("v,verbose", "a line on standard error for each request")                        //
      ("h,help", "this text");
  return options;
}

void report(const SeenRequest& request) {
  std::cerr << request.method + " " + request.path + " Host: " + request.host() + "\n";
}

// Blocked before any thread starts, so that all of them leave these signals to sigwait().
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }

  void await() const {
    int ignored = 0;
    sigwait(&signals_, &ignored);
  }

 private:
  sigset_t signals_;
};

int serve(const Options& options) {
  const EndSignals end;
  LoopbackOrigin origin{listen(options), chosen_behaviour(options)};
  if (options.count("verbose") != 0) {
    origin.on_request(report);
  }
  std::cout << "listening on " << origin.url() << std::endl;
  end.await();
  return 0;
}

}  // namespace

int main(int argc, char* argv[]) {
  try {
    auto known = known_options();
    const Options options = known.parse(argc, argv);
    if (options.count("help") != 0) {
      std::cout << known.help() << kBehaviours;
      return 0;
    }
    if (!options.unmatched().empty()) {
      throw std::invalid_argument{"what is \"" + options.unmatched().front() + "\"?"};
    }
    return serve(options);
  } catch (const std::exception& error) {
    std::cerr << "loopback-origin: " << error.what() << '\n';
    return 2;
  }
}
