// SPDX-License-Identifier: Apache-2.0
// One run of a scenario: steady state, arm, workload, heal, recovery, verify.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "controller/kernel/hooks.h"
#include "controller/scenario/model.h"
#include "controller/util/result.h"

namespace cutpoint {

struct RunOptions {
  std::string out_directory;      // empty: OutputDirectory::default_path()
  bool dry_run = false;           // print what would be done to stdout, and do nothing
  bool yes_really = false;        // lifts the guard rails
  bool terminal = false;          // stderr is a terminal: draw a status line
  bool quiet = false;             // of progress only what went wrong
  bool payloads = false;          // evidence.pcapng has them
  std::optional<HookKind> hooks;  // nullopt: the best that the kernel has
};

struct RunResult {
  ExitCode exit_code = ExitCode::inconclusive;
  nlohmann::json report;  // null after a dry run
};

// Errors are those before arming; afterwards every failure is part of the report.
Result<RunResult> run_scenario(const Scenario& scenario, const RunOptions& options);

}  // namespace cutpoint
