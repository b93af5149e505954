#include "simulated_rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace simulated {
namespace {

constexpr std::array kTypes = {"A",      "AAAA", "CAA",   "CERT",  "CNAME", "DNSKEY",     "DS",
                               "HTTPS",  "LOC",  "MX",    "NAPTR", "NS",    "OPENPGPKEY", "PTR",
                               "SMIMEA", "SRV",  "SSHFP", "SVCB",  "TLSA",  "TXT",        "URI"};

using Ipv4 = std::array<std::uint8_t, 4>;
using Ipv6 = std::array<std::uint8_t, 16>;

std::optional<Ipv4> ipv4(const std::string& text) {
  Ipv4 bytes;
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ? std::optional{bytes} : std::nullopt;
}

std::optional<Ipv6> ipv6(const std::string& text) {
  Ipv6 bytes;
  return inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1 ? std::optional{bytes} : std::nullopt;
}

bool is_private(const Ipv4& ip) {
  return ip[0] == 0 || ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xF0) == 16) ||
         (ip[0] == 192 && ip[1] == 168) || (ip[0] == 169 && ip[1] == 254) ||
         (ip[0] == 100 && (ip[1] & 0xC0) == 64) || ip[0] >= 224;
}

bool is_private(const Ipv6& ip) {
  const bool unique_local = (ip[0] & 0xFE) == 0xFC;
  const bool link_local = ip[0] == 0xFE && (ip[1] & 0xC0) == 0x80;
  return unique_local || link_local || ip[0] == 0xFF || ip == Ipv6{};
}

// Cloudflare's own resolver: a proxied record may not point there.
bool is_cloudflare(const Ipv4& ip) {
  return ip == Ipv4{1, 1, 1, 1} || ip == Ipv4{1, 0, 0, 1};
}

bool is_address(const Record& record) {
  return record.type == "A" || record.type == "AAAA";
}

bool can_be_proxied(const Record& record) {
  return is_address(record) || record.type == "CNAME";
}

bool is_public(const Record& record) {
  const auto four = ipv4(record.content);
  const auto six = ipv6(record.content);
  return !(four && (is_private(*four) || is_cloudflare(*four))) && !(six && is_private(*six));
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
         c == '*';
}

bool is_host_name(const std::string& name) {
  return !name.empty() && name.size() <= 253 && name.front() != '.' &&
         name.find("..") == std::string::npos &&
         std::all_of(name.begin(), name.end(), is_host_character);
}

std::string without_last_dot(std::string name) {
  if (name.size() > 1 && name.back() == '.') {
    name.pop_back();
  }
  return name;
}

std::string normalised_content(const Record& record) {
  if (const auto six = ipv6(record.content); record.type == "AAAA" && six) {
    std::array<char, INET6_ADDRSTRLEN> text;
    return inet_ntop(AF_INET6, six->data(), text.data(), text.size());
  }
  return record.type == "CNAME" ? without_last_dot(lower_case(record.content)) : record.content;
}

