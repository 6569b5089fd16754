// SPDX-License-Identifier: Apache-2.0
// report.json is the truth; every other format is a view of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

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

// The terminal's view. `colour`: ANSI sequences allowed. `width`: columns to wrap at.
std::string render_text(const nlohmann::json& report, bool colour, int width);

}  // namespace cutpoint
