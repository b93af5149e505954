#include "simulated_zone.h"

#include <algorithm>
#include <random>

#include "simulated_rules.h"

namespace simulated {
namespace {

Record changed(Record record, const RecordChange& change) {
  record.name = change.name.value_or(record.name);
  record.type = change.type.value_or(record.type);
  record.content = change.content.value_or(record.content);
  record.ttl = change.ttl.value_or(record.ttl);
  record.proxied = change.proxied.value_or(record.proxied);
  record.tags = change.tags.value_or(record.tags);
  record.settings = change.settings.value_or(record.settings);
  record.private_routing = change.private_routing.value_or(record.private_routing);
  record.data = change.data.value_or(record.data);
  if (change.priority) {
    record.priority = change.priority;
  }
  if (change.comment) {
    record.comment = change.comment->empty() ? std::nullopt : change.comment;
  }
  return record;
}

// What a record is without the members that a client sent.
Record blank() {
  return {.type = ""};
}

bool same_settings(const Record& a, const Record& b) {
  return a.name == b.name && a.content == b.content && a.ttl == b.ttl && a.proxied == b.proxied &&
         a.comment == b.comment && a.tags == b.tags && a.settings == b.settings &&
         a.private_routing == b.private_routing && a.priority == b.priority && a.data == b.data;
}

// Moves the times of what is new in a record. A change that changes nothing moves none.
void stamp(Record& record, const Record& before, Time now) {
  if (!same_settings(record, before)) {
    record.modified_on = now;
  }
  if (record.comment != before.comment) {
    record.comment_modified_on = record.comment ? std::optional{now} : std::nullopt;
  }
  if (record.tags != before.tags) {
    record.tags_modified_on = record.tags.empty() ? std::nullopt : std::optional{now};
  }
}

// A record after a change, checked and not yet stored.
ApiResult<Record> checked(const Zone& zone, const Record& before, const Record& base,
                          const RecordChange& change, Time now) {
  Record after = normalised(changed(base, change), zone);
  const bool retyped = !before.type.empty() && !after.type.empty() && after.type != before.type;
  if (retyped) {
    return dns_error(400, 9000, "DNS record type cannot be changed.");
  }
  if (const auto rule = broken_rule(after, zone)) {
    return tl::unexpected{*rule};
  }
  stamp(after, before, now);
  return after;
}

tl::unexpected<ApiError> no_such_record() {
  return dns_error(404, 81044, "Record does not exist.");
}

// Does `act` to each action; the first failure ends it.
template <typename Action, typename Act>
std::optional<ApiError> for_each(const std::vector<Action>& actions, std::vector<Record>& results,
                                 Act act) {
  for (const Action& action : actions) {
    auto result = act(action);
    if (!result) {
      return std::move(result).error();
    }
    results.push_back(*std::move(result));
  }
  return std::nullopt;
}

std::optional<ApiError> run_all(Zone& zone, const Batch& batch, BatchResult& result, Time now) {
  if (auto e = for_each(batch.deletes, result.deletes,
                        [&](const auto& id) { return zone.remove(id); })) {
    return e;
  }
  if (auto e = for_each(batch.patches, result.patches, [&](const auto& change) {
        return zone.patch(change.id.value_or(""), change, now);
      })) {
    return e;
  }
  if (auto e = for_each(batch.puts, result.puts, [&](const auto& wanted) {
        return zone.put(wanted.id.value_or(""), wanted, now);
      })) {
    return e;
  }
  return for_each(batch.posts, result.posts,
                  [&](const auto& wanted) { return zone.create(wanted, now); });
}

}  // namespace

tl::unexpected<ApiError> dns_error(int status, int code, std::string message) {
  return tl::unexpected{ApiError{.status = status, .code = code, .message = std::move(message)}};
}

std::size_t Batch::size() const {
  return deletes.size() + patches.size() + puts.size() + posts.size();
}

ApiResult<Record> Zone::get(std::string_view record_id) const {
  const auto found = std::find_if(records.begin(), records.end(),
                                  [&](const Record& record) { return record.id == record_id; });
  if (found == records.end()) {
    return no_such_record();
  }
  return *found;
}

ApiResult<Record> Zone::create(const RecordChange& wanted, Time now) {
  auto record = checked(*this, blank(), blank(), wanted, now);
  if (record) {
    record->id.clear();
    return add(*std::move(record), now);
  }
  return record;
}

ApiResult<Record> Zone::patch(std::string_view record_id, const RecordChange& change, Time now) {
  Record* const stored = find(record_id);
  if (stored == nullptr) {
    return no_such_record();
  }
  auto record = checked(*this, *stored, *stored, change, now);
  if (record) {
    *stored = *record;
  }
  return record;
}

ApiResult<Record> Zone::put(std::string_view record_id, const RecordChange& wanted, Time now) {
  Record* const stored = find(record_id);
  if (stored == nullptr) {
    return no_such_record();
  }
  Record base = blank();
  base.id = stored->id;
  base.created_on = stored->created_on;
  base.modified_on = stored->modified_on;
  base.comment_modified_on = stored->comment_modified_on;
  base.tags_modified_on = stored->tags_modified_on;

  auto record = checked(*this, *stored, base, wanted, now);
  if (record) {
    *stored = *record;
  }
  return record;
}

ApiResult<Record> Zone::remove(std::string_view record_id) {
  auto record = get(record_id);
  if (record) {
    std::erase_if(records, [&](const Record& stored) { return stored.id == record_id; });
  }
  return record;
}

ApiResult<BatchResult> Zone::run(const Batch& batch, Time now) {
  const std::size_t most = is_free() ? 200 : 3500;
  if (batch.size() > most) {
    return dns_error(400, 9207, "Batch exceeds the limit of " + std::to_string(most) + " records.");
  }
  Zone attempt = *this;
  BatchResult result;
  if (auto error = run_all(attempt, batch, result, now)) {
    return tl::unexpected{*std::move(error)};
  }
  records = std::move(attempt.records);
  return result;
}

const Record& Zone::add(Record record, Time now) {
  record.id = record.id.empty() ? new_id() : record.id;
  record.created_on = record.created_on == Time{} ? now : record.created_on;
  record.modified_on = record.modified_on == Time{} ? record.created_on : record.modified_on;
  if (record.comment && !record.comment_modified_on) {
    record.comment_modified_on = record.modified_on;
  }
  if (!record.tags.empty() && !record.tags_modified_on) {
    record.tags_modified_on = record.modified_on;
  }
  records.push_back(std::move(record));
  return records.back();
}

Record* Zone::find(std::string_view record_id) {
  const auto found = std::find_if(records.begin(), records.end(),
                                  [&](const Record& record) { return record.id == record_id; });
  return found == records.end() ? nullptr : &*found;
}

Record* Zone::find(std::string_view record_name, std::string_view record_type) {
  const auto found = std::find_if(records.begin(), records.end(), [&](const Record& record) {
    return record.name == record_name && record.type == record_type;
  });
  return found == records.end() ? nullptr : &*found;
}

bool Zone::holds(std::string_view full) const {
  return full == name || full.ends_with("." + name);
}

std::string new_id() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  std::uniform_int_distribution<std::size_t> digit{0, 15};
  std::string id;
  for (int i = 0; i < 32; ++i) {
    id += "0123456789abcdef"[digit(random)];
  }
  return id;
}

}  // namespace simulated
