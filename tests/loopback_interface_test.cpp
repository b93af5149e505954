#include <filesystem>

#include "io/interface_address.h"
#include "support/catch.h"
#include "support/fakes.h"
#include "support/printers.h"
#include "support/process.h"

namespace {

using Addresses = std::vector<IpAddress>;
using Family = IpAddress::Family;

constexpr int kCannotTry = 77;

std::string texts(const std::string& interface, Family family) {
  const auto addresses = interface_addresses(interface, family);
  if (!addresses) {
    return addresses.error().message;
  }
  std::string text;
  for (const IpAddress& address : *addresses) {
    text += (text.empty() ? "" : " ") + address.str();
  }
  return text;
}

}  // namespace

TEST_CASE("The loopback interface has the loopback address") {
  const auto addresses = interface_addresses("lo", Family::v4);

  REQUIRE(addresses);
  CHECK(std::find(addresses->begin(), addresses->end(), ip("127.0.0.1")) != addresses->end());
}

TEST_CASE("An interface that does not exist has no addresses") {
  const auto [name, expected] = GENERATE(table<std::string, std::string>({
      {"nope", "no such network interface: nope"},
      {"", "no such network interface: "},
      {"l", "no such network interface: l"},
      {"lo0", "no such network interface: lo0"},
      {"lo:", "no such network interface: lo:"},
      {"\x1b[2J", "no such network interface: \\x1b[2J"},
  }));
  CAPTURE(name);

  CHECK(texts(name, Family::v4) == expected);
  CHECK(texts(name, Family::v6) == expected);
}

TEST_CASE("Hidden: addresses of the interfaces in a namespace", "[.hidden]") {
  CHECK(texts("left", Family::v4) == "1.2.3.4 5.6.7.8 192.168.1.1 100.64.0.1 10.0.0.1 169.254.1.1");
  CHECK(texts("left", Family::v6) == "2a00::1 2a00::d fd00::1 fe80::1");
  CHECK(texts("right", Family::v4) == "network interface right has no IPv4 address");
  CHECK(texts("right", Family::v6).starts_with("2a00:1::1 2a00:1::"));
  CHECK(texts("unused", Family::v4) == "network interface unused is down and has no IPv4 address");
  CHECK(texts("unused", Family::v6) == "network interface unused is down and has no IPv6 address");
  CHECK(texts("unplugged", Family::v4) ==
        "network interface unplugged is down and has no IPv4 address");
  CHECK(texts("unplugged", Family::v6) ==
        "network interface unplugged is down and has no IPv6 address that can be used");
  CHECK(texts("lo", Family::v4) == "network interface lo is down and has no IPv4 address");
}

TEST_CASE("The address to announce comes first: public, permanent, and of this interface") {
  // 2a00::e and 2a00::f stay tentative, and 2a00:1::1 brings a temporary address of its prefix.
  constexpr const char* kScript = R"(
ip link add left type veth peer name right || exit 77
ip link add unused type veth peer name unplugged || exit 77
for interface in left right unused unplugged; do
  ip link set "$interface" addrgenmode none || exit 77
done
echo 1000 >/proc/sys/net/ipv6/conf/left/dad_transmits || exit 77
echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad || exit 77
echo 0 >/proc/sys/net/ipv6/conf/right/accept_dad || exit 77
echo 2 >/proc/sys/net/ipv6/conf/right/use_tempaddr || exit 77
for interface in left right unplugged; do
  ip link set "$interface" up || exit 77
done
for address in 192.168.1.1/24 1.2.3.4/24 100.64.0.1/10 5.6.7.8/32 169.254.1.1/16; do
  ip addr add "$address" dev left || exit 77
done
ip addr add 10.0.0.1/8 label left:label dev left || exit 77
ip addr add 2a00::1/64 nodad dev left || exit 77
ip addr add 2a00::d/64 nodad preferred_lft 0 dev left || exit 77
ip addr add 2a00::e/64 dev left || exit 77
ip addr add fd00::1/64 nodad dev left || exit 77
ip addr add fe80::1/64 nodad dev left || exit 77
ip addr add 2a00:1::1/64 mngtmpaddr dev right || exit 77
ip addr add 2a00::f/64 dev unplugged || exit 77
while ip addr show dev right tentative | grep -q inet6; do sleep 0.01; done
ip addr >&2
exec "$@"
)";
  ProcessSpec spec{.argv = {"unshare", "--net", "sh", "-c", kScript, "sh",
                            std::filesystem::read_symlink("/proc/self/exe").string(),
                            "Hidden: addresses of the interfaces in a namespace"},
                   .environment = {{"PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"}},
                   .limit = std::chrono::seconds(20)};

  const ProcessResult result = run(spec);

  if (result.status == kCannotTry || result.err.find("unshare: ") != std::string::npos) {
    WARN("not tried: no network namespace with interfaces to be had here: " << result.err);
    return;
  }
  CAPTURE(result.out, result.err);
  CHECK(result.status == 0);
}
