#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "io/outbox.h"

/// Writes to the outbox what each channel is to be told of.
void post(const Config& config, const Outbox& outbox, const std::vector<Notice>& notices);

/// Delivers what waits in the outbox, channel by channel in its order, all channels side by side,
/// within what is left of the run. What fails waits for a later run, until it is a day old.
void deliver_all(const Config& config, const Outbox& outbox, UnixTime now, EventLoop& loop,
                 Http& http);

/// A channel's answer to a test.
struct TestedChannel {
  std::string channel;
  Delivery delivery;
};

/// Sends a test notice to each of the channels, past the outbox.
std::vector<TestedChannel> test_channels(const std::vector<Channel>& channels,
                                         const std::string& host, UnixTime now, EventLoop& loop,
                                         Http& http);
