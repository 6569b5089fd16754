// SPDX-License-Identifier: Apache-2.0
// The observers of `observe:`, and what they saw as notes of the timeline.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/scenario/model.h"
#include "controller/timeline/timeline.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"
#include "probes/celery/observer.h"

namespace cutpoint {

struct WorkerWatch {
  std::string name;  // of the observer
  probes::CeleryObserver observer;
};

// Connects them from within the target's network namespace. Their threads run from then on.
Result<std::vector<WorkerWatch>> watch_workers(const Scenario& scenario,
                                               const NetworkNamespace& netns);

// nullopt: it says nothing of tasks or of the queue, such as a worker's heartbeat.
std::optional<Note> note_of(const std::string& observer,
                            const probes::CeleryObservation& observation);

}  // namespace cutpoint
