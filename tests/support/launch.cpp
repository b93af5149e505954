#include "launch.h"

#include <sstream>
#include <stdexcept>
#include <utility>

#include "lab.h"

Launched launch(ProcessSpec spec) {
  spec.argv.insert(spec.argv.begin(), built("bench/launch"));
  ProcessResult result = run(spec);
  Launched launched{.err = std::move(result.err)};
  std::istringstream figures{result.out};
  if (!(figures >> launched.status >> launched.cpu_us >> launched.wall_us >> launched.peak_kib)) {
    throw std::runtime_error{spec.argv.at(1) + " did not start: " + launched.err};
  }
  return launched;
}
