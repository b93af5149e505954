#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ports.h"
#include "value/unix_time.h"

/// A zone as Cloudflare lists it.
struct Zone {
  std::string id;
  std::string name;
  std::string status = {};  ///< initializing, pending, active, moved
  std::string type = {};    ///< full, partial, secondary, internal
};

/// A record of any content; `core` sees it once the content is known to be an address.
struct RawRecord {
  std::string id;
  std::string name;
  std::string type;
  std::string content;
  int ttl = 1;
  bool proxied = false;
  std::optional<UnixTime> modified_on = {};  ///< nothing where it is missing or makes no sense
};

/// Ids become parts of paths: 1 to 32 letters and digits, and nothing else.
bool is_cloudflare_id(std::string_view text);

// Each reads one whole answer of the API (docs: https://developers.cloudflare.com/api). What is
// wrong with it is an ApiFailure of the kind `broken_answer`, or `refused` with Cloudflare's own
// code and message where the answer is a well-formed "no".

ApiResult<std::vector<Zone>> parse_zones(std::string_view body);
ApiResult<std::vector<RawRecord>> parse_records(std::string_view body);
ApiResult<RawRecord> parse_record(std::string_view body);

/// The first error that an answer names, in Cloudflare's envelope or as RFC 9457 has it; an empty
/// message if it names none.
ApiFailure parse_error(std::string_view body);

/// The body of the PATCH. `ttl` of zero leaves the TTL alone.
std::string write_content(const IpAddress& content, int ttl);
