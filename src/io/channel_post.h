#pragma once

#include "io/channel.h"

/// The one request of slack, telegram, pushbullet or webhook; an Error where its secret cannot be
/// had.
Result<HttpRequest> post_of(const Channel& channel, const Message& message);
