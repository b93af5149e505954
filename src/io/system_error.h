#pragma once

#include "core/ports.h"

/// What an errno of socket(2), connect(2), send(2) or recv(2) says of the address: whether they
/// refuse, are unreachable, or this host could not even ask.
ProbeFailure to_probe_failure(int error_number);

/// Whether it says something of this host and nothing of the other.
bool is_about_this_host(int error_number);
