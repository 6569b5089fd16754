// SPDX-License-Identifier: Apache-2.0
// The sections of the terminal's report, in the order in which they are shown. Each reads its part
// of report.json and writes nothing where there is nothing to say.
#pragma once

#include <nlohmann/json.hpp>

#include "controller/report/layout.h"

namespace cutpoint {

void show_headline(Page& page, const nlohmann::json& report);
void show_inconclusive(Page& page, const nlohmann::json& report);
void show_faults(Page& page, const nlohmann::json& report);
void show_summary(Page& page, const nlohmann::json& report);
void show_belief_and_truth(Page& page, const nlohmann::json& report);
void show_traffic(Page& page, const nlohmann::json& report);
void show_invariants(Page& page, const nlohmann::json& report);
void show_findings(Page& page, const nlohmann::json& report);
void show_end(Page& page, const nlohmann::json& report);

}  // namespace cutpoint
