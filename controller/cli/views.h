// SPDX-License-Identifier: Apache-2.0
// What `--format` may show of runs, as text for whoever takes it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controller/report/report.h"
#include "controller/report/trace.h"
#include "controller/util/result.h"

namespace cutpoint {

// A run: its report, and the directory that it is in; "": that is not known.
struct RecordedRun {
  nlohmann::json report;
  std::string directory;
};

// Each with the directory that it is in as its `out`: it may have been called otherwise when the
// run wrote it, or have been moved since.
std::vector<nlohmann::json> reports_of(const std::vector<RecordedRun>& runs);

// One run as it is, several as an audit. Error: the sink's, or a timeline cannot be read.
Status render_runs(const std::string& format, const std::vector<RecordedRun>& runs,
                   const TextStyle& style, const TextSink& sink);

// Of build_comparison().
Status render_comparison(const std::string& format, const nlohmann::json& comparison,
                         const TextStyle& style, const TextSink& sink);

}  // namespace cutpoint
