// SPDX-License-Identifier: Apache-2.0
// The sections of a scenario's schema that say who takes part; schema.cpp has what is done to them.
#pragma once

#include <nlohmann/json.hpp>

namespace cutpoint::yaml::schema {

nlohmann::ordered_json services_schema();
nlohmann::ordered_json target_schema();
nlohmann::ordered_json workload_schema();
nlohmann::ordered_json observe_schema();
// A publisher may run beside a target; else exactly one of the two runs.
nlohmann::ordered_json what_runs_schema();
nlohmann::ordered_json claims_schema();

}  // namespace cutpoint::yaml::schema
