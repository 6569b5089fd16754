// SPDX-License-Identifier: Apache-2.0
// What a person reads first: outcome, readiness, the worst findings, what to do. Fits a terminal of
// 80 × 24, with a line left for the prompt.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "controller/report/layout.h"

namespace cutpoint {

inline constexpr std::size_t summary_lines = 23;  // at most, at 80 columns

struct Mark {
  std::string_view sign;  // "✓", "✗", "?"
  Colour colour;
};

Mark mark_of(std::string_view outcome);

std::string upper(std::string text);

// "✗ split-brain VIOLATED (exit 1): 2 of 6 invariants violated", and its title.
void show_headline(Page& page, const nlohmann::json& report);
// "✗ audit of 6 runs VIOLATED (exit 1): 3 not ready, 3 ready"
void show_audit_headline(Page& page, const nlohmann::json& audit);

void show_report_summary(Page& page, const nlohmann::json& report);
void show_audit_summary(Page& page, const nlohmann::json& audit);

}  // namespace cutpoint
