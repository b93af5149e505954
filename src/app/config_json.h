#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "value/result.h"

/// A JSON value and where it stands, so that whoever finds fault with it can say where.
struct JsonNode {
  enum class Kind { null, boolean, number, string, list, object };

  struct Member;

  Kind kind = Kind::null;
  std::string text = {};  ///< of a string; of anything else but list and object, as written
  std::vector<JsonNode> items = {};  ///< of a list
  std::vector<Member> members = {};  ///< of an object, in their order; no key stands twice
  std::string place = {};            ///< "LINE:COLUMN"
};

struct JsonNode::Member {
  std::string key;
  std::string place;  ///< of the key
  JsonNode value;
};

/// Reads JSON with comments and trailing commas. The Error begins with "LINE:COLUMN: ".
Result<JsonNode> parse_config_json(std::string_view text);
