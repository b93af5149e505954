#pragma once

#include <string>

#include "../support/loopback_cloudflare.h"
#include "kinds.h"

namespace torture {

/// Lets the n-th misfortune of that kind befall the next run's requests, and says what it is; empty
/// if there are no more.
///
///   fault-I   each fault, at the I-th request
///   pair-IJ   each fault at the I-th request, with each one at the J-th
///   cut-I     the I-th answer ends after n - 1 bytes, by FIN or RST; never any more
std::string arm(LoopbackCloudflare& cloudflare, const Kind& kind, long nth);

}  // namespace torture
