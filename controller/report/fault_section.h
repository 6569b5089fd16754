// SPDX-License-Identifier: Apache-2.0
// report.json, faults[]: what was to be cut, where it was cut, and what TCP did about it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "controller/verify/run_facts.h"

namespace cutpoint {

// Milliseconds since `zero_ns`, to the microsecond.
double milliseconds_since(std::int64_t zero_ns, std::int64_t ns);

// The same, or null.
nlohmann::json time_or_null(std::int64_t zero_ns, const std::optional<std::int64_t>& ns);

// null for an empty text.
nlohmann::json text_or_null(const std::string& text);

// One object per fault of the scenario, in its order. `zero_ns`: zero of the report's times.
nlohmann::json fault_section(const RunFacts& facts, std::int64_t zero_ns);

}  // namespace cutpoint
