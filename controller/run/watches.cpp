// SPDX-License-Identifier: Apache-2.0
#include "controller/run/watches.h"

#include <array>
#include <fmt/format.h>
#include <optional>

#include "probes/amqp/topology.h"

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

std::optional<Note> note_of(const probes::CeleryObservation& observation, nlohmann::json data) {
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

void add_dead_letter(const probes::DeadLetter& letter, nlohmann::json& data) {
  data["id"] = letter.message_id.empty() ? letter.correlation_id : letter.message_id;
  data["x_death"] = letter.has_x_death;
  if (!letter.reason.empty()) data["reason"] = letter.reason;
  if (!letter.queue.empty()) data["queue"] = letter.queue;
  if (letter.has_x_death) data["count"] = letter.count;
  if (letter.delivery_count >= 0) data["delivery_count"] = letter.delivery_count;
}

std::optional<Note> note_of(const probes::AmqpObservation& observation, nlohmann::json data) {
  switch (observation.kind) {
    case probes::AmqpObservation::Kind::depth:
    case probes::AmqpObservation::Kind::dead_depth: {
      const bool dead = observation.kind == probes::AmqpObservation::Kind::dead_depth;
      data["depth"] = observation.depth;
      data["consumers"] = observation.consumers;
      return Note{"observer", dead ? "dead_letters.depth" : "queue.depth", std::move(data)};
    }
    case probes::AmqpObservation::Kind::mirrored:
      data["sight"] = name(observation.mirrored.state);
      if (!observation.mirrored.why.empty()) data["why"] = observation.mirrored.why;
      return Note{"observer", "dead_letters.mirrored", std::move(data)};
    case probes::AmqpObservation::Kind::dead_letter:
      add_dead_letter(observation.dead, data);
      return Note{"observer", "dead_letter", std::move(data)};
    case probes::AmqpObservation::Kind::lost:
      data["why"] = observation.why;
      return Note{"observer", "observer.lost", std::move(data)};
    case probes::AmqpObservation::Kind::back:
      return Note{"observer", "observer.back", std::move(data)};
  }
  return std::nullopt;
}

Result<Watch> watch(const ObserverPlan& plan) {
  switch (plan.kind) {
    case ObserverKind::celery: {
      CUTPOINT_TRY_ASSIGN(observer,
                          probes::CeleryObserver::connect({plan.broker, plan.queue, plan.every}));
      return Watch{plan.name, std::move(observer)};
    }
    case ObserverKind::amqp: {
      CUTPOINT_TRY_ASSIGN(observer,
                          probes::AmqpObserver::connect({plan.broker, plan.management, plan.queue,
                                                         plan.dead_letter_queue, plan.every}));
      return Watch{plan.name, std::move(observer)};
    }
  }
  return Error{ExitCode::usage, "an observer of no kind", ""};
}

}  // namespace

Result<std::vector<Watch>> watch_all(const Scenario& scenario, const NetworkNamespace& netns) {
  std::vector<Watch> watches;
  if (scenario.observe.empty()) return watches;
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  for (const ObserverPlan& plan : scenario.observe) {
    auto watching = watch(plan);
    if (!watching) {
      return std::move(watching).error().within(fmt::format("observer `{}`", plan.name));
    }
    watches.push_back(*std::move(watching));
  }
  return watches;
}

Status declare_topology(const Scenario& scenario, const NetworkNamespace& netns) {
  if (!scenario.publish || !scenario.publish->declare) return {};
  const DeclaredTopology& wanted = *scenario.publish->declare;
  probes::Topology topology;
  for (const DeclaredExchange& exchange : wanted.exchanges) {
    topology.exchanges.push_back({exchange.name, exchange.type, exchange.durable});
  }
  for (const DeclaredQueue& queue : wanted.queues) {
    topology.queues.push_back({queue.name, queue.type, queue.durable, queue.arguments});
  }
  for (const DeclaredBinding& binding : wanted.bindings) {
    topology.bindings.push_back({binding.exchange, binding.queue, binding.routing_key});
  }
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  auto declared = probes::declare(scenario.publish->broker, topology);
  if (!declared) return std::move(declared).error().within("`declare` of the workload");
  return {};
}

std::vector<std::pair<std::int64_t, Note>> take_notes(Watch& watch) {
  std::vector<std::pair<std::int64_t, Note>> notes;
  std::visit(
      [&](auto& observer) {
        for (const auto& seen : observer.take()) {
          auto note = note_of(seen, {{"observer", watch.name}});
          if (note) notes.emplace_back(seen.ns, *std::move(note));
        }
      },
      watch.observer);
  return notes;
}

}  // namespace cutpoint
