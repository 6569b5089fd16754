// SPDX-License-Identifier: Apache-2.0
// report.json is the truth; every other format is a view of it. What a view gets here was built by
// build_report() or build_audit(), or read by read_recorded().
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controller/verify/verify.h"

namespace cutpoint {

struct HostFacts {
  std::string kernel;              // uname release
  std::vector<std::string> hooks;  // e.g. "tcx/egress lo"
  std::string clock = "CLOCK_MONOTONIC";
  std::int64_t started_unix_ms = 0;
  std::int64_t finished_unix_ms = 0;
  std::int64_t started_ns = 0;  // CLOCK_MONOTONIC: zero of the report's times
  double start_to_armed_ms = 0;
};

nlohmann::json build_report(const RunFacts& facts, const Verdict& verdict, const HostFacts& host);

struct TextStyle {
  bool colour = false;  // ANSI sequences
  int width = 80;       // columns to wrap at
  bool quiet = false;   // the summary alone
};

// The terminal's view; at its end a summary that fits 80 × 24 (summary.h).
std::string render_text(const nlohmann::json& report, const TextStyle& style);
std::string render_audit_text(const nlohmann::json& audit, const TextStyle& style);

// GitHub-flavoured Markdown of an audit, which may be one of a single run.
std::string render_markdown(const nlohmann::json& audit);

// The same as a page of its own. `pictures`: of the runs, in their order, as html::picture_of()
// gives them; null: there is none.
std::string render_html(const nlohmann::json& audit, const std::vector<nlohmann::json>& pictures);

// JUnit XML, as Jenkins, GitLab and Ant read it: a test suite for each report, a test case for each
// invariant (violated: failure; inconclusive: error), one for each fault that never fired (error),
// and one for a run that proves nothing (error). The suite's output is the report as text.
std::string render_junit(const std::vector<nlohmann::json>& reports);

}  // namespace cutpoint
