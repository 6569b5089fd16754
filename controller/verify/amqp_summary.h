// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "controller/verify/run_facts.h"

namespace cutpoint {

// What went over each service of AMQP, in plain words: how much was published, confirmed, delivered
// and settled, and what came twice.
std::vector<std::string> summarise_messages(const RunFacts& facts);

}  // namespace cutpoint
