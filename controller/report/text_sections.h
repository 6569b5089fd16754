// SPDX-License-Identifier: Apache-2.0
// The sections of the terminal's report, in the order in which they are shown. Each reads its part
// of report.json and writes nothing where there is nothing to say.
#pragma once

#include <nlohmann/json.hpp>

#include "controller/report/layout.h"

namespace cutpoint {

void show_inconclusive(Page& page, const nlohmann::json& report);
void show_faults(Page& page, const nlohmann::json& report);
void show_what_happened(Page& page, const nlohmann::json& report);
void show_belief_and_truth(Page& page, const nlohmann::json& report);
void show_traffic(Page& page, const nlohmann::json& report);
void show_invariants(Page& page, const nlohmann::json& report);
// Of a report, and of an audit: claims[].
void show_claims(Page& page, const nlohmann::json& claims);
void show_claims_of_runs(Page& page, const nlohmann::json& claims);
// Of a report or of an audit: findings[].
void show_findings(Page& page, const nlohmann::json& findings);
void show_problems(Page& page, const nlohmann::json& report);
// Of an audit: impact[], actions[].
void show_impact(Page& page, const nlohmann::json& impact);
void show_actions(Page& page, const nlohmann::json& actions);

}  // namespace cutpoint
