#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "fault.h"

inline constexpr const char* kClosed = "127.0.1.1 closed the connection without a whole answer";
inline constexpr const char* kNotJson = "HTTP 200, an answer that is not JSON";
/// More bytes than are read of an answer.
inline constexpr std::size_t kTooLarge = 2 * 1024 * 1024;

/// A fault of Cloudflare's API and the words in which a run tells it.
struct NamedFault {
  std::string name;
  fault::Mischief mischief;
  std::string words;
};

/// What may pass: a read is tried again.
std::vector<NamedFault> passing_faults();
/// What would be the same a second time: a read is not tried again.
std::vector<NamedFault> final_refusals();
/// What looks odd and is as good as any answer.
std::vector<NamedFault> harmless_faults();
/// What is not over when the run must be.
std::vector<NamedFault> silences();
