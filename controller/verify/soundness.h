// SPDX-License-Identifier: Apache-2.0
// Is the evidence of a run good enough to judge it at all?
#pragma once

#include <string>
#include <vector>

#include "controller/verify/verify.h"

namespace cutpoint {

struct Soundness {
  // The run did not do what it was to do, or the programs did not see all of it: no judgement, in
  // either direction, may rest on it.
  std::vector<std::string> unsound;
  // Something could not be collected: what was judged on the rest still stands.
  std::vector<std::string> incomplete;
};

Soundness judge_soundness(const RunFacts& facts, const std::vector<Attempt>& attempts,
                          const std::vector<NotFired>& not_fired);

// The faults that never fired (in observe mode: never would have), each with the reason.
std::vector<NotFired> why_not_fired(const RunFacts& facts);

}  // namespace cutpoint
