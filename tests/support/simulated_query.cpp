#include "simulated_query.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <set>
#include <string_view>

namespace simulated {
namespace {

// Whether an item passes one filter.
template <typename T>
using Test = std::function<bool(const T&)>;

// Parameters with a checked value.

tl::unexpected<ApiError> bad_parameter(const std::string& name) {
  return dns_error(400, 9207, "Invalid value for the parameter " + name + ".");
}

std::string text_of(const Parameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? "" : found->second;
}

std::optional<std::string> wrong_choice(const Parameters& parameters, const std::string& name,
                                        const std::set<std::string>& choices) {
  const std::string value = text_of(parameters, name);
  return value.empty() || choices.contains(value) ? std::nullopt : std::optional{name};
}

struct Bounds {
  std::size_t least = 1;
  std::size_t most = 0;
};

ApiResult<std::size_t> number(const Parameters& parameters, const std::string& name, Bounds bounds,
                              std::size_t otherwise) {
  if (!parameters.contains(name)) {
    return otherwise;
  }
  const std::string text = text_of(parameters, name);
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || value < bounds.least || value > bounds.most) {
    return bad_parameter(name);
  }
  return value;
}

// Paging and order, the same for both lists.

struct PageRules {
  Bounds per_page;
  std::size_t usual = 0;
  std::size_t pages_of_nothing = 0;
};

template <typename T>
ApiResult<Page<T>> cut_page(std::vector<T> all, const Parameters& parameters,
                            const PageRules& rules) {
  const auto page = number(parameters, "page", {1, SIZE_MAX / rules.per_page.most}, 1);
  const auto per_page = number(parameters, "per_page", rules.per_page, rules.usual);
  if (!page || !per_page) {
    return tl::unexpected{page ? per_page.error() : page.error()};
  }
  Page<T> result{.page = *page, .per_page = *per_page, .total_count = all.size()};
  result.total_pages =
      all.empty() ? rules.pages_of_nothing : (all.size() + *per_page - 1) / *per_page;
  const std::size_t from = std::min(all.size(), (*page - 1) * *per_page);
  const std::size_t to = std::min(all.size(), from + *per_page);
  std::move(all.begin() + static_cast<std::ptrdiff_t>(from),
            all.begin() + static_cast<std::ptrdiff_t>(to), std::back_inserter(result.items));
  return result;
}

template <typename T>
std::vector<T> filtered(const std::vector<T>& all, const std::vector<Test<T>>& tests,
                        const std::string& match) {
  const auto passes = [&](const T& item) {
    const auto test = [&](const Test<T>& one) { return one(item); };
    return match == "any" && !tests.empty() ? std::any_of(tests.begin(), tests.end(), test)
                                            : std::all_of(tests.begin(), tests.end(), test);
  };
  std::vector<T> result;
  std::copy_if(all.begin(), all.end(), std::back_inserter(result), passes);
  return result;
}

template <typename T, typename Key>
void sort_by(std::vector<T>& items, bool descending, Key key) {
  std::stable_sort(items.begin(), items.end(), [&](const T& a, const T& b) {
    return descending ? key(b) < key(a) : key(a) < key(b);
  });
}

// Comparing texts without regard to case.

using Compare = bool (*)(const std::string& have, const std::string& want);

bool equal(const std::string& have, const std::string& want) {
  return have == want;
}
bool starts(const std::string& have, const std::string& want) {
  return have.starts_with(want);
}
bool ends(const std::string& have, const std::string& want) {
  return have.ends_with(want);
}
bool contains(const std::string& have, const std::string& want) {
  return have.find(want) != std::string::npos;
}

struct Comparison {
  const char* suffix;
  Compare compare;
};

constexpr Comparison kComparisons[] = {{"", equal},
                                       {".exact", equal},
                                       {".contains", contains},
                                       {".startswith", starts},
                                       {".endswith", ends}};

// Records.

struct TextMember {
  const char* name;
  std::string (*value)(const Record&);
};

constexpr TextMember kTextMembers[] = {
    {"name", [](const Record& record) { return record.name; }},
    {"content", [](const Record& record) { return record.content; }},
    {"comment", [](const Record& record) { return record.comment.value_or(""); }}};

void add_text_tests(const Parameters& parameters, std::vector<Test<Record>>& tests) {
  for (const TextMember& member : kTextMembers) {
    for (const Comparison& comparison : kComparisons) {
      const auto sent = parameters.find(std::string{member.name} + comparison.suffix);
      if (sent == parameters.end()) {
        continue;
      }
      tests.push_back([value = member.value, compare = comparison.compare,
                       want = lower_case(sent->second)](const Record& record) {
        return compare(lower_case(value(record)), want);
      });
    }
  }
}

// `tag=name` finds the name, `tag=name:value` the whole.
bool tag_matches(const std::string& tag, const std::string& want, Compare compare) {
  const std::string name = tag.substr(0, tag.find(':'));
  return compare(lower_case(tag), want) || compare(lower_case(name), want);
}

bool has_tag(const Record& record, const std::string& want, Compare compare) {
  return std::any_of(record.tags.begin(), record.tags.end(),
                     [&](const std::string& tag) { return tag_matches(tag, want, compare); });
}

std::vector<Test<Record>> tag_tests(const Parameters& parameters) {
  std::vector<Test<Record>> tests;
  const auto add = [&](const std::string& name, Compare compare, bool wanted) {
    if (const auto sent = parameters.find(name); sent != parameters.end()) {
      tests.push_back([compare, wanted, want = lower_case(sent->second)](const Record& record) {
        return has_tag(record, want, compare) == wanted;
      });
    }
  };
  for (const Comparison& comparison : kComparisons) {
    add(std::string{"tag"} + comparison.suffix, comparison.compare, true);
  }
  add("tag.present", equal, true);
  add("tag.absent", equal, false);
  return tests;
}

void add_tag_tests(const Parameters& parameters, std::vector<Test<Record>>& tests) {
  const auto own = tag_tests(parameters);
  if (own.empty()) {
    return;
  }
  const std::string match = text_of(parameters, "tag_match");
  tests.push_back([own, match](const Record& record) {
    return !filtered<Record>({record}, own, match).empty();
  });
}

bool mentions(const Record& record, const std::string& want) {
  const std::string comment = record.comment.value_or("");
  return contains(lower_case(record.name), want) || contains(lower_case(record.content), want) ||
         contains(lower_case(comment), want) || has_tag(record, want, contains);
}

std::vector<Test<Record>> record_tests(const Parameters& parameters) {
  std::vector<Test<Record>> tests;
  add_text_tests(parameters, tests);
  add_tag_tests(parameters, tests);
  if (const std::string type = lower_case(text_of(parameters, "type")); !type.empty()) {
    tests.push_back([type](const Record& record) { return lower_case(record.type) == type; });
  }
  if (const std::string proxied = text_of(parameters, "proxied"); !proxied.empty()) {
    tests.push_back([proxied](const Record& r) { return r.proxied == (proxied == "true"); });
  }
  if (const std::string want = lower_case(text_of(parameters, "search")); !want.empty()) {
    tests.push_back([want](const Record& record) { return mentions(record, want); });
  }
  if (parameters.contains("comment.present")) {
    tests.push_back([](const Record& record) { return record.comment.has_value(); });
  }
  if (parameters.contains("comment.absent")) {
    tests.push_back([](const Record& record) { return !record.comment.has_value(); });
  }
  return tests;
}

void sort_records(std::vector<Record>& records, const Parameters& parameters) {
  const bool down = text_of(parameters, "direction") == "desc";
  const std::string order = text_of(parameters, "order");
  if (order == "name") {
    sort_by(records, down, [](const Record& record) { return record.name; });
  } else if (order == "content") {
    sort_by(records, down, [](const Record& record) { return record.content; });
  } else if (order == "ttl") {
    sort_by(records, down, [](const Record& record) { return record.ttl; });
  } else if (order == "proxied") {
    sort_by(records, down, [](const Record& record) { return record.proxied; });
  } else {
    sort_by(records, down, [](const Record& record) { return record.type; });
  }
}

std::optional<std::string> wrong_record_parameter(const Parameters& parameters) {
  const std::pair<const char*, std::set<std::string>> choices[] = {
      {"match", {"all", "any"}},
      {"tag_match", {"all", "any"}},
      {"direction", {"asc", "desc"}},
      {"proxied", {"true", "false"}},
      {"order", {"type", "name", "content", "ttl", "proxied"}}};
  for (const auto& [name, allowed] : choices) {
    if (auto wrong = wrong_choice(parameters, name, allowed)) {
      return wrong;
    }
  }
  return std::nullopt;
}

// Zones.

std::set<std::string> split(std::string_view list) {
  std::set<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    parts.emplace(list.substr(0, comma));
    list.remove_prefix(std::min(list.size(), comma + 1));
  }
  return parts;
}

