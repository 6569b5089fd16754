// SPDX-License-Identifier: Apache-2.0
// The figures of an observer: of Celery's workers, or of a queue.
#include "controller/verify/figures.h"
#include "controller/verify/invariants.h"
#include "controller/verify/workers.h"

namespace cutpoint {
namespace {

void add_workers(const RunFacts& facts, const ObserverPlan& observer,
                 const WorkerActivity& activity, Figures& figures) {
  Measured blocked{.value = 0};
  const auto stretches = all_blocked(activity, observer.workers);
  if (const Blocked* stretch = longest_of(stretches)) {
    blocked = {.value = in_milliseconds(stretch->length_ns()), .evidence = stretch->evidence};
  }
  Measured longest{.why = "no task ended"};
  std::uint64_t after = 0;
  const auto healed = last_heal_ns(facts);
  for (const TaskRun& run : activity.runs) {
    const double took = in_milliseconds(run.ended_ns - run.started_ns);
    if (run.end != TaskEnd::open && took > longest.value.value_or(-1)) {
      longest = {.value = took, .evidence = run.evidence};
    }
    after += run.end == TaskEnd::succeeded && healed && run.ended_ns > *healed ? 1 : 0;
  }
  const auto windows = fault_windows(facts, std::nullopt);
  const auto during = static_cast<double>(succeeded_within(activity, windows));
  const Measured none{.why = "no fault was on"};
  const Measured never{.why = "no fault healed"};
  figures["workers.longest_all_blocked"] = std::move(blocked);
  figures["workers.longest_task"] = std::move(longest);
  figures["workers.done_during_fault"] = windows.empty() ? none : Measured{.value = during};
  figures["workers.done_after_heal"] =
      healed ? Measured{.value = static_cast<double>(after)} : never;
}

void add_waiting(const RunFacts& facts, const WorkerActivity& activity, Figures& figures) {
  Measured at_start{.why = "the queue was not asked for its depth before the target began"};
  Measured deepest{.why = "the queue was not asked for its depth"};
  Measured at_heal{.why = "no fault healed"};
  const auto healed = last_heal_ns(facts);
  if (healed) at_heal = deepest;
  if (const DepthSample* sample = last_before(activity.depths, activity.start_ns)) {
    at_start = {.value = static_cast<double>(sample->depth), .evidence = {sample->number}};
  }
  for (const DepthSample& sample : depths_of_run(activity)) {
    const auto depth = static_cast<double>(sample.depth);
    if (depth > deepest.value.value_or(-1)) deepest = {.value = depth, .evidence = {sample.number}};
    if (healed && sample.ns <= *healed) at_heal = {.value = depth, .evidence = {sample.number}};
  }
  figures["queue.at_start"] = std::move(at_start);
  figures["queue.deepest"] = std::move(deepest);
  figures["queue.at_heal"] = std::move(at_heal);
}

Measured unknown_arguments(const RunFacts& facts, const ObserverPlan& observer) {
  const auto found = facts.topologies.find(observer.name);
  if (found == facts.topologies.end()) return {.why = "what the queue is could not be asked"};
  if (!found->second.exists) return {.why = "the queue was not there"};
  return {.value = static_cast<double>(found->second.unknown_arguments.size())};
}

}  // namespace

Figures figures_of_observer(const RunFacts& facts, const ObserverPlan& observer) {
  const WorkerActivity activity = read_workers(facts, observer.name);
  Figures figures;
  add_waiting(facts, activity, figures);
  if (observer.kind == ObserverKind::celery) {
    add_workers(facts, observer, activity, figures);
  } else {
    figures["queue.dead_letters"] = {.value = static_cast<double>(activity.dead_letters)};
  }
  const std::string why = activity.attached ? activity.lost : "the broker was not watched";
  if (!why.empty()) {
    for (auto& [name, measured] : figures) measured = {.why = why};
  }
  if (observer.kind == ObserverKind::amqp) {
    figures["queue.unknown_arguments"] = unknown_arguments(facts, observer);
  }
  return figures;
}

}  // namespace cutpoint
