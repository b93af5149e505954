#include "core/counters.h"

Counters counted(Counters counters, const PastRun& run) {
  if (run.status == 0) {
    counters.failures_in_a_row = 0;
    counters.last_success = run.time;
  } else {
    ++counters.failures_in_a_row;
  }
  if (run.change && run.change->written == true) {
    ++counters.changes[run.change->kind];
    counters.last_change = run.time;
  }
  return counters;
}
