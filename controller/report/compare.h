// SPDX-License-Identifier: Apache-2.0
// The same scenario on two builds, side by side: what a change has mended, what it has broken.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "controller/report/report.h"
#include "controller/util/result.h"

namespace cutpoint {

// `before`, `after`: as read_recorded() gives them. Error (2) where they are of two scenarios. What
// was done otherwise in one than in the other is told in `differing`. Its exit code is that of
// `after`. See comparison_schema() for every key.
Result<nlohmann::json> build_comparison(const nlohmann::json& before, const nlohmann::json& after);

nlohmann::ordered_json comparison_schema();

std::string render_comparison_text(const nlohmann::json& comparison, const TextStyle& style);
std::string render_comparison_markdown(const nlohmann::json& comparison);

}  // namespace cutpoint
