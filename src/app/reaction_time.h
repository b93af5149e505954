#pragma once

#include "app/config.h"

/// How long visitors wait from the failure of MAIN until they are sent elsewhere, if a run begins
/// every minute.
struct ReactionTime {
  Milliseconds until_run;     ///< at worst, until the next run begins
  Milliseconds probes_best;   ///< from there to the verdict: every attempt fails at once
  Milliseconds probes_worst;  ///< every attempt takes its whole time-out
  Milliseconds until_fall;    ///< from there, until enough runs have failed
  Milliseconds ttl;           ///< at worst, until resolvers ask again
  bool ttl_is_known;          ///< otherwise Cloudflare's automatic is taken

  Milliseconds best() const { return probes_best + until_fall; }
  Milliseconds worst() const { return until_run + probes_worst + until_fall + ttl; }
};

/// `ttl`: of the record, in seconds; 1 is Cloudflare's automatic, and 0 stands for not known.
/// A proxied record's visitors do not wait for a TTL.
ReactionTime reaction_time(const RecordConfig& record, int ttl, bool proxied);
