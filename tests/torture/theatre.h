#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "../support/loopback_cloudflare.h"
#include "../support/loopback_origin.h"
#include "../support/process.h"
#include "../support/scratch_dir.h"
#include "kinds.h"
#include "plots.h"

namespace torture {

/// What a run has come to.
struct Act {
  ProcessResult result = {};
  std::string failed_call = {};  ///< or the misfortune; empty: none was made to fail
  long calls = 0;                ///< of the family; 0 if it did not get to its end
  std::size_t writes = 0;
  bool contacted = false;  ///< Cloudflare or an origin
  std::string record = {};
  bool announced = false;  ///< the backup's new address is stored
};

/// The loopback world of a plot, for one performance after the other.
class Theatre {
 public:
  /// Probes are attempted once; twice, where calls fail as if by the peer's fault.
  Theatre(const Plot& plot, Blame blame);

  /// Everything as it was at the beginning.
  void reset();

  /// The plot's command, of whose calls the n-th of that kind fails, or which the n-th misfortune
  /// of that kind befalls.
  Act perform(const Kind& kind, long nth);
  /// `run`, undisturbed.
  Act go_on();

  /// Whether people have heard of a change to the target, or will.
  bool is_change_told() const;
  /// Files that no run should leave.
  std::vector<std::string> litter() const;

 private:
  std::string base_url() const;
  std::string configuration(Blame blame) const;
  std::string probe_target() const;
  std::string channel() const;
  void make_past();
  ProcessSpec command(const std::vector<std::string>& words) const;
  Act act(const ProcessSpec& spec);
  Act perform_with_failing_call(const Kind& kind, long nth);
  Act perform_with_hostile_api(const Kind& kind, long nth);
  bool is_announced() const;
  std::size_t connections() const;

  const Plot& plot_;
  LoopbackCloudflare cloudflare_;
  LoopbackOrigin main_;
  LoopbackOrigin backup_;
  LoopbackOrigin moved_;     ///< where the backup moves, or where MAIN's name leads
  LoopbackOrigin listener_;  ///< who is told
  ScratchDir scratch_;
  std::filesystem::path state_ = scratch_.path() / "state";
  std::size_t told_before_ = 0;
  std::size_t usual_requests_ = 0;  ///< of the plot's command, if the API is to be hostile
};

/// How every run's deadline is set.
inline constexpr int kDeadlineSeconds = 5;

}  // namespace torture
