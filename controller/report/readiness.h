// SPDX-License-Identifier: Apache-2.0
// report.json, readiness: is the target ready for what was done to it? One vocabulary everywhere:
//   ready       everything was judged, and what was found is at most of medium severity
//   not ready   a finding is critical or high
//   not proven  neither: something could not be judged, or there was nothing to judge
#pragma once

#include <nlohmann/json.hpp>

#include "controller/verify/verify.h"

namespace cutpoint {

inline constexpr const char* ready = "ready";
inline constexpr const char* not_ready = "not ready";
inline constexpr const char* not_proven = "not proven";

bool is_severe(std::string_view severity);  // "critical", "high"

// {"verdict": "ready|not ready|not proven", "because": ["…", …]}; at least one reason.
nlohmann::json readiness_section(const RunFacts& facts, const Verdict& verdict);

}  // namespace cutpoint
