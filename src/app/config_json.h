#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "value/result.h"

/// The key of a member of an object, and where it stands.
struct JsonKey {
  std::string name;
  std::string place;  ///< "LINE:COLUMN"
};

/// A JSON value and where it stands, so that whoever finds fault with it can say where.
struct JsonNode {
  enum class Kind { null, boolean, number, string, list, object };

  Kind kind = Kind::null;
  std::string text = {};  ///< of a string; of anything else but list and object, as written
  std::vector<JsonNode> items = {};  ///< of a list or an object
  std::vector<JsonKey> keys = {};    ///< of an object, one for each item; none stands twice
  std::string place = {};            ///< "LINE:COLUMN"
};

/// Reads JSON with comments and trailing commas. The Error begins with "LINE:COLUMN: ".
Result<JsonNode> parse_config_json(std::string_view text);
