// SPDX-License-Identifier: Apache-2.0
// The observers of `observe:`, and what they saw as notes of the timeline.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "controller/scenario/model.h"
#include "controller/timeline/timeline.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"
#include "probes/amqp/observer.h"
#include "probes/celery/observer.h"

namespace cutpoint {

struct Watch {
  std::string name;  // of the observer
  std::variant<probes::CeleryObserver, probes::AmqpObserver> observer;
};

// Connects them from within the target's network namespace. Their threads run from then on.
Result<std::vector<Watch>> watch_all(const Scenario& scenario, const NetworkNamespace& netns);

// Declares what the publisher's `declare:` names, from within the target's network namespace. Error
// (3): the broker refuses, for what is there is not the same.
Status declare_topology(const Scenario& scenario, const NetworkNamespace& netns);

// What has come since the last call, with its time (CLOCK_MONOTONIC), in order.
std::vector<std::pair<std::int64_t, Note>> take_notes(Watch& watch);

}  // namespace cutpoint
