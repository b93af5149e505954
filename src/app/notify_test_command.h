#pragma once

#include <string>
#include <vector>

#include "app/exit_status.h"
#include "core/ports.h"
#include "io/channel.h"

/// Which channels are to be tried.
struct NotifyTestRequest {
  std::vector<Channel> channels;
  SystemTrust trust = {};
  std::string host = {};
  Milliseconds deadline{0};
};

/// `cf-failover notify-test [CHANNEL]`: sends a test notice, and tells each channel's answer.
/// Status 1 if one of them did not take it.
ExitStatus notify_test_command(const NotifyTestRequest& request, const Clock& clock);
