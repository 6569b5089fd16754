// SPDX-License-Identifier: Apache-2.0
// What a scenario may do to a host only if whoever runs it says --yes-really. The root cgroup as a
// target is one, too (target.h): that it is one shows only when it is opened.
#pragma once

#include "controller/scenario/model.h"
#include "controller/util/result.h"

namespace cutpoint {

// The longest that a fault may last without.
inline constexpr Duration longest_fault = std::chrono::minutes(10);

// Error (2), naming the fault or the service: one that lasts longer, one that is at any host.
Status keep_guard_rails(const Scenario& scenario);

}  // namespace cutpoint
