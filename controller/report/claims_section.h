// SPDX-License-Identifier: Apache-2.0
// report.json, figures[] and claims[]; and their words, the same in every view.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "controller/verify/claims.h"

namespace cutpoint {

// [{"name": "http.requests", "of": "llm"|null, "unit": "count|ms|ratio", "value": 7|null,
//   "why": why it is not known|null, "evidence": […]}]
nlohmann::json figures_section(const std::vector<Figure>& figures);

// [{"id": "S1.1", "claim": "…", "source": "…"|null, "given": "…"|null, "true_if": "…"|null,
//   "verdict": "confirmed|refuted|not_tested", "measured": "…", "evidence": […]}]
nlohmann::json claims_section(const std::vector<JudgedClaim>& claims);

// "not tested"
std::string verdict_words(const nlohmann::json& verdict);

// A figure of figures[] as a person reads it: "3", "30 s"; "–" where it is not known. `key`: which
// of its values; a comparison's figures have "before", "after" and "difference".
std::string figure_text(const nlohmann::json& figure, const char* key = "value");

}  // namespace cutpoint
