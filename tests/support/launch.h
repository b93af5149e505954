#pragma once

#include "process.h"

// What a program took, together with the processes that it waited for.
struct Launched {
  int status = -1;  // -1: a signal ended it
  double cpu_us = 0;
  double wall_us = 0;
  long peak_kib = 0;
  std::string err = {};  // and its output
};

// Runs it by way of build/bench/launch, which is small: a child of a large program would be charged
// with that program's own peak. Throws std::runtime_error if it cannot be started.
Launched launch(ProcessSpec spec);
