// SPDX-License-Identifier: Apache-2.0
// Sections of one run as tables of plain text, for views that lay them out in their own way.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cutpoint {

struct PlainTable {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;  // as many cells as the head has
};

// "yes", "12", "0.25", "1, 2 and 3", text as it is; "–" for null and for an empty list.
std::string plain(const nlohmann::json& value);
// Numbers of timeline entries, of which there may be thousands: "1, 2 and 3", "1, 2, … and 990
// more, in report.json"; "–" for none.
std::string evidence_text(const nlohmann::json& numbers);
// "1.04 s"; "–" for null.
std::string plain_ms(const nlohmann::json& milliseconds);

// Of a fault of report.json: where, what, for how long and how it was to end, in pairs.
PlainTable design_table(const nlohmann::json& fault);
// What it did, in pairs: fault_lines(), when it was armed, what its rule counted.
PlainTable effect_table(const nlohmann::json& fault, const nlohmann::json& why_not_fired);

// Of report.json.
PlainTable belief_table(const nlohmann::json& report);
PlainTable attempts_table(const nlohmann::json& report);
PlainTable exchanges_table(const nlohmann::json& report);
PlainTable traffic_table(const nlohmann::json& report);
// By what, on what, from when to when, in pairs: enough to do it again.
PlainTable circumstances_table(const nlohmann::json& report);

// "From COMMIT to its answer, of 50 acknowledged: median 2 ms, longest 31 ms."
std::string commit_latency_text(const nlohmann::json& report);

bool has_postgres(const nlohmann::json& report);

}  // namespace cutpoint
