#include "seen_request.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <utility>

namespace {

bool same_but_for_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

SeenRequest SeenRequest::of(std::string head) {
  SeenRequest request;
  std::istringstream{head} >> request.method >> request.path;
  request.head = std::move(head);
  return request;
}

std::optional<std::string> SeenRequest::header(std::string_view name) const {
  std::istringstream lines{head};
  for (std::string line; std::getline(lines, line) && line != "\r";) {
    const std::size_t colon = line.find(':');
    if (colon != line.npos && same_but_for_case(std::string_view{line}.substr(0, colon), name)) {
      const std::size_t first = line.find_first_not_of(" \t", colon + 1);
      const std::size_t last = line.find_last_not_of(" \t\r");
      return first <= last ? line.substr(first, last - first + 1) : "";
    }
  }
  return {};
}
