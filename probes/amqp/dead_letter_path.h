// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controller/util/result.h"
#include "probes/amqp/management.h"
#include "probes/amqp/topology.h"

namespace cutpoint::probes {

// Where dead letters of that queue, whose name it is, go.
Result<QueueTopology::DeadLetterPath> read_dead_letter_path(Management& management,
                                                            const std::string& name,
                                                            const Management::Queue& queue);

}  // namespace cutpoint::probes
