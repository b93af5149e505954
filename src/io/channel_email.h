#pragma once

#include "io/channel.h"

/// The message as a mail; an Error where the password cannot be had.
Result<Mail> mail_of(const Channel& channel, const Message& message);
