#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// How far a loopback origin gets with a request before it does something else. On a TLS origin all
// of this happens inside a finished handshake, except `accepted`, which is before it; see
// behaviour::CutHandshake for what lies between.
enum class Stage {
  accepted,      // the connection is open, nothing has been read
  request_read,  // the request's head has been read, nothing has been sent
  in_head,       // half of the answer's head has been sent
  head_sent,     // all of it, and nothing of the body
  in_body,       // the head and half of the body have been sent
};

// How it leaves a connection when it is done with it.
enum class Ending {
  close,  // FIN, and close_notify before it if a TLS answer was complete
  reset,  // RST
  hang,   // not at all: the connection stays open, silent
};

namespace behaviour {

// A complete HTTP/1.1 answer. Content-Length is added; a HEAD request gets the same head and no
// body, and so does everybody with status 204 or 304.
struct Answer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = "ok";
  std::vector<int> interim = {};  // statuses of informational heads that go first, e.g. {103}
  bool keep_alive = false;        // true: awaits further requests on the connection
  std::chrono::milliseconds delay = {};  // between the request and the answer
};

// Exactly these bytes in place of an answer, once the request has been read.
struct Raw {
  std::string bytes = {};
  Ending then = Ending::close;
};

// The answer up to `at`, and no further: nothing more comes, or RST, or FIN (without close_notify).
struct Hang {
  Stage at = Stage::request_read;
};
struct Reset {
  Stage at = Stage::request_read;
};
struct Close {
  Stage at = Stage::request_read;
};

// The answer up to `from` at once, the rest of it byte by byte.
struct Drip {
  std::chrono::milliseconds interval{50};
  Stage from = Stage::request_read;
  Answer answer = {};
};

// An answer of which one part never ends.
enum class Part { interim_heads, headers, header_line, body, chunks };
struct Endless {
  Part part = Part::body;
};

// Nobody listens on the port: ECONNREFUSED.
struct Refuse {};

// The connection is never completed: the queue of the listening socket is full and the kernel drops
// what else wants to connect, so that a client sees silence.
struct NeverConnect {};

// For TLS origins: the server's side of the handshake is cut after so many bytes. A ServerHello
// takes about 130 of them and the rest of the first flight, with the certificate, some 800 more.
struct CutHandshake {
  std::size_t after_bytes = 0;
  Ending then = Ending::hang;
};

// Some answers with a name of their own.
Answer status(int status, std::string body = "");
Answer redirect(std::string location, int status = 301);
Raw http09(std::string body = "ok");  // a body without a status line
Raw not_http();                       // what an SSH server says
Raw chunked(const std::vector<std::string>& chunks);
Raw invalid_chunks();  // a chunk whose size is no number
Raw short_body(
    Ending then = Ending::close);  // two bytes of the hundred that Content-Length promises

}  // namespace behaviour

using Behaviour = std::variant<behaviour::Answer, behaviour::Raw, behaviour::Hang, behaviour::Reset,
                               behaviour::Close, behaviour::Drip, behaviour::Endless,
                               behaviour::Refuse, behaviour::NeverConnect, behaviour::CutHandshake>;
