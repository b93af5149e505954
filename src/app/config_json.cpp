#include "app/config_json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>

#include <algorithm>
#include <optional>

#include "io/json_library.h"
#include "value/text.h"

namespace {

constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
    rapidjson::kParseCommentsFlag | rapidjson::kParseTrailingCommasFlag |
    rapidjson::kParseNumbersAsStringsFlag;

constexpr std::size_t kDeepest = 16;

std::string place_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  return std::to_string(line) + ":" + std::to_string(column);
}

/// The reader tells of a value when it is past its end; this finds its beginning, behind what may
/// stand between two values.
std::size_t skip_to_value(std::string_view text, std::size_t offset) {
  constexpr std::string_view kBetween = " \t\r\n,:";
  while (offset < text.size()) {
    if (kBetween.find(text[offset]) != std::string_view::npos) {
      ++offset;
    } else if (text.substr(offset).starts_with("//")) {
      offset = std::min(text.find('\n', offset), text.size());
    } else if (text.substr(offset).starts_with("/*")) {
      offset = std::min(text.find("*/", offset), text.size() - 2) + 2;
    } else {
      break;
    }
  }
  return offset;
}

/// Builds the tree from RapidJSON's events, whose names it has to bear.
class TreeBuilder {
 public:
  using Ch = char;
  using SizeType = rapidjson::SizeType;

  TreeBuilder(std::string_view text, const rapidjson::MemoryStream& stream)
      : text_(text), stream_(stream) {}

  // NOLINTBEGIN(readability-identifier-naming): RapidJSON's Handler concept.
  bool Null() { return add(JsonNode::Kind::null, "null"); }
  bool Bool(bool value) { return add(JsonNode::Kind::boolean, value ? "true" : "false"); }
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char* text, SizeType length, bool) {
    return add(JsonNode::Kind::number, std::string(text, length));
  }
  bool String(const char* text, SizeType length, bool) {
    return is_plain({text, length}) && add(JsonNode::Kind::string, std::string(text, length));
  }
  bool StartObject() { return open(JsonNode::Kind::object); }
  bool Key(const char* text, SizeType length, bool) {
    return is_plain({text, length}) && add_key({text, length});
  }
  bool EndObject(SizeType) { return close(); }
  bool StartArray() { return open(JsonNode::Kind::list); }
  bool EndArray(SizeType) { return close(); }
  // NOLINTEND(readability-identifier-naming)

  /// Why the building ended before the text did.
  const std::optional<Error>& error() const { return error_; }
  JsonNode take_root() { return std::move(root_); }

 private:
  /// Where the value begins that has just been read.
  std::string place_of_value() {
    const std::string place = place_at(text_, skip_to_value(text_, end_of_last_));
    end_of_last_ = stream_.Tell();
    return place;
  }

  /// Brackets are told of before the reader is past them.
  std::string place_of_bracket() {
    const std::size_t offset = skip_to_value(text_, end_of_last_);
    end_of_last_ = offset + 1;
    return place_at(text_, offset);
  }

  JsonNode& attach(JsonNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return root_;
    }
    return open_.back()->items.emplace_back(std::move(node));
  }

  /// The system would take "\u0000" for the end of a path or an argument.
  bool is_plain(std::string_view text) {
    if (text.find('\0') == text.npos) {
      return true;
    }
    error_ = Error{place_of_value() + ": a NUL character"};
    return false;
  }

  bool add(JsonNode::Kind kind, std::string text) {
    attach({.kind = kind, .text = std::move(text), .place = place_of_value()});
    return true;
  }

  bool add_key(std::string key) {
    const std::string place = place_of_value();
    auto& keys = open_.back()->keys;
    const auto twin = std::find_if(keys.begin(), keys.end(),
                                   [&](const JsonKey& known) { return known.name == key; });
    if (twin != keys.end()) {
      error_ = Error{place + ": the key \"" + printable(key) + "\" stands twice",
                     "the first one is at " + twin->place};
      return false;
    }
    keys.push_back({std::move(key), place});
    return true;
  }

  bool open(JsonNode::Kind kind) {
    JsonNode node{.kind = kind, .place = place_of_bracket()};
    if (open_.size() >= kDeepest) {
      error_ = Error{node.place + ": nested too deeply"};
      return false;
    }
    open_.push_back(&attach(std::move(node)));
    return true;
  }

  bool close() {
    open_.pop_back();
    place_of_bracket();
    return true;
  }

  std::string_view text_;
  const rapidjson::MemoryStream& stream_;
  std::size_t end_of_last_ = 0;
  JsonNode root_;
  // A parent is not moved while it is open: only its last child grows.
  std::vector<JsonNode*> open_;
  std::optional<Error> error_;
};

}  // namespace

Result<JsonNode> parse_config_json(std::string_view text) {
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return failure(place_at(text, nul) + ": a NUL byte");  // RapidJSON would take it for the end.
  }
  rapidjson::MemoryStream stream(text.data(), text.size());
  TreeBuilder builder(text, stream);
  JsonReader reader;
  const rapidjson::ParseResult result = reader.Parse<kParseFlags>(stream, builder);
  if (builder.error()) {
    return tl::unexpected(*builder.error());
  }
  if (result.IsError()) {
    std::string why = rapidjson::GetParseError_En(result.Code());
    why.erase(why.find_last_not_of('.') + 1);
    return failure(place_at(text, std::min(result.Offset(), text.size())) + ": " + lower_case(why),
                   "the file is JSON; comments and trailing commas are welcome");
  }
  return builder.take_root();
}
