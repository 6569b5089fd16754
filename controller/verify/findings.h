// SPDX-License-Identifier: Apache-2.0
// A violated invariant, told to the engineer who has to do something about it.
#pragma once

#include "controller/verify/invariants.h"
#include "controller/verify/verify.h"

namespace cutpoint {

// `result` is violated.
Finding find(const InvariantResult& result, const Case& of);

// What the client believes, what the database holds, whether they agree.
std::vector<std::string> summarise(const RunFacts& facts, const std::vector<Attempt>& attempts);

}  // namespace cutpoint