struct NameOperator {
  std::string_view prefix;
  Compare compare;
  bool wanted = true;
  bool case_sensitive = false;
};

constexpr NameOperator kNameOperators[] = {{"equal:", equal},
                                           {"not_equal:", equal, false},
                                           {"starts_with:", starts},
                                           {"ends_with:", ends},
                                           {"contains:", contains},
                                           {"starts_with_case_sensitive:", starts, true, true},
                                           {"ends_with_case_sensitive:", ends, true, true},
                                           {"contains_case_sensitive:", contains, true, true}};

Test<Zone> zone_name_test(const std::string& value) {
  NameOperator by{"", equal};
  for (const NameOperator& one : kNameOperators) {
    by = value.starts_with(one.prefix) ? one : by;
  }
  const std::string want = value.substr(by.prefix.size());
  return [by, want = by.case_sensitive ? want : lower_case(want)](const Zone& zone) {
    return by.compare(zone.name, want) == by.wanted;
  };
}

std::vector<Test<Zone>> zone_tests(const Parameters& parameters) {
  std::vector<Test<Zone>> tests;
  if (const std::string name = text_of(parameters, "name"); !name.empty()) {
    tests.push_back(zone_name_test(name));
  }
  if (const std::string status = text_of(parameters, "status"); !status.empty()) {
    tests.push_back([status](const Zone& zone) { return zone.status == status; });
  }
  if (const std::string id = text_of(parameters, "account.id"); !id.empty()) {
    tests.push_back([id](const Zone& zone) { return zone.account_id == id; });
  }
  if (const std::string name = text_of(parameters, "account.name"); !name.empty()) {
    tests.push_back([name](const Zone& zone) { return zone.account_name == name; });
  }
  return tests;
}

