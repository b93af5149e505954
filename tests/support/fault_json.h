#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "fault.h"

// Somebody else's change, described in JSON as for PUT /control/record.
using EditByJson = std::function<void(const std::string& json)>;

// A fault from its description, or what is wrong with that. For example
//
//   {"fault": "reset", "method": "PATCH", "path": "dns_records", "nth": 1, "times": 1,
//    "effect": "applied"}
//
// `times` may be "always". The other members are those of the mischief:
//
//   delay {ms, carried_out}  hang, close, reset {effect}  close-after-answer  endless
//   answer {status, body, content_type, headers}  cut {after, of, ending}  pause {after, ms}
//   drip {piece, ms}  chunked {piece, flaw}  replace {from, to}  pad {bytes}
//   meanwhile {moment, record}
//   too-many-requests {retry_after}  refusal {status, code, message}  edge-page {status}
//   edge-problem {status, retry_after}  challenge  redirect {location}  html {body}  empty-body
//   deeply-nested {depth}  not-utf8
//
// and all that are answers take `effect` too.
tl::expected<Fault, std::string> read_fault(const std::string& json, const EditByJson& edit);
