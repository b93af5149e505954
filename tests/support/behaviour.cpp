#include "behaviour.h"

#include <cstdio>

namespace behaviour {

namespace {

std::string hexadecimal(std::size_t number) {
  char text[2 * sizeof number + 1];
  std::snprintf(text, sizeof text, "%zx", number);
  return text;
}

}  // namespace

Answer status(int status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

Answer redirect(std::string location, int status) {
  return {.status = status, .headers = {{"Location", std::move(location)}}, .body = ""};
}

Raw http09(std::string body) {
  return {.bytes = std::move(body)};
}

Raw not_http() {
  return {.bytes = "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"};
}

Raw chunked(const std::vector<std::string>& chunks) {
  std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
  for (const std::string& chunk : chunks) {
    bytes += hexadecimal(chunk.size()) + "\r\n" + chunk + "\r\n";
  }
  return {.bytes = bytes + "0\r\n\r\n"};
}

Raw invalid_chunks() {
  return {.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\nok\r\n0\r\n\r\n"};
}

Raw short_body(Ending then) {
  return {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok", .then = then};
}

}  // namespace behaviour
