#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "../support/descriptor.h"

// A long way to services that are near, in a network namespace of our own. A TUN device takes each
// packet and gives it back half a round-trip time later with source and destination exchanged, so
// that a packet to `far` arrives at `near` and seems to come from `far`. The checksum of the
// headers and of what they carry does not depend on the order of the two.
class DelayLine {
 public:
  // Throws where no such device is to be had.
  DelayLine();
  DelayLine(const DelayLine&) = delete;
  DelayLine& operator=(const DelayLine&) = delete;
  ~DelayLine();

  // From now on whoever dials `far` reaches what listens at `near`; both in 127.0.0.0/8.
  void lead(const std::string& far, const std::string& near);

  // Packets to `far` get lost; who dials it does so from `near`. Both in IPv6.
  void swallow(const std::string& far, const std::string& near);

  void set_round_trip(std::chrono::milliseconds time) { round_trip_ = time; }

 private:
  using Clock = std::chrono::steady_clock;
  using Packet = std::vector<std::uint8_t>;

  void carry();
  void take_packets();
  void give_packets_that_are_due();

  Descriptor device_;
  Descriptor stop_;
  std::multimap<Clock::time_point, Packet> under_way_;  // by when they are due
  std::atomic<std::chrono::milliseconds> round_trip_{};
  std::thread carrier_;  // Goes first: it uses the rest.
};
