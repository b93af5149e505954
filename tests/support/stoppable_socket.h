#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "descriptor.h"

// A connection of which no wait outlasts its server: each ends at once when `stop`, an eventfd,
// turns readable.
class StoppableSocket {
 public:
  StoppableSocket(Descriptor socket, int stop);

  // What has come, awaiting something; empty at the end of the stream, after an error, or on stop.
  std::string read_some();

  // Whether all of it could be sent.
  bool write_all(std::string_view bytes);

  // Whether that time has passed without a stop.
  bool pause(std::chrono::milliseconds time);

  // Reads nothing and returns when the peer has closed its side.
  void await_hangup();

  // FIN, then reads to the peer's end: closing with unread data would send an RST.
  void close_orderly();

  // RST, whatever has been read.
  void reset();

 private:
  enum class Wake { ready, timeout, stopped };
  Wake await(short events, int timeout_ms = -1);

  Descriptor socket_;
  int stop_;
};
