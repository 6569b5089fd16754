// SPDX-License-Identifier: Apache-2.0
// Scenario files as a JSON Schema (draft 7, which editors know best). It accepts whatever the
// loader accepts; what it cannot know (a variable's value, which service is of which protocol, one
// value's size beside another's) is left to the loader.
#pragma once

#include <nlohmann/json.hpp>

namespace cutpoint {

nlohmann::ordered_json scenario_schema();

}  // namespace cutpoint
