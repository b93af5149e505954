#pragma once

#include <optional>
#include <string>

#include "core/ports.h"
#include "io/cloudflare.h"

/// What is known of the record's zone before a run: an id, or a name, or nothing.
struct ZoneChoice {
  std::string id = {};
  std::optional<Fqdn> name = {};
};

/// A RecordStore at Cloudflare: finds the zone, then speaks of one name and type in it.
class CloudflareRecord : public RecordStore {
 public:
  struct Settings {
    Fqdn name;
    RecordType type;
    ZoneChoice zone = {};             ///< as configured
    std::optional<Zone> cached = {};  ///< as found by an earlier run; looked up again in doubt
    int ttl = 0;                      ///< seconds to set with the content; 0 leaves it alone
    Milliseconds write_takes{1000};   ///< no write begins with less than this left
  };

  CloudflareRecord(Cloudflare& api, const EventLoop& loop, Settings settings);

  Task<ApiResult<std::vector<Record>>> read() override;
  Task<ApiResult<Record>> write(std::string id, IpAddress content) override;
  bool may_still_write() const override;

  /// The zone, once a read has found it. Its name is empty where only an id was configured.
  const std::optional<Zone>& zone() const { return zone_; }
  /// Its name, or its id where only that is known; empty before a read has found it.
  std::string zone_label() const;

 private:
  using Records = ApiResult<std::vector<Record>>;

  Task<Records> list();
  Task<ApiResult<Zone>> find_zone();

  Cloudflare& api_;
  const EventLoop& loop_;
  Settings settings_;
  std::optional<Zone> zone_;
  bool zone_is_from_cache_ = false;
};
