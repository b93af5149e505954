#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lab.h"

// A failover that is due, and what Cloudflare's API makes of it.

using Options = std::vector<std::string>;

/// A world in which MAIN refuses, BACKUP is accessible and the record, with a comment and a tag of
/// its owner's, holds MAIN.
std::unique_ptr<Lab> failover_due();

/// The built program in that world, with one attempt per probe, and `more`.
ProcessSpec one_run(const Lab& lab, const Options& more = {});
/// Runs it to its end; checks what every run promises.
ProcessResult run_once(const Lab& lab, const Options& more = {});
ProcessResult run_once(const Lab& lab, const ProcessSpec& spec);

/// The command line with another value for an option that it has.
ProcessSpec with(ProcessSpec spec, const std::string& option, const std::string& value);
/// The environment with one more variable, or another value for it.
ProcessSpec with_variable(ProcessSpec spec, const std::string& name, const std::string& value);

/// What holds after every run: at most one write, a PATCH; success is told only if the record holds
/// the target; the owner's settings are untouched; the token is nowhere to be read.
void check_promises(const Lab& lab, const ProcessResult& result);
/// That this secret is neither in the output nor in the state directory.
void check_secret(const std::string& secret, const Lab& lab, const ProcessResult& result);

bool contains(const std::string& text, const std::string& part);
/// The line about the change that is due in failover_due().
std::string success_line();
/// How often the list of records was asked for, and how often zones were.
std::size_t lists(const Lab& lab);
std::size_t lookups(const Lab& lab);

/// One thing that can go wrong, and what must come of it.
struct Mishap {
  std::string name;
  std::function<void(Lab&)> arrange;
  int status = 0;
  std::string says = {};  ///< a part of standard error; empty: nothing is said there
  std::string record = Lab::kBackup;
  std::size_t writes = 1;
  std::chrono::seconds deadline{3};
  Options more = {};
};

/// Plays them side by side, each in a world of its own where a failover is due, every other one
/// with --json and -v.
void play(const std::vector<Mishap>& mishaps);

/// The requests of a run that has a change to make.
enum class Exchange { zones, list, reread, patch, verify };

/// Befalls the request of that exchange and `times` - 1 later ones like it. To get to `verify`, the
/// PATCH remains unanswered and without effect.
std::function<void(Lab&)> at(Exchange exchange, const fault::Mischief& mischief,
                             std::size_t times = fault::kAlways);
std::string describe(Exchange exchange);
