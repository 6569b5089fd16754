// SPDX-License-Identifier: Apache-2.0
// workers.available and queue.drains_within, on what Celery's workers and their broker said.
#include <algorithm>
#include <fmt/core.h>

#include "controller/verify/invariants.h"
#include "controller/verify/phrases.h"
#include "controller/verify/workers.h"

namespace cutpoint {
namespace {

// Empty: it was watched all the time, and a fault was on.
std::string not_watched(const Case& of, const WorkerActivity& activity,
                        const std::vector<FaultWindow>& windows) {
  if (!activity.attached) return "the workers were not watched";
  if (!activity.lost.empty()) return activity.lost;
  if (windows.empty() && !only_observes(of.facts)) return "no fault fired";
  return "";
}

std::string finished_text(const WorkerActivity& activity, const std::vector<FaultWindow>& windows) {
  if (windows.empty()) return "";
  return fmt::format("; {} succeeded while the fault was on",
                     counted(succeeded_within(activity, windows), "task"));
}

std::int64_t total_ns(const std::vector<Blocked>& stretches) {
  std::int64_t sum = 0;
  for (const Blocked& stretch : stretches) sum += stretch.length_ns();
  return sum;
}

// They waited at two questions or more, for a second.
bool waited(const std::vector<DepthSample>& depths) {
  constexpr std::int64_t second = 1'000'000'000;
  std::optional<std::int64_t> since;
  for (const DepthSample& sample : depths) {
    if (sample.depth == 0) since.reset();
    if (sample.depth > 0 && !since) since = sample.ns;
    if (since && sample.ns - *since >= second) return true;
  }
  return false;
}

// Whether `workers:` can be right. Empty: it can.
std::string wrong_number(const WorkerActivity& activity, std::uint32_t workers) {
  const std::uint32_t most = most_busy(activity);
  if (most > workers) {
    return fmt::format("{} tasks ran at once, and `workers: {}` says that there are fewer", most,
                       workers);
  }
  if (most < workers && waited(activity.depths)) {
    return fmt::format(
        "messages waited in the queue, but never more than {} of {} ran at once: is `workers:` "
        "the number of processes that run tasks?",
        most, counted(workers, "task"));
  }
  return "";
}

InvariantResult judge_blocked(const Case& of, const WorkerActivity& activity,
                              const std::vector<FaultWindow>& windows, std::uint32_t workers) {
  const std::int64_t limit = of.expectation.blocked_at_most->count();
  const auto stretches = all_blocked(activity, workers);
  const Blocked* longest = longest_of(stretches);
  InvariantResult result;
  result.outcome = Outcome::held;
  const std::string finished = finished_text(activity, windows);
  if (longest == nullptr) {
    result.observed = fmt::format("never were all of them blocked; at most {} of {} were busy{}",
                                  most_busy(activity), workers, finished);
    return result;
  }
  const bool to_the_end = longest->until_ns >= activity.end_ns;
  if (longest->length_ns() > limit) result.outcome = Outcome::violated;
  result.observed = fmt::format("all {} were blocked for {} at a stretch{}, {} in all{}", workers,
                                elapsed(longest->length_ns()),
                                to_the_end ? " and still were when the run ended" : "",
                                elapsed(total_ns(stretches)), finished);
  result.evidence = longest->evidence;
  if (to_the_end && result.outcome == Outcome::held) {
    result.outcome = Outcome::inconclusive;
    result.observed += ": let it run longer";
  }
  return result;
}

const DepthSample* first_down_to(const std::vector<DepthSample>& depths, std::int64_t from_ns,
                                 std::uint64_t depth) {
  for (const DepthSample& sample : depths) {
    if (sample.ns >= from_ns && sample.depth <= depth) return &sample;
  }
  return nullptr;
}

std::uint64_t deepest(const std::vector<DepthSample>& depths, std::int64_t from_ns,
                      std::int64_t until_ns) {
  std::uint64_t most = 0;
  for (const DepthSample& sample : depths) {
    if (sample.ns >= from_ns && sample.ns <= until_ns) most = std::max(most, sample.depth);
  }
  return most;
}

InvariantResult judge_drained(const Case& of, const WorkerActivity& activity,
                              const FaultWindow& window) {
  InvariantResult result;
  const std::int64_t limit = of.expectation.time->count();
  const std::int64_t heal_ns = window.until_ns;
  const DepthSample* level = last_before(activity.depths, window.from_ns);
  if (level == nullptr) {
    result.observed = "the queue was not asked for its depth before the fault began";
    return result;
  }
  const DepthSample* drained = first_down_to(activity.depths, heal_ns, level->depth);
  const std::uint64_t most =
      deepest(activity.depths, window.from_ns, drained == nullptr ? activity.end_ns : drained->ns);
  const std::string depths =
      fmt::format("{} before the fault, at most {} since", counted(level->depth, "message"), most);
  result.evidence = {level->number};
  if (drained != nullptr) {
    const std::int64_t took = drained->ns - heal_ns;
    result.outcome = took <= limit ? Outcome::held : Outcome::violated;
    result.observed = fmt::format("{}; down again {} after the heal", depths, elapsed(took));
    result.evidence.push_back(drained->number);
    return result;
  }
  const bool enough = !activity.depths.empty() && activity.depths.back().ns >= heal_ns + limit;
  result.outcome = enough ? Outcome::violated : Outcome::inconclusive;
  result.observed =
      fmt::format("{}; {} still wait {} after the heal, when the run ended", depths,
                  activity.depths.back().depth, elapsed(activity.depths.back().ns - heal_ns));
  result.evidence.push_back(activity.depths.back().number);
  return result;
}

}  // namespace

InvariantResult judge_workers_available(const Case& of) {
  const ObserverPlan* observer = find_observer(*of.facts.scenario, of.expectation.observer);
  const auto activity = read_workers(of.facts, of.expectation.observer);
  const auto windows = fault_windows(of.facts, std::nullopt);
  const std::uint32_t workers = observer == nullptr ? 0 : observer->workers;
  InvariantResult result;
  result.observed = not_watched(of, activity, windows);
  if (result.observed.empty() && activity.runs.empty()) {
    result.observed =
        "no task was seen to start: run the workers with events on (celery worker -E)";
  }
  if (result.observed.empty()) result.observed = wrong_number(activity, workers);
  if (result.observed.empty()) result = judge_blocked(of, activity, windows, workers);
  result.expected =
      fmt::format("not all {} workers are inside of a task that waits for longer than {}", workers,
                  elapsed(of.expectation.blocked_at_most->count()));
  return result;
}

InvariantResult judge_queue_drains(const Case& of) {
  const auto activity = read_workers(of.facts, of.expectation.observer);
  const auto windows = fault_windows(of.facts, std::nullopt);
  InvariantResult result;
  result.observed = not_watched(of, activity, windows);
  if (result.observed.empty() && windows.empty()) {
    result.outcome = Outcome::held;
    result.observed = "observe mode: nothing was cut, there was nothing to drain after";
  } else if (result.observed.empty()) {
    result = judge_drained(of, activity, windows.back());
  }
  result.expected =
      fmt::format("within {} of the heal no more messages wait in the queue than before the fault",
                  elapsed(of.expectation.time->count()));
  return result;
}

}  // namespace cutpoint
