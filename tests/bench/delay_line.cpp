#include "delay_line.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "own_network.h"

namespace {

constexpr const char* kName = "delay";
constexpr std::size_t kMtu = 1500;  // As in most of the world.

Descriptor tun_device() {
  const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  Descriptor device = checked_descriptor(fd, "/dev/net/tun");
  ifreq request{};
  std::strncpy(request.ifr_name, kName, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(fd, TUNSETIFF, &request) != 0) {
    throw std::system_error{errno, std::generic_category(), "TUNSETIFF"};
  }
  return device;
}

// As it comes, all of 127.0.0.0/8 is this host, and not to be met elsewhere.
void let_loopback_addresses_travel() {
  ip("address delete 127.0.0.1/8 dev lo");
  ip("address add 127.0.0.1/32 dev lo");
  std::ofstream{std::string{"/proc/sys/net/ipv4/conf/"} + kName + "/route_localnet"} << "1";
}

bool is_ipv4(const std::vector<std::uint8_t>& packet) {
  constexpr std::size_t kHeader = 20;
  return packet.size() >= kHeader && packet[0] >> 4 == 4;
}

void exchange_addresses(std::vector<std::uint8_t>& packet) {
  const auto source = packet.begin() + 12;
  const auto destination = source + 4;
  std::swap_ranges(source, destination, destination);
}

// A delay is less than a second.
timespec time_until(std::chrono::steady_clock::time_point due) {
  const std::chrono::nanoseconds left = due - std::chrono::steady_clock::now();
  return {.tv_sec = 0, .tv_nsec = std::clamp<long>(left.count(), 0, 999'999'999)};
}

}  // namespace

DelayLine::DelayLine()
    : device_(tun_device()), stop_(checked_descriptor(eventfd(0, EFD_CLOEXEC), "eventfd")) {
  ip(std::string{"link set "} + kName + " up mtu " + std::to_string(kMtu));
  let_loopback_addresses_travel();
  carrier_ = std::thread{[this] { carry(); }};
}

DelayLine::~DelayLine() {
  eventfd_write(stop_.get(), 1);
  carrier_.join();
}

void DelayLine::lead(const std::string& far, const std::string& near) {
  ip("address replace " + near + "/32 dev lo");
  ip("route add " + far + "/32 dev " + kName + " src " + near);
}

void DelayLine::swallow(const std::string& far, const std::string& near) {
  const std::string device = std::string{" dev "} + kName;
  ip("-6 address add " + near + "/128 nodad" + device);
  ip("-6 route add " + far + "/128" + device);
}

void DelayLine::carry() {
  std::array<pollfd, 2> polled{{{device_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  while (polled[1].revents == 0) {
    const bool idle = under_way_.empty();
    const timespec wait = idle ? timespec{} : time_until(under_way_.begin()->first);
    ppoll(polled.data(), polled.size(), idle ? nullptr : &wait, nullptr);
    take_packets();
    give_packets_that_are_due();
  }
}

void DelayLine::take_packets() {
  std::vector<std::uint8_t> packet(kMtu);
  ssize_t size = 0;
  while ((size = read(device_.get(), packet.data(), packet.size())) > 0) {
    packet.resize(static_cast<std::size_t>(size));
    if (is_ipv4(packet)) {
      exchange_addresses(packet);
      under_way_.emplace(Clock::now() + round_trip_.load() / 2, packet);
    }
    packet.resize(kMtu);
  }
}

void DelayLine::give_packets_that_are_due() {
  while (!under_way_.empty() && under_way_.begin()->first <= Clock::now()) {
    const Packet& packet = under_way_.begin()->second;
    [[maybe_unused]] const ssize_t written = write(device_.get(), packet.data(), packet.size());
    under_way_.erase(under_way_.begin());
  }
}
