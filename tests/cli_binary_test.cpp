// What the compiler and the linker were told to guard against, read from the built program itself.

#include <algorithm>
#include <string>

#include "support/catch.h"
#include "support/lab.h"

namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;

std::string readelf(const std::string& what) {
  const ProcessResult result = run({.argv = {"readelf", "--wide", what, built("cf-failover")}});
  REQUIRE(result.status == 0);
  return result.out;
}

std::string line_with(const std::string& text, const std::string& word) {
  const auto at = text.find(word);
  if (at == std::string::npos) {
    return "";
  }
  const auto begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

}  // namespace

TEST_CASE("The program may be loaded anywhere, and its tables are read-only once it runs") {
  CHECK_THAT(line_with(readelf("--file-header"), "Type:"), ContainsSubstring("DYN"));
  CHECK_THAT(readelf("--dynamic"),
             ContainsSubstring("BIND_NOW") || ContainsSubstring("Flags: NOW"));
  const std::string segments = readelf("--segments");
  CHECK_THAT(segments, ContainsSubstring("GNU_RELRO"));
  CHECK_THAT(line_with(segments, "GNU_STACK"), Matches(".* RW +0x.*"));
}

TEST_CASE("The program notices a smashed stack, and an overflow of a buffer of known size") {
  const std::string symbols = readelf("--dyn-syms");
  CHECK_THAT(symbols, ContainsSubstring("__stack_chk_fail"));
  const bool is_sanitized = symbols.find("__asan_init") != std::string::npos;
  if (!is_sanitized) {  // A sanitizer has guards of its own in place of these.
    CHECK_THAT(symbols, ContainsSubstring("_chk@GLIBC"));
  }
}

TEST_CASE("The program looks for its libraries where the system has them, and nowhere else") {
  CHECK_THAT(readelf("--dynamic"), !ContainsSubstring("RPATH") && !ContainsSubstring("RUNPATH"));
}
