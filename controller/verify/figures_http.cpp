// SPDX-License-Identifier: Apache-2.0
// The figures of an HTTP service, and of an observer of workers or of a queue.
#include <algorithm>

#include "controller/verify/figures.h"
#include "controller/verify/invariants.h"
#include "controller/verify/workers.h"

namespace cutpoint {
namespace {

constexpr double ns_per_ms = 1e6;

Measured longest_wait(const HttpTraffic& traffic) {
  const auto longest = std::max_element(traffic.requests.begin(), traffic.requests.end(),
                                        [](const HttpRequest& left, const HttpRequest& right) {
                                          return left.waited_ns() < right.waited_ns();
                                        });
  if (longest == traffic.requests.end()) return {.why = "there was no request"};
  return {.value = static_cast<double>(longest->waited_ns()) / ns_per_ms,
          .evidence = longest->evidence};
}

Measured median_give_up(const HttpTraffic& traffic) {
  std::vector<const HttpRequest*> given_up;
  for (const HttpRequest& request : traffic.requests) {
    if (request.ordinal > 0 && request.end == HttpEnd::abandoned) given_up.push_back(&request);
  }
  if (given_up.empty()) return {.why = "no client gave a request up"};
  const auto middle = given_up.begin() + static_cast<std::ptrdiff_t>((given_up.size() - 1) / 2);
  std::nth_element(given_up.begin(), middle, given_up.end(),
                   [](const HttpRequest* left, const HttpRequest* right) {
                     return left->waited_ns() < right->waited_ns();
                   });
  return {.value = static_cast<double>((*middle)->waited_ns()) / ns_per_ms,
          .evidence = (*middle)->evidence};
}

// Those of Celery's workers.
void add_workers(const RunFacts& facts, const ObserverPlan& observer,
                 const WorkerActivity& activity, Figures& figures) {
  Measured blocked{.value = 0};
  for (const Blocked& stretch : all_blocked(activity, observer.workers)) {
    const double length = static_cast<double>(stretch.length_ns()) / ns_per_ms;
    if (length > *blocked.value) blocked = {.value = length, .evidence = stretch.evidence};
  }
  Measured longest{.why = "no task ended"};
  const auto windows = fault_windows(facts, std::nullopt);
  double during = 0;
  double after = 0;
  const auto healed = last_heal_ns(facts);
  for (const TaskRun& run : activity.runs) {
    const double took = static_cast<double>(run.ended_ns - run.started_ns) / ns_per_ms;
    if (run.end != TaskEnd::open && took > longest.value.value_or(-1)) {
      longest = {.value = took, .evidence = run.evidence};
    }
    if (run.end != TaskEnd::succeeded) continue;
    const bool is_on = std::any_of(windows.begin(), windows.end(), [&run](const auto& window) {
      return window.covers(run.ended_ns);
    });
    during += is_on ? 1 : 0;
    after += healed && run.ended_ns > *healed ? 1 : 0;
  }
  const Measured none{.why = "no fault was on"};
  const Measured never{.why = "no fault healed"};
  figures["workers.longest_all_blocked"] = std::move(blocked);
  figures["workers.longest_task"] = std::move(longest);
  figures["workers.done_during_fault"] = windows.empty() ? none : Measured{.value = during};
  figures["workers.done_after_heal"] = healed ? Measured{.value = after} : never;
}

void add_waiting(const RunFacts& facts, const WorkerActivity& activity, Figures& figures) {
  Measured deepest{.why = "the queue was not asked for its depth"};
  Measured at_heal{.why = "no fault healed"};
  const auto healed = last_heal_ns(facts);
  if (healed) at_heal = deepest;
  for (const DepthSample& sample : activity.depths) {
    const auto depth = static_cast<double>(sample.depth);
    if (depth > deepest.value.value_or(-1)) deepest = {.value = depth, .evidence = {sample.number}};
    if (healed && sample.ns <= *healed) at_heal = {.value = depth, .evidence = {sample.number}};
  }
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

Figures figures_of_http(const RunFacts& facts, const Verdict& verdict, std::uint8_t service) {
  const auto words = http_words();
  if (!words) return {};
  const HttpTraffic traffic = read_traffic(facts, service, *words);
  const auto requests =
      std::count_if(traffic.requests.begin(), traffic.requests.end(),
                    [](const HttpRequest& request) { return request.ordinal > 0; });
  Figures figures;
  figures["http.requests"] = {.value = static_cast<double>(requests)};
  figures["http.longest_wait"] = longest_wait(traffic);
  figures["http.median_give_up"] = median_give_up(traffic);
  figures["http.requests_per_intended"] =
      ratio_of(facts, verdict, "http.retry_amplification", service);
  if (traffic.gaps.empty()) return figures;
  for (auto& [name, measured] : figures) measured = {.why = traffic.gaps.front()};
  return figures;
}

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
