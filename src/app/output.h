#pragma once

#include <cstdio>
#include <string>

#include "io/event_loop.h"

// Standard output and standard error. A stream that is closed, full or not read is no reason to
// stop a run, nor to hold it up.

/// Writes the text at once, as far as somebody reads it; the rest waits in memory.
void print(std::FILE* stream, const std::string& text);

/// Waits for readers until the loop's deadline. Those who have not read all by then get no more.
void flush_output(const EventLoop& loop);

/// Waits for readers, however long they take: for a pager.
void flush_output();
