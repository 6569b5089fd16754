// SPDX-License-Identifier: Apache-2.0
// cutpoint itself must be no part of what it acts on: it would freeze itself, and take its own
// questions to a service for the target's.
#pragma once

#include "controller/run/target.h"
#include "controller/scenario/model.h"
#include "controller/util/result.h"

namespace cutpoint {

// Errors (2): this process is in the target's cgroup, and asks a service; or a cgroup that a fault
// is to freeze is not there, is the root, or holds this process.
Status keep_out_of_the_way(const Scenario& scenario, const TargetPlan& plan);

}  // namespace cutpoint
