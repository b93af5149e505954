#pragma once

#include <functional>

#include "core/task.h"
#include "io/event_loop.h"
#include "value/result.h"

/// Runs a call that blocks in a thread of its own, while the loop goes on. False if the time, or
/// the run's, was up first: the thread goes on with what `work` holds, and the process does not
/// wait for it when it ends. Error if there can be no thread or no descriptor. What the work throws
/// is thrown here. It holds all it needs: whoever asked for it may be gone.
Task<Result<bool>> aside(EventLoop& loop, std::function<void()> work, Milliseconds at_most);
