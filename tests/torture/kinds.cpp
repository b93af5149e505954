#include "kinds.h"

#include <netdb.h>

#include <algorithm>
#include <cerrno>

namespace torture {

namespace {

const std::vector<Kind>& calls() {
  static const std::vector<Kind> kAll{
      {"malloc", "malloc", ENOMEM},
      {"open", "open", EMFILE},
      {"open-io", "open", EIO},
      {"read", "read", EIO},
      {"read-eintr", "read", EINTR},
      {"read-short", "read", 0, "short"},
      {"write", "write", ENOSPC},
      {"write-eintr", "write", EINTR},
      {"write-short", "write", ENOSPC, "short"},
      {"write-stay", "write", ENOSPC, "stay"},
      {"sync", "sync", EIO},
      {"rename", "rename", EIO},
      {"unlink", "unlink", EIO},
      {"mkdir", "mkdir", ENOSPC},
      {"stat", "stat", EIO},
      {"mode", "mode", EPERM},
      {"truncate", "truncate", EIO},
      {"close", "close", EIO},
      {"close-eintr", "close", EINTR},
      {"dup", "dup", EMFILE},
      {"lock", "lock", ENOLCK},
      {"lock-eintr", "lock", EINTR},
      {"fcntl", "fcntl", EINVAL},
      {"ioctl", "ioctl", EINVAL},
      {"opendir", "opendir", EMFILE},
      {"readdir", "readdir", EIO},
      {"pair", "pair", EMFILE},
      {"socket", "socket", EMFILE},
      {"socket-nobufs", "socket", ENOBUFS},
      {"bind", "bind", EADDRNOTAVAIL},
      {"connect", "connect", ENETUNREACH},
      {"connect-eintr", "connect", EINTR},
      {"connect-refused", "connect", ECONNREFUSED, "error", Blame::peer},
      {"sockopt", "sockopt", ENOBUFS},
      {"send", "send", ENOBUFS},
      {"send-eintr", "send", EINTR},
      {"send-short", "send", 0, "short"},
      {"send-reset", "send", ECONNRESET, "error", Blame::peer},
      {"recv", "recv", ENOMEM},
      {"recv-eintr", "recv", EINTR},
      {"recv-short", "recv", 0, "short"},
      {"recv-reset", "recv", ECONNRESET, "error", Blame::peer},
      {"poll", "poll", ENOMEM},
      {"poll-eintr", "poll", EINTR},
      {"thread", "thread", EAGAIN},
      {"resolve", "resolve", EAI_AGAIN},
      {"resolve-memory", "resolve", EAI_MEMORY},
      {"resolve-system", "resolve", EMFILE},
      {"interfaces", "interfaces", ENOMEM},
      {"spawn", "spawn", EAGAIN},
      {"pidfd", "pidfd", EMFILE},
  };
  return kAll;
}

/// Of the requests of a run, counted from 1, with the one that reads what became of the change.
constexpr std::size_t kRequests = 6;

std::vector<Kind> misfortunes() {
  std::vector<Kind> all;
  const auto add = [&](const std::string& how, const std::vector<std::size_t>& requests) {
    std::string name = how + "-";
    for (const std::size_t request : requests) {
      name += std::to_string(request);
    }
    all.push_back({name, kApi, 0, how, Blame::peer, requests});
  };
  for (std::size_t first = 1; first <= kRequests; ++first) {
    add("fault", {first});
    add("cut", {first});
    for (std::size_t second = first + 1; second <= kRequests; ++second) {
      add("pair", {first, second});
    }
  }
  return all;
}

}  // namespace

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kAll = [] {
    std::vector<Kind> all = calls();
    for (Kind& one : misfortunes()) {
      all.push_back(std::move(one));
    }
    return all;
  }();
  return kAll;
}

std::optional<Kind> kind_named(const std::string& name) {
  const auto found = std::find_if(kinds().begin(), kinds().end(),
                                  [&](const Kind& kind) { return kind.name == name; });
  return found == kinds().end() ? std::nullopt : std::optional(*found);
}

}  // namespace torture
