#include "io/cloudflare_record.h"

#include <algorithm>

namespace {

/// Where the zone of a name may begin: at the name itself, or at any of its parents.
std::vector<Fqdn> possible_zones(const Fqdn& name) {
  std::vector<Fqdn> names;
  std::optional<Fqdn> next = name.is_wildcard() ? name.parent() : name;
  for (; next; next = next->parent()) {
    names.push_back(*next);
  }
  return names;
}

/// A name may have several zones, in several accounts or as an internal one beside the public.
ApiResult<Zone> only_one(std::vector<Zone> zones) {
  std::erase_if(zones, [](const Zone& zone) { return zone.type == "internal"; });
  const auto is_active = [](const Zone& zone) { return zone.status == "active"; };
  if (std::any_of(zones.begin(), zones.end(), is_active)) {
    std::erase_if(zones, std::not_fn(is_active));
  }
  if (zones.size() > 1) {
    return tl::unexpected(
        ApiFailure{.kind = ApiFailure::Kind::several_zones, .message = zones.front().name});
  }
  if (zones.empty()) {
    return tl::unexpected(ApiFailure{.kind = ApiFailure::Kind::no_zone});
  }
  return zones.front();
}

/// Answers that a zone id no longer in use would explain.
bool doubts_zone(const ApiResult<std::vector<Record>>& records) {
  constexpr int kForbidden = 403;
  return records ? records->empty()
                 : records.error().kind == ApiFailure::Kind::gone ||
                       records.error().status == kForbidden;
}

}  // namespace

CloudflareRecord::CloudflareRecord(Cloudflare& api, const EventLoop& loop, Settings settings)
    : api_(api), loop_(loop), settings_(std::move(settings)) {
  if (!settings_.zone.id.empty()) {
    zone_ = Zone{.id = settings_.zone.id, .name = {}};
  } else if (settings_.cached) {
    zone_ = settings_.cached;
    zone_is_from_cache_ = true;
  }
}

Task<ApiResult<std::vector<Record>>> CloudflareRecord::read() {
  Records records = co_await list();
  if (zone_is_from_cache_ && doubts_zone(records)) {
    zone_.reset();
    zone_is_from_cache_ = false;
    records = co_await list();
  }
  co_return records;
}

Task<ApiResult<std::vector<Record>>> CloudflareRecord::list() {
  if (!zone_) {
    const ApiResult<Zone> found = co_await find_zone();
    if (!found) {
      co_return tl::unexpected(found.error());
    }
    zone_ = *found;
  }
  Records records = co_await api_.records(zone_->id, settings_.name, settings_.type);
  co_return records;
}

Task<ApiResult<Zone>> CloudflareRecord::find_zone() {
  std::vector<Fqdn> names = possible_zones(settings_.name);
  if (settings_.zone.name) {
    names = {*settings_.zone.name};
  }
  std::vector<Task<ApiResult<std::vector<Zone>>>> questions;
  for (const Fqdn& name : names) {
    questions.push_back(api_.zones_named(name));
  }
  // The longest name that is a zone wins; the answers to shorter ones need not be waited for.
  for (auto& question : questions) {
    const ApiResult<std::vector<Zone>>& zones = co_await question;
    if (!zones) {
      co_return tl::unexpected(zones.error());
    }
    if (!zones->empty()) {
      co_return only_one(*zones);
    }
  }
  co_return tl::unexpected(ApiFailure{.kind = ApiFailure::Kind::no_zone});
}

Task<ApiResult<Record>> CloudflareRecord::write(std::string id, IpAddress content) {
  return api_.set_content(zone_->id, std::move(id), content, settings_.ttl);
}

bool CloudflareRecord::may_still_write() const {
  return loop_.left() >= settings_.write_takes;
}

std::string CloudflareRecord::zone_label() const {
  return !zone_ ? "" : zone_->name.empty() ? zone_->id : zone_->name;
}
