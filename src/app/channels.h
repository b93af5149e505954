#pragma once

#include <string>
#include <vector>

#include "app/environment.h"
#include "app/settings.h"
#include "io/channel.h"

/// "email", "slack", ...
std::vector<std::string> channel_kinds();

/// The keys that a channel of this kind may have besides `channel`; none if there is no such kind.
std::vector<std::string> channel_keys(const std::string& kind);

/// The channels of the file, each as a layer of its keys. Secrets are not read before they are
/// needed. `child_environment`: what the commands of `exec` see.
Result<std::vector<Channel>> to_channels(const std::vector<Layer>& layers,
                                         const Environment& environment,
                                         const std::vector<std::string>& child_environment);
