// SPDX-License-Identifier: Apache-2.0
// What a report says in two places: its exit code, its outcome, its invariants, its findings, its
// readiness. Where they do not agree no run has written it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cutpoint {

// "its exit_code is 0, that of a run which ended violated is 1"; empty: there is none. `report`: as
// report_schema() wants it.
std::string contradiction(const nlohmann::json& report);

}  // namespace cutpoint
