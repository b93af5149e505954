#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/health.h"
#include "core/record.h"
#include "core/task.h"
#include "value/duration.h"
#include "value/fqdn.h"
#include "value/result.h"
#include "value/unix_time.h"

// What the procedure asks of the world.

/// A moment on a clock that is never set and also runs while the machine sleeps.
using BootTime = std::chrono::nanoseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual BootTime now() const = 0;
};

/// Why a probe did not find an address accessible.
struct ProbeFailure {
  enum class Kind {
    refused,
    timeout_connecting,
    timeout_reading,
    reset,
    unreachable,
    tls,
    certificate,
    not_http,
    status,
    body_lacks,
    too_large,
    no_reply,
    exit,       ///< of a command, with another status than 0
    killed,     ///< a command at its time-out, or by a signal
    this_host,  ///< the probing host is at fault: the address was not judged
    deadline,   ///< the run ended first: the address was not judged
    replaced,   ///< a backup's former address: not probed; `detail` is where the backup is now
  };

  Kind kind;
  std::string detail = {};  ///< the status, the verifier's words, the text that was missed, ...
  Milliseconds after{0};    ///< how long the last attempt took

  friend bool operator==(const ProbeFailure&, const ProbeFailure&) = default;
};

/// What one attempt came to: accessible unless there is a failure.
struct ProbeAttempt {
  std::optional<ProbeFailure> failure = {};
  std::optional<UnixTime> certificate_expires = {};  ///< where that was asked for
};

/// What all attempts at one address came to.
struct ProbeResult {
  IpAddress address;
  Health health = Health::unknown;  ///< never pending
  std::optional<ProbeFailure> failure = {};
  int attempts = 0;  ///< none at an address that was not probed
  double ms = 0;     ///< from the first attempt to the verdict
  std::optional<UnixTime> certificate_expires = {};
};

class Prober {
 public:
  virtual ~Prober() = default;
  virtual Task<ProbeResult> probe(IpAddress address) = 0;

  /// The addresses of a host name that may be probed, sorted; the Error says why there are none.
  virtual Task<Result<std::vector<IpAddress>>> resolve(Fqdn name) = 0;

  /// Says that a decision hangs on this address: if a probe of it fails, or has failed, find out
  /// about this host's own connection right away.
  virtual void need(const IpAddress& address) = 0;

  /// Whether this host is cut off, so that a failed probe says nothing. False where nobody knows.
  virtual Task<bool> is_cut_off() = 0;
};

/// Why Cloudflare's API did not do what it was asked.
struct ApiFailure {
  enum class Kind {
    no_answer,      ///< `message` says what happened to the connection
    untrusted,      ///< the certificate was not accepted; nothing was sent
    broken_answer,  ///< not the JSON that was promised; `message` says what instead
    server,         ///< 5xx, 429, 408: may or may not have had an effect
    refused,        ///< any other status that is no success: had no effect
    gone,           ///< 404 for a record that was there
    no_zone,
    several_zones,
    deadline,  ///< not asked, or not answered, before the run's end
  };

  Kind kind;
  int status = 0;            ///< HTTP; 0 where there was no answer
  int code = 0;              ///< Cloudflare's; 0 where there was none
  std::string message = {};  ///< Cloudflare's or our own, safe to print
  std::string ray = {};      ///< cf-ray, for their support

  friend bool operator==(const ApiFailure&, const ApiFailure&) = default;
};

template <typename T>
using ApiResult = tl::expected<T, ApiFailure>;

/// One name and type at Cloudflare.
class RecordStore {
 public:
  virtual ~RecordStore() = default;

  /// All records of the name and type. Tried again within the deadline where that can help.
  virtual Task<ApiResult<std::vector<Record>>> read() = 0;

  /// Sends one request, never twice, that sets the content of the record with this id.
  virtual Task<ApiResult<Record>> write(std::string id, IpAddress content) = 0;

  /// Whether the evidence is young enough, and enough time left, to begin a write.
  virtual bool may_still_write() const = 0;
};
