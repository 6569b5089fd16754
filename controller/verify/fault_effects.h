// SPDX-License-Identifier: Apache-2.0
// Did a fault that fired bring about what it promises (bpf/fault/)? Without, its run proves
// nothing.
#pragma once

#include <string>

#include "controller/scenario/model.h"
#include "controller/verify/run_facts.h"

namespace cutpoint {

// What is missing of it, in plain words; empty: nothing is, or it did not fire, or was observed.
std::string missing_effect(const Fault& fault, const RuleFacts& rule);

}  // namespace cutpoint
