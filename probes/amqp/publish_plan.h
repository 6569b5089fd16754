// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "probes/amqp/publisher.h"

namespace cutpoint::probes {

// The nth of the plan is message m<n+1>. Times are from the first phase's begin.
struct PlannedMessage {
  std::chrono::nanoseconds due{};
  std::size_t phase = 0;
  bool poison = false;
};

struct PlannedPhase {
  std::chrono::nanoseconds begin{};
  std::chrono::nanoseconds end{};
  std::size_t messages_end = 0;  // behind its last message
};

struct PublishPlan {
  std::vector<PlannedMessage> messages;  // by their time
  std::vector<PlannedPhase> phases;
};

// The kth of n poison messages comes in the middle of the kth of n equal parts, so that no poison
// is at the edge of a phase.
PublishPlan plan_messages(const std::vector<PublishPhase>& phases);

}  // namespace cutpoint::probes
