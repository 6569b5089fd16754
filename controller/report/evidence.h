// SPDX-License-Identifier: Apache-2.0
// evidence.pcapng: the segments around each cut, with a comment on each to which something was
// done, and evidence in report.json: how many there are.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "controller/report/report.h"
#include "controller/verify/run_facts.h"

namespace cutpoint {

inline constexpr const char* evidence_file = "evidence.pcapng";

nlohmann::json evidence_section(const RunFacts& facts);

// The content of the file.
std::string render_evidence(const RunFacts& facts, const HostFacts& host);

}  // namespace cutpoint
