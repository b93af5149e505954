#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/exit_status.h"
#include "app/run.h"
#include "core/history.h"

// Every sentence that a run says, and its exit status. Nothing here does anything.

ExitStatus exit_status(const RunReport& report);

/// "MAIN", "BACKUP" or "neither MAIN nor BACKUP".
std::string_view to_text(Role role);

/// Whether a failback would be due but for the delay.
bool is_pending(const RunReport& report);

/// A role for machines: "main", "backup" or "other".
std::string_view role_name(Role role);

/// "accessible", "inaccessible" or "unknown".
std::string_view verdict_name(Health health);

/// For people who look before they read.
StepLine::Tone tone_of(Health health);

/// As the contract lists it: "refused", "timeout connecting", "status 503", ...
std::string reason(const ProbeFailure& failure);

/// The reason, and for a time-out after how long.
std::string describe(const ProbeFailure& failure);

/// The numbers of the steps taken.
std::vector<int> steps_taken(const RunReport& report);

/// "failover" or "failback" for a decision that moves the record, else "none".
std::string_view action(const RunReport& report);

/// "failover 192.0.2.10 -> 198.51.100.20 (refused)", for a decision that moves the record.
std::string move_text(const RunReport& report);

/// The line about a change made, or due in a dry run; nothing if there is none to report.
std::optional<std::string> change_line(const RunReport& report);

/// The run in one line: what it changed, what is wrong, or why it changed nothing.
std::string summary(const RunReport& report);

/// For a change by hand that was none; nothing otherwise.
std::optional<std::string> already_line(const RunReport& report);

/// What is wrong, without the record's name; nothing if the status is 0.
std::optional<Error> problem(const RunReport& report);

/// "www.example.com A".
std::string title(const RecordKey& record);
std::string title(const RunReport& report);

/// What `hold` and `release` have done: "held until ...", "released", ...
std::string hold_line(const std::optional<Hold>& before, const std::optional<Hold>& now,
                      UnixTime time, DryRun dry_run = DryRun::no);

/// What `set-backup` has stored.
std::string stored_line(const IpAddress& address, const std::optional<Hold>& hold, DryRun dry_run,
                        UnixTime now);

/// What is left of `set-backup` where its run has met trouble.
std::string stored_hint(const IpAddress& address, const std::optional<Hold>& hold, UnixTime now);

/// An error as lines for standard error: "cf-failover: error: ..." and, if known, the hint.
std::string to_lines(const Error& error);
std::string warning_line(const std::string& text);
std::string hint_line(const std::string& text);

/// The steps that are settled so far. A later report of the same run begins with the same lines.
std::vector<StepLine> step_lines(const RunReport& report);

/// What a finished run can add to its steps: the outcome, and the addresses no step asked for.
std::vector<StepLine> closing_lines(const RunReport& report);

/// Why the run ended as it did, in one sentence: what changed, or why nothing did.
StepLine outcome_line(const RunReport& report);

/// What the address counts as after the run; a person's word is as good as a probe.
Health counts_as(const IpAddress& address, const RunReport& report);

/// What is kept of a finished run.
PastRun past_run(const RunReport& report, const std::string& host, By by);
