#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "simulated_zone.h"

namespace simulated {

enum class TokenStatus { active, disabled, expired };
enum class TokenKind { user, account };

// An API token and what it may do.
struct Token {
  std::string value = {};
  std::string id = "100bf38cc8393103870917dd535e0628";
  TokenKind kind = TokenKind::user;
  TokenStatus status = TokenStatus::active;
  bool zone_read = true;
  bool dns_read = true;
  bool dns_edit = true;
  std::vector<std::string> zones = {};  // names of those it may see; empty: all
  bool at_allowed_location = true;
  std::string not_before = {};  // RFC 3339; empty: not set
  std::string expires_on = {};
};

// The legacy pair, which may do everything.
struct GlobalKey {
  std::string email = {};
  std::string key = {};
};

// A request, decoded. Header fields are empty if they were not sent.
struct ApiRequest {
  std::string method = {};
  std::string path = {};
  std::map<std::string, std::string> parameters = {};
  std::string authorization = {};
  std::string auth_email = {};
  std::string auth_key = {};
  std::string body = {};
};

struct ApiAnswer {
  int status = 200;
  std::string body = {};
  std::string retry_after = {};  // empty: none
};

// What https://api.cloudflare.com/client/v4 does with zones, DNS records and tokens.
class Api {
 public:
  ApiAnswer answer(const ApiRequest& request, Time now);

  std::vector<Zone> zones = {};
  std::vector<Token> tokens = {};
  std::vector<GlobalKey> keys = {};

  // The zone whose name is the longest that holds `name`; nullptr if there is none.
  Zone* zone_of(std::string_view name);

  // Every secret, for a log to mask.
  std::vector<std::string> secrets() const;
};

}  // namespace simulated
