#include "own_network.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "../support/process.h"

namespace {

namespace fs = std::filesystem;

void check(int result, const std::string& what) {
  if (result != 0) {
    throw std::system_error{errno, std::generic_category(), what};
  }
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream file{path};
  if (!(file << text << std::flush)) {
    throw std::runtime_error{"cannot write " + path.string()};
  }
}

std::string root_is(unsigned id) {
  return "0 " + std::to_string(id) + " 1";
}

void hide(const fs::path& file, const fs::path& behind) {
  check(mount(behind.c_str(), file.c_str(), nullptr, MS_BIND, nullptr), "mount " + file.string());
}

}  // namespace

void enter_own_network() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  check(unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS), "unshare");
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", root_is(user));
  write_file("/proc/self/gid_map", root_is(group));
  check(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount /");
  ip("link set lo up");
}

void use_name_server(const std::string& address, const fs::path& directory) {
  write_file(directory / "resolv.conf", "nameserver " + address + "\n");
  write_file(directory / "nsswitch.conf", "hosts: dns\n");
  hide("/etc/resolv.conf", directory / "resolv.conf");
  hide("/etc/nsswitch.conf", directory / "nsswitch.conf");
}

void ip(const std::string& words) {
  std::istringstream in{"ip " + words};
  std::vector<std::string> argv;
  for (std::string word; in >> word;) {
    argv.push_back(word);
  }
  const ProcessResult result =
      run({.argv = argv, .environment = {{"PATH", "/usr/sbin:/sbin:/usr/bin:/bin"}}});
  if (result.status != 0) {
    throw std::runtime_error{"ip " + words + ": " + result.err};
  }
}
