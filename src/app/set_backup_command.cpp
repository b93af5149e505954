#include "app/set_backup_command.h"

#include "app/report.h"
#include "app/system_clock.h"
#include "app/version.h"
#include "io/interface_address.h"
#include "io/state_directory.h"
#include "value/address_range.h"
#include "value/text.h"

namespace {

// --- Where the address comes from ---

/// Asks over the record's own family, and past any proxy, which would tell its own address.
Task<Result<IpAddress>> ask(Http& http, Url url, IpAddress::Family family) {
  constexpr std::size_t kLongest = 1024;
  constexpr Milliseconds kTimeout{10000};
  const std::string host = url.host();
  const HttpResult reply = co_await http.fetch({.url = std::move(url),
                                                .family = family,
                                                .timeout = kTimeout,
                                                .connect_timeout = kTimeout,
                                                .max_body = kLongest});
  if (!reply) {
    co_return failure("no address: " + what_happened(reply.error(), host));
  }
  const auto address = IpAddress::parse(trim(reply->body));
  if (reply->status != 200 || !address) {
    co_return failure("no address from " + host + ": status " + std::to_string(reply->status) +
                          ", \"" + printable(trim(reply->body)) + "\"",
                      "it is to answer with an address and nothing else");
  }
  co_return *address;
}

class FindAddress {
 public:
  FindAddress(const Config& config, EventLoop& loop) : config_(config), loop_(loop) {}

  Result<IpAddress> operator()(const IpAddress& address) const { return address; }

  Result<IpAddress> operator()(const FromInterface& interface) const {
    const auto addresses = interface_addresses(interface.name, family());
    if (!addresses) {
      return tl::unexpected(addresses.error());
    }
    return addresses->front();
  }

  Result<IpAddress> operator()(const FromUrl& echo) const {
    Http http(loop_, program_and_version(), config_.trust);
    auto asking = ask(http, echo.url, family());
    return loop_.run(asking, http);
  }

 private:
  IpAddress::Family family() const { return family_of(config_.records.front().type); }

  const Config& config_;
  EventLoop& loop_;
};

// --- What it must be ---

Result<void> check_range(const IpAddress& address, bool allows_private) {
  const auto range = special_range(address);
  if (!range || (allows_private && range->may_be_allowed)) {
    return {};
  }
  return failure(address.str() + " is " + std::string(range->name) +
                     ": nobody outside could reach the backup there",
                 range->may_be_allowed
                     ? "--allow-private takes it all the same, for records that only you resolve"
                     : "announce the address of a host");
}

Result<void> check(const IpAddress& address, const SetBackupRequest& request) {
  const RecordConfig& record = request.config.records.front();
  if (address.family() != family_of(record.type)) {
    return failure(address.str() + " does not fit a record of type " +
                   std::string(to_text(record.type)));
  }
  if (record.sites.main == Host(address)) {
    return failure(address.str() + " is MAIN",
                   "give the backup another address: there must be somewhere to go");
  }
  return check_range(address, request.allows_private);
}

/// The configured backup that gets the address.
Result<Host> find_replaced(const SetBackupRequest& request, const Said& said,
                           const IpAddress& address) {
  const SiteHosts& sites = request.config.records.front().sites;
  const Host wanted = request.replaces.value_or(sites.backups.front());
  const auto replaced = configured_backup(sites, said, wanted);
  if (!replaced) {
    std::vector<std::string> names;
    for (const Host& backup : backups_in_force(sites, said)) {
      names.push_back(backup.str());
    }
    return failure("--replace: no backup is " + wanted.str(), "the backups are " + joined(names));
  }
  for (const Host& backup : sites.backups) {
    if (backup != *replaced && configured_backup({sites.main, {backup}}, said, address)) {
      return failure(address.str() + " is another backup already",
                     "two backups at one address would be one");
    }
  }
  return *replaced;
}

// --- What follows ---

ExitStatus not_stored(const RecordConfig& record, const Error& error) {
  print(stderr, to_lines({title(RecordKey{record.name, record.type}) +
                              ": nothing was stored: " + error.message,
                          error.hint}));
  return ExitStatus::usage;
}

/// The announcement, stored before anything else is done; in a dry run only thought through.
Result<StateDirectory::SaidChange> store(const SetBackupRequest& request,
                                         const StateDirectory& state, const IpAddress& address,
                                         EventLoop& loop) {
  std::optional<Error> wrong;
  const auto change = [&](const Said& said) {
    const auto replaced = find_replaced(request, said, address);
    if (!replaced) {
      wrong = replaced.error();
      return said;
    }
    return announced(said, request.config.records.front().sites, *replaced, address, unix_now());
  };
  Result<StateDirectory::SaidChange> stored;
  if (request.config.dry_run == DryRun::yes) {
    const Said said = state.read_said().value_or(Said{});
    stored = StateDirectory::SaidChange{said, change(said)};
  } else {
    PollPump pump;
    auto changing = state.change_said(loop, change);
    stored = loop.run(changing, pump);
  }
  return wrong ? tl::unexpected(*wrong) : stored;
}

/// Whether the record may still hold an address that a backup has lost.
bool is_former_left(const RecordConfig& record, const StateDirectory& state, const Said& said) {
  const auto seen = state.read_seen();
  const auto gone = seen ? seen->gone : std::vector<FormerAddress>();
  return !former_in_force(record.sites, said, gone).empty();
}

}  // namespace

ExitStatus set_backup_command(const SetBackupRequest& request, const Clock& clock,
                              const Audience& audience) {
  const BootTime begun = clock.now();
  const Config& config = request.config;
  const RecordConfig& record = config.records.front();
  EventLoop loop(clock, begun + config.deadline);

  const auto found = std::visit(FindAddress(config, loop), request.source);
  if (!found) {
    return not_stored(record, found.error());
  }
  const IpAddress address = found->unmapped();
  if (const auto checked = check(address, request); !checked) {
    return not_stored(record, checked.error());
  }
  const StateDirectory state(config.state_dir, record.name, record.type);
  const auto stored = store(request, state, address, loop);
  if (!stored) {
    return not_stored(record, stored.error());
  }

  const RecordKey key{record.name, record.type};
  if (!stored->warning.empty()) {
    print(stderr, warning_line(title(key) + ": " + stored->warning));
  }
  const bool is_new = stored->now != stored->before;
  if (!is_new && !is_former_left(record, state, stored->now)) {
    if (config.detail == Detail::steps) {
      print(stdout, title(key) + ": the backup is at " + address.str() + " already\n");
    }
    return ExitStatus::ok;
  }
  if (is_new && config.detail != Detail::quiet && config.json == Json::no) {
    print(stdout, title(key) + ": " +
                      stored_line(address, stored->now.hold, config.dry_run, unix_now()) + "\n");
  }
  const bool dry_run = config.dry_run == DryRun::yes;
  const ExitStatus status =
      run_command(config, clock, audience,
                  {.begun = begun,
                   .waits = true,
                   .vouched = request.vouches ? std::optional(address) : std::nullopt,
                   .instead_of_said = dry_run ? std::optional(stored->now) : std::nullopt});
  if (status != ExitStatus::ok && !dry_run) {
    print(stderr, hint_line("the backup's address " + address.str() +
                            " is stored; the next run acts on it"));
  }
  return status;
}
