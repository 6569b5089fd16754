// SPDX-License-Identifier: Apache-2.0
// The scenario's claims beside what was measured. They are judged last, and nothing is judged by
// them: neither outcome nor exit code knows of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/verify/figures.h"

namespace cutpoint {

enum class ClaimVerdict { confirmed, refuted, not_tested };

struct JudgedClaim {
  const Claim* claim = nullptr;
  ClaimVerdict verdict = ClaimVerdict::not_tested;
  std::string measured;  // a sentence: what was, or why nothing was
  std::vector<std::uint64_t> evidence;
};

// `figures`: all of this run. `readiness`: its verdict (report/readiness.h).
std::vector<JudgedClaim> judge_claims(const RunFacts& facts, const Verdict& verdict,
                                      const std::vector<Figure>& figures,
                                      std::string_view readiness);

std::string_view name(ClaimVerdict verdict);  // "confirmed", "refuted", "not_tested"

// "postgres.atomic of db was violated", "http.longest_wait of llm was at least 29 s"
std::string condition_text(const ClaimCondition& condition);

}  // namespace cutpoint
