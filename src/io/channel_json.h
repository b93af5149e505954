#pragma once

#include <string>

#include "io/channel.h"

// The bodies that the services want.

/// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
std::string slack_body(const Message& message);
/// https://core.telegram.org/bots/api#sendmessage
std::string telegram_body(const Message& message, const std::string& chat);
/// https://docs.pushbullet.com/#create-push
std::string pushbullet_body(const Message& message, const std::string& device);
/// The JSON of the run with the members `event`, `id`, `sentence` and `host` before its own.
std::string webhook_body(const Message& message);
