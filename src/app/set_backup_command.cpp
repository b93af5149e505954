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
  HttpRequest question{.url = std::move(url),
                       .family = family,
                       .timeout = kTimeout,
                       .connect_timeout = kTimeout,
                       .max_body = kLongest};
  const HttpResult reply = co_await http.fetch(std::move(question));
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

/// An address that the interface has just been given is not to be used yet, and the one that it had
/// before is not to be announced instead.
Task<bool> until_checked(EventLoop& loop, std::string interface) {
  constexpr Milliseconds kCheckTakes{5000};
  constexpr Milliseconds kPause{100};
  for (Milliseconds waited{0}; is_checking_addresses(interface); waited += kPause) {
    if (waited >= kCheckTakes || loop.expired()) {
      co_return false;
    }
    co_await loop.sleep(kPause);
  }
  co_return true;
}

Result<IpAddress> address_of(const FromInterface& interface, IpAddress::Family family) {
  const auto addresses = interface_addresses(interface.name, family);
  return addresses ? Result<IpAddress>(addresses->front()) : tl::unexpected(addresses.error());
}

class FindAddress {
 public:
  FindAddress(const Config& config, EventLoop& loop) : config_(config), loop_(loop) {}

  Result<IpAddress> operator()(const IpAddress& address) const { return address; }

  Result<IpAddress> operator()(const FromInterface& interface) const {
    if (family() == IpAddress::Family::v6) {
      PollPump pump;
      auto waiting = until_checked(loop_, interface.name);
      loop_.run(waiting, pump);
    }
    return address_of(interface, family());
  }

  Result<IpAddress> operator()(const FromUrl& echo) const {
    Http http(loop_, program_and_version(), config_.trust);
    auto asking = ask(http, echo.url, family());
    return std::move(loop_.run(asking, http));
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
  return failure(address.str() + " is not public (" + std::string(range->name) +
                     "): nobody outside could reach the backup there",
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
    if (backup != *replaced && in_force(backup, said) == Host(address)) {
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

/// An address that is fit to be announced, and what is said with it.
struct Announced {
  IpAddress address;
  StateDirectory::SaidChange said;
};

/// What is said once the address is announced.
Result<Said> announce(const SetBackupRequest& request, const Said& said, const IpAddress& address) {
  if (const auto checked = check(address, request); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto replaced = find_replaced(request, said, address);
  if (!replaced) {
    return tl::unexpected(replaced.error());
  }
  return announced(said, request.config.records.front().sites, *replaced, address, unix_now());
}

/// Stored before anything else is done; in a dry run only thought through.
Result<Announced> store(const SetBackupRequest& request, const StateDirectory& state,
                        IpAddress address, EventLoop& loop) {
  Result<Said> said = announce(request, state.read_said().value_or(Said{}), address);
  if (!said || request.config.dry_run == DryRun::yes) {
    return said.map([&](const Said& now) {
      return Announced{address, {state.read_said().value_or(Said{}), now}};
    });
  }
  const auto change = [&](const Said& before) {
    // Of two hooks side by side, the one that is later here must not tell the older address.
    if (const auto* const interface = std::get_if<FromInterface>(&request.source)) {
      address = address_of(*interface, address.family()).value_or(address).unmapped();
    }
    said = announce(request, before, address);
    return said.value_or(before);
  };
  PollPump pump;
  auto changing = state.change_said(loop, change);
  const auto& stored = loop.run(changing, pump);
  if (!said) {
    return tl::unexpected(said.error());
  }
  return stored.map([&](const StateDirectory::SaidChange& said_now) {
    return Announced{address, said_now};
  });
}

/// The address, stored.
Result<Announced> find_and_store(const SetBackupRequest& request, const StateDirectory& state,
                                 EventLoop& loop) {
  const auto found = std::visit(FindAddress(request.config, loop), request.source);
  if (!found) {
    return tl::unexpected(found.error());
  }
  return store(request, state, found->unmapped(), loop);
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

  const StateDirectory state(config.state_dir, record.name, record.type);
  const auto result = find_and_store(request, state, loop);
  if (!result) {
    return not_stored(record, result.error());
  }
  const auto& [address, stored] = *result;

  const RecordKey key{record.name, record.type};
  if (!stored.warning.empty()) {
    print(stderr, warning_line(title(key) + ": " + stored.warning));
  }
  const bool is_new = stored.now != stored.before;
  if (!is_new && !is_former_left(record, state, stored.now)) {
    if (config.detail == Detail::steps) {
      print(config.json == Json::yes ? stderr : stdout,
            title(key) + ": the backup is at " + address.str() + " already\n");
    }
    return ExitStatus::ok;
  }
  if (is_new && config.detail != Detail::quiet && config.json == Json::no) {
    print(stdout, title(key) + ": " +
                      stored_line(address, stored.now.hold, config.dry_run, unix_now()) + "\n");
  }
  const bool dry_run = config.dry_run == DryRun::yes;
  const ExitStatus status =
      run_command(config, clock, audience,
                  {.begun = begun,
                   .by = request.by,
                   .waits = true,
                   .vouched = request.vouches ? std::optional(address) : std::nullopt,
                   .instead_of_said = dry_run ? std::optional(stored.now) : std::nullopt});
  if (status != ExitStatus::ok && !dry_run) {
    print(stderr, hint_line(stored_hint(address, stored.now.hold, unix_now())));
  }
  return status;
}