void keep_types(std::vector<Zone>& zones, const Parameters& parameters) {
  const std::string types = text_of(parameters, "type");
  const auto allowed = split(types.empty() ? "full,partial,secondary" : types);
  std::erase_if(zones, [&](const Zone& zone) { return !allowed.contains(zone.type); });
}

void sort_zones(std::vector<Zone>& zones, const Parameters& parameters) {
  const bool down = text_of(parameters, "direction") == "desc";
  const std::string order = text_of(parameters, "order");
  if (order == "status") {
    sort_by(zones, down, [](const Zone& zone) { return zone.status; });
  } else if (order == "account.id") {
    sort_by(zones, down, [](const Zone& zone) { return zone.account_id; });
  } else if (order == "account.name") {
    sort_by(zones, down, [](const Zone& zone) { return zone.account_name; });
  } else if (order == "plan.id") {
    sort_by(zones, down, [](const Zone& zone) { return zone.plan; });
  } else {
    sort_by(zones, down, [](const Zone& zone) { return zone.name; });
  }
}

std::optional<std::string> wrong_zone_parameter(const Parameters& parameters) {
  const std::pair<const char*, std::set<std::string>> choices[] = {
      {"match", {"all", "any"}},
      {"direction", {"asc", "desc"}},
      {"status", {"initializing", "pending", "active", "moved"}},
      {"order", {"name", "status", "account.id", "account.name", "plan.id"}}};
  for (const auto& [name, allowed] : choices) {
    if (auto wrong = wrong_choice(parameters, name, allowed)) {
      return wrong;
    }
  }
  return text_of(parameters, "name").size() > 253 ? std::optional<std::string>{"name"}
                                                  : std::nullopt;
}

}  // namespace

ApiResult<Page<Record>> select_records(const std::vector<Record>& records,
                                       const Parameters& parameters) {
  if (const auto wrong = wrong_record_parameter(parameters)) {
    return bad_parameter(*wrong);
  }
  auto selected = filtered(records, record_tests(parameters), text_of(parameters, "match"));
  sort_records(selected, parameters);
  return cut_page(std::move(selected), parameters,
                  {.per_page = {1, 5'000'000}, .usual = 100, .pages_of_nothing = 1});
}

ApiResult<Page<Zone>> select_zones(const std::vector<Zone>& zones, const Parameters& parameters) {
  if (const auto wrong = wrong_zone_parameter(parameters)) {
    return bad_parameter(*wrong);
  }
  auto selected = filtered(zones, zone_tests(parameters), text_of(parameters, "match"));
  keep_types(selected, parameters);
  sort_zones(selected, parameters);
  return cut_page(std::move(selected), parameters,
                  {.per_page = {5, 50}, .usual = 20, .pages_of_nothing = 0});
}

}  // namespace simulated
