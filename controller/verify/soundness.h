// SPDX-License-Identifier: Apache-2.0
// Whether a run can be judged at all, and what kept its faults from firing.
#pragma once

#include <vector>

#include "controller/verify/verify.h"

namespace cutpoint {

Soundness judge_soundness(const RunFacts& facts, const std::vector<Attempt>& attempts,
                          const std::vector<NotFired>& not_fired);

// The faults that never fired (in observe mode: never would have), each with the reason.
std::vector<NotFired> why_not_fired(const RunFacts& facts);

}  // namespace cutpoint
