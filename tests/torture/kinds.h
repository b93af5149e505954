#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace torture {

/// Who is at fault when such a call fails, as far as anybody can see.
enum class Blame {
  host,  ///< this machine: nothing is learned of whoever is at the other end
  peer,  ///< it looks like the other end
};

/// Cloudflare's misfortunes are a family of their own; see hostile_api.h.
inline constexpr const char* kApi = "api";

/// One way for one call of a run to fail.
struct Kind {
  std::string name;
  std::string family;  ///< as fail_nth.cpp has it, or kApi
  int error = 0;       ///< the errno; negative: what getaddrinfo() returns
  std::string how = "error";
  Blame blame = Blame::host;
  std::vector<std::size_t> requests = {};  ///< that Cloudflare's misfortunes befall, from 1
};

const std::vector<Kind>& kinds();
std::optional<Kind> kind_named(const std::string& name);

}  // namespace torture
