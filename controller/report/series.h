// SPDX-License-Identifier: Apache-2.0
// report.json, series: how requests, tasks and queues went over time, and the faults' windows.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "controller/verify/run_facts.h"

namespace cutpoint {

// null where the scenario has neither a service of HTTP nor an observer. Else
//   {"begin": ms, "step_ms": …, "faults": [{"fault": "…", "from": ms, "until": ms}],
//    "services": [{"service": "…", "in_flight": […], "requests_per_s": […], "answers_per_s": […],
//                  "numbers": {…}}],
//    "observers": [{"observer": "…", "queue_depth": […], "workers_busy": […], "numbers": {…}}]}
// Value i of a list is of the time from begin + i × step_ms for one step: the most in flight, or
// busy, at one time in it; the rate in it; the newest depth at its end, null before the first.
// Times are in milliseconds since `zero_ns`. At most 600 values in a list.
nlohmann::json series_section(const RunFacts& facts, std::int64_t zero_ns);

}  // namespace cutpoint
