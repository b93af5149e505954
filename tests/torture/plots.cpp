#include "plots.h"

#include <algorithm>

#include "../support/lab.h"

namespace torture {

namespace {

constexpr const char* kMoved = "127.0.5.1";
constexpr const char* kLoopback = "127.0.0.1";

}  // namespace

const std::vector<Plot>& plots() {
  static const std::vector<Plot> kAll{
      {.name = "healthy",
       .words = {"run", "--json", "-v"},
       .main = Lab::kMain,
       .held = Lab::kMain,
       .target = Lab::kMain},
      {.name = "failover",
       .words = {"run"},
       .main = Lab::kMain,
       .held = Lab::kMain,
       .target = Lab::kBackup,
       .past = Past::known,
       .has_hostile_api = true},
      {.name = "set-backup",
       .words = {"set-backup", kMoved, "--allow-private"},
       .main = Lab::kMain,
       .held = Lab::kBackup,
       .target = kMoved,
       .past = Past::known},
      {.name = "from-interface",
       .words = {"set-backup", "--from-interface", "lo", "--allow-private", "--json"},
       .main = Lab::kMain,
       .held = Lab::kBackup,
       .target = kLoopback,
       .is_sampled = true},
      {.name = "by-name",
       .words = {"run", "-v"},
       .main = "main.localhost",
       .held = kLoopback,
       .target = Lab::kBackup,
       .is_sampled = true},
      {.name = "exec",
       .words = {"run"},
       .main = Lab::kMain,
       .held = Lab::kMain,
       .target = Lab::kBackup,
       .means = Means::exec,
       .is_sampled = true},
      {.name = "tls",
       .words = {"run", "--json"},
       .main = Lab::kMain,
       .held = Lab::kMain,
       .target = Lab::kBackup,
       .transport = Transport::tls,
       .is_sampled = true,
       .has_hostile_api = true},
  };
  return kAll;
}

std::optional<Plot> plot_named(const std::string& name) {
  const auto found = std::find_if(plots().begin(), plots().end(),
                                  [&](const Plot& plot) { return plot.name == name; });
  return found == plots().end() ? std::nullopt : std::optional(*found);
}

}  // namespace torture
