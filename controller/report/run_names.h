// SPDX-License-Identifier: Apache-2.0
// What runs are called beside each other, where several may be of one scenario.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cutpoint {

// For each report: its scenario; where that is another's as well, with the last part of the path of
// the run's directory: "poison-pill in slow-consumers". Two may still be called the same: only
// their numbers tell runs apart for certain.
std::vector<std::string> names_of_runs(const std::vector<nlohmann::json>& reports);

// Likewise, no two the same: "poison-pill in slow-consumers (run 2)".
std::vector<std::string> unique_names_of_runs(const std::vector<nlohmann::json>& reports);

}  // namespace cutpoint
