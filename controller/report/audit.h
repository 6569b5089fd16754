// SPDX-License-Identifier: Apache-2.0
// Several runs as one document: what was found in any of them, the worst first, what it means, and
// what to do about it. See audit_schema() in report_schema.h for every key.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint {

// That of the worst run: 1 before 4 before 0; an interrupted run that proved no violation counts as
// 4. `reports`: each as read_recorded() gives it.
ExitCode exit_code_of(const std::vector<nlohmann::json>& reports);

// `reports`: at least one. They are in `runs` as they are; its exit code is exit_code_of() them.
nlohmann::json build_audit(const std::vector<nlohmann::json>& reports);

// The severest first, else in their order.
nlohmann::json by_severity(nlohmann::json findings);

// What to do, in order: the remedies of findings[], each once, for the severest findings first.
nlohmann::json actions_of(const nlohmann::json& findings);

// What findings[] mean for whom: a row for each component and impact, the severest first.
nlohmann::json impact_of(const nlohmann::json& findings);

// Of a run in overview[]: greater is worse.
int badness(const nlohmann::json& run);

}  // namespace cutpoint
