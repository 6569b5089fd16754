// SPDX-License-Identifier: Apache-2.0
#include "controller/run/worker_watch.h"

#include <array>
#include <fmt/format.h>
#include <utility>

namespace cutpoint {
namespace {

// What Celery calls it, and what the timeline does.
constexpr auto names = std::array<std::pair<std::string_view, std::string_view>, 8>{{
    {"task-received", "task.received"},
    {"task-started", "task.started"},
    {"task-succeeded", "task.succeeded"},
    {"task-failed", "task.failed"},
    {"task-retried", "task.retried"},
    {"task-revoked", "task.failed"},
    {"worker-online", "worker.online"},
    {"worker-offline", "worker.offline"},
}};

std::optional<Note> note_of_event(const probes::CeleryEvent& event, nlohmann::json data) {
  for (const auto& [type, name] : names) {
    if (type != event.type) continue;
    if (!event.id.empty()) data["id"] = event.id;
    if (!event.task.empty()) data["name"] = event.task;
    if (!event.worker.empty()) data["worker"] = event.worker;
    if (!event.error.empty()) data["error"] = event.error;
    if (event.timestamp != 0) data["worker_clock"] = event.timestamp;
    return Note{"observer", std::string(name), std::move(data)};
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<WorkerWatch>> watch_workers(const Scenario& scenario,
                                               const NetworkNamespace& netns) {
  std::vector<WorkerWatch> watches;
  if (scenario.observe.empty()) return watches;
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  for (const CeleryObserver& observer : scenario.observe) {
    auto watching =
        probes::CeleryObserver::connect({observer.broker, observer.queue, observer.every});
    if (!watching) {
      return std::move(watching).error().within(fmt::format("observer `{}`", observer.name));
    }
    watches.push_back({observer.name, *std::move(watching)});
  }
  return watches;
}

std::optional<Note> note_of(const std::string& observer,
                            const probes::CeleryObservation& observation) {
  nlohmann::json data{{"observer", observer}};
  switch (observation.kind) {
    case probes::CeleryObservation::Kind::event:
      return note_of_event(observation.event, std::move(data));
    case probes::CeleryObservation::Kind::depth:
      data["depth"] = observation.depth;
      return Note{"observer", "queue.depth", std::move(data)};
    case probes::CeleryObservation::Kind::lost:
      data["why"] = observation.why;
      return Note{"observer", "observer.lost", std::move(data)};
  }
  return std::nullopt;
}

}  // namespace cutpoint
