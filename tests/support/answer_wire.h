#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "fault.h"
#include "fault_plan.h"
#include "http_message.h"

// How an answer goes over the wire, with the faults that concern its bytes.

HttpMessage message_of(const fault::Answer& answer);

// One chunk of a chunked body.
std::string chunk(std::string_view data);

// Sets the fields that say how long the body is, and puts the body into that shape. An endless one
// is only begun.
void frame(HttpMessage& answer, const FaultPlan& plan);

// Whether the connection is useless afterwards.
bool ends_badly(const FaultPlan& plan);

// Of an answer whose body begins at `body_at`: how many of its bytes are sent, the position at
// which sending next stops for a moment, and for how long it does.
std::size_t sent_length(std::size_t length, std::size_t body_at, const FaultPlan& plan);
std::size_t next_stop(std::size_t at, std::size_t body_at, std::size_t length,
                      const FaultPlan& plan);
std::chrono::milliseconds wait_at(std::size_t stop, std::size_t body_at, const FaultPlan& plan);