// Characters, not bytes, of UTF-8.
std::size_t length(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

ApiError error(int code, std::string message) {
  return {.code = code, .message = std::move(message)};
}

using Verdict = std::optional<ApiError>;

Verdict missing_member(const Record& record, const Zone&) {
  if (record.type.empty() || record.name.empty()) {
    return error(9207, "DNS record needs a type and a name.");
  }
  if (record.content.empty() && record.data.empty()) {
    return error(9207, "DNS record needs content.");
  }
  return std::nullopt;
}

Verdict unknown_type(const Record& record, const Zone&) {
  if (std::find(kTypes.begin(), kTypes.end(), record.type) == kTypes.end()) {
    return error(9207, "DNS record type is invalid.");
  }
  return std::nullopt;
}

Verdict bad_name(const Record& record, const Zone&) {
  return is_host_name(record.name) ? Verdict{} : error(9000, "DNS name is invalid.");
}

Verdict bad_content(const Record& record, const Zone&) {
  if (record.type == "A" && !ipv4(record.content)) {
    return error(9005, "Content for A record must be a valid IPv4 address.");
  }
  if (record.type == "AAAA" && !ipv6(record.content)) {
    return error(9006, "Content for AAAA record must be a valid IPv6 address.");
  }
  if (record.type == "CNAME" && !is_host_name(record.content)) {
    return error(9007, "Content for CNAME record is invalid.");
  }
  return std::nullopt;
}

Verdict bad_ttl(const Record& record, const Zone& zone) {
  const int least = zone.plan == "enterprise" ? 30 : 60;
  if (record.ttl == 1 || (record.ttl >= least && record.ttl <= 86400)) {
    return std::nullopt;
  }
  return error(9021, "TTL must be between " + std::to_string(least) +
                         " and 86400 seconds, or 1 for Automatic.");
}

Verdict bad_proxying(const Record& record, const Zone&) {
  if (record.proxied && !can_be_proxied(record)) {
    return error(9004, "This record type cannot be proxied.");
  }
  if (record.proxied && !is_public(record)) {
    return error(9003, "Target " + record.content + " is not allowed for a proxied record.");
  }
  return std::nullopt;
}

Verdict bad_comment(const Record& record, const Zone& zone) {
  const std::size_t most = zone.is_free() ? 100 : 500;
  const std::string comment = record.comment.value_or("");
  if (comment.find_first_of("\r\n") != std::string::npos) {
    return error(9207, "DNS record comment contains a line break.");
  }
  if (length(comment) > most) {
    return error(9313, "DNS record comment exceeds the maximum length of " + std::to_string(most) +
                           " characters.");
  }
  return std::nullopt;
}

bool is_tag(const std::string& tag) {
  const std::string name = tag.substr(0, tag.find(':'));
  const std::string value = tag.substr(std::min(tag.size(), name.size() + 1));
  const bool well_spelt = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
  return well_spelt && !name.empty() && name.size() <= 32 && value.size() <= 100;
}

Verdict bad_tags(const Record& record, const Zone& zone) {
  const std::size_t quota = zone.is_free() ? 0 : 20;
  if (record.tags.size() > quota) {
    return error(9300, "DNS record has " + std::to_string(record.tags.size()) +
                           " tags, exceeding the quota of " + std::to_string(quota) + ".");
  }
  if (!std::all_of(record.tags.begin(), record.tags.end(), is_tag)) {
    return error(9207, "DNS record has an invalid tag.");
  }
  return std::nullopt;
}

Verdict conflict_between(const Record& record, const Record& other) {
  if (record.type == other.type && record.content == other.content && record.data == other.data) {
    return error(81058, "An identical record already exists.");
  }
  if (record.type == "CNAME" && can_be_proxied(other)) {
    return error(81053, "An A, AAAA, or CNAME record with that host already exists.");
  }
  if (is_address(record) && other.type == "CNAME") {
    return error(81054, "A CNAME record with that host already exists.");
  }
  if ((record.type == "NS") != (other.type == "NS")) {
    return error(81056, "NS records with that host already exist.");
  }
  return std::nullopt;
}

Verdict conflict(const Record& record, const Zone& zone) {
  for (const Record& other : zone.records) {
    if (other.id == record.id || other.name != record.name) {
      continue;
    }
    if (const Verdict verdict = conflict_between(record, other)) {
      return verdict;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string result{text};
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return result;
}

std::string full_name(std::string_view name, std::string_view zone_name) {
  const std::string zone{zone_name};
  const std::string lower = without_last_dot(lower_case(name));
  if (lower == "@" || lower == zone) {
    return zone;
  }
  return lower.empty() || lower.ends_with("." + zone) ? lower : lower + "." + zone;
}

bool is_proxiable(const Record& record) {
  return can_be_proxied(record) && is_public(record);
}

Record normalised(Record record, const Zone& zone) {
  record.name = full_name(record.name, zone.name);
  record.content = normalised_content(record);
  if (record.proxied) {
    record.ttl = 1;
  }
  return record;
}

std::optional<ApiError> broken_rule(const Record& record, const Zone& zone) {
  for (const auto rule : {missing_member, unknown_type, bad_name, bad_content, bad_proxying,
                          bad_ttl, bad_comment, bad_tags, conflict}) {
    if (const Verdict verdict = rule(record, zone)) {
      return verdict;
    }
  }
  return std::nullopt;
}

}  // namespace simulated
