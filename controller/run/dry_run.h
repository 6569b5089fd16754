// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "controller/kernel/hooks.h"
#include "controller/run/services.h"
#include "controller/run/target.h"
#include "controller/scenario/model.h"

namespace cutpoint {

// To stdout: rules, hooks, interfaces, processes, and the flows that live now and would be hit.
void print_dry_run(const Scenario& scenario, const TargetPlan& plan,
                   const std::vector<ServiceHandle>& services, HookKind hooks);

}  // namespace cutpoint
