// SPDX-License-Identifier: Apache-2.0
#include "controller/report/series.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "controller/report/fault_section.h"
#include "controller/verify/http_traffic.h"
#include "controller/verify/workers.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1000 * ms;
constexpr std::int64_t most_steps = 600;

struct Grid {
  std::int64_t begin_ns = 0;
  std::int64_t step_ns = second;
  std::size_t steps = 0;

  // Of a time within the run.
  [[nodiscard]] std::size_t index(std::int64_t ns) const {
    const std::int64_t at = std::max<std::int64_t>(ns - begin_ns, 0) / step_ns;
    return std::min(static_cast<std::size_t>(at), steps - 1);
  }
};

// The finest of the usual steps that is coarse enough.
Grid grid_of(std::int64_t begin_ns, std::int64_t end_ns) {
  constexpr auto usual = std::array<std::int64_t, 11>{
      100 * ms,    200 * ms,    500 * ms,    second,       2 * second,  5 * second,
      10 * second, 30 * second, 60 * second, 300 * second, 600 * second};
  Grid grid;
  grid.begin_ns = begin_ns;
  const std::int64_t span = std::max<std::int64_t>(end_ns - begin_ns, 1);
  grid.step_ns = usual.back();
  for (auto step = usual.rbegin(); step != usual.rend(); ++step) {
    if (span / *step < most_steps) grid.step_ns = *step;
  }
  grid.steps = static_cast<std::size_t>(span / grid.step_ns) + 1;
  return grid;
}

struct Stretch {
  std::int64_t from_ns;
  std::int64_t until_ns;
};

// The most of the stretches at one time, for each step.
std::vector<int> most_at_once(const Grid& grid, const std::vector<Stretch>& stretches) {
  std::vector<std::pair<std::int64_t, int>> changes;
  for (const Stretch& stretch : stretches) {
    changes.emplace_back(stretch.from_ns, 1);
    changes.emplace_back(stretch.until_ns, -1);
  }
  std::sort(changes.begin(), changes.end());  // ends before beginnings
  std::vector<int> most(grid.steps, 0);
  int now = 0;
  std::size_t at = 0;
  for (const auto& [ns, by] : changes) {
    for (const std::size_t index = grid.index(ns); at < index;) most[++at] = now;
    now += by;
    most[at] = std::max(most[at], now);
  }
  while (at + 1 < grid.steps) most[++at] = now;
  return most;
}

json per_second(const Grid& grid, const std::vector<std::int64_t>& times) {
  std::vector<double> counts(grid.steps, 0);
  for (const std::int64_t ns : times) counts[grid.index(ns)] += 1;
  for (double& count : counts)
    count *= static_cast<double>(second) / static_cast<double>(grid.step_ns);
  return counts;
}

// null: so short a time has none.
json rate(std::size_t count, std::int64_t ns) {
  if (ns < second / 2) return nullptr;
  return std::round(static_cast<double>(count) * 1000 * second / static_cast<double>(ns)) / 1000;
}

// Requests per second before, during and after the faults; null where there was no such time.
json rates(const HttpTraffic& traffic) {
  const auto count_in = [&](std::int64_t from_ns, std::int64_t until_ns) {
    return static_cast<std::size_t>(std::count_if(
        traffic.requests.begin(), traffic.requests.end(), [=](const HttpRequest& request) {
          return request.sent_ns >= from_ns && request.sent_ns < until_ns;
        }));
  };
  if (traffic.requests.empty()) {
    return {{"before", nullptr}, {"during", nullptr}, {"after", nullptr}};
  }
  const std::int64_t first = traffic.requests.front().sent_ns;
  const std::int64_t last = traffic.requests.back().sent_ns + 1;
  const bool any = !traffic.windows.empty();
  const std::int64_t from = any ? traffic.windows.front().from_ns : last;
  const std::int64_t until = any ? traffic.windows.back().until_ns : last;
  std::size_t during = 0;
  std::int64_t during_ns = 0;
  for (const FaultWindow& window : traffic.windows) {
    during += count_in(window.from_ns, window.until_ns);
    during_ns += window.until_ns - window.from_ns;
  }
  return {{"before", rate(count_in(first, from), from - first)},
          {"during", rate(during, during_ns)},
          {"after", rate(count_in(until, last), last - until)}};
}

json service_numbers(const HttpTraffic& traffic, const std::vector<int>& in_flight) {
  std::size_t connections = 0;
  std::size_t answered = 0;
  std::int64_t longest = 0;
  for (const HttpRequest& request : traffic.requests) {
    connections += request.ordinal == 0 ? 1 : 0;
    answered += request.end == HttpEnd::answered ? 1 : 0;
    longest = std::max(longest, request.waited_ns());
  }
  return {{"requests", traffic.requests.size() - connections},
          {"connections_without_request", connections},
          {"answered", answered},
          {"most_in_flight", *std::max_element(in_flight.begin(), in_flight.end())},
          {"longest_wait_ms", milliseconds_since(0, longest)},
          {"requests_per_s", rates(traffic)},
          {"not_known", traffic.gaps}};
}

json service_series(const std::string& name, const HttpTraffic& traffic, const Grid& grid) {
  std::vector<Stretch> waits;
  std::vector<std::int64_t> sent;
  std::vector<std::int64_t> answers;
  for (const HttpRequest& request : traffic.requests) {
    waits.push_back({request.sent_ns, request.end_ns});
    sent.push_back(request.sent_ns);
    if (request.end == HttpEnd::answered) answers.push_back(request.end_ns);
  }
  const std::vector<int> in_flight = most_at_once(grid, waits);
  return {{"service", name},
          {"in_flight", in_flight},
          {"requests_per_s", per_second(grid, sent)},
          {"answers_per_s", per_second(grid, answers)},
          {"numbers", service_numbers(traffic, in_flight)}};
}

json depths(const Grid& grid, const std::vector<DepthSample>& samples) {
  json list = json::array();
  auto next = samples.begin();
  json newest = nullptr;
  for (std::size_t i = 0; i < grid.steps; ++i) {
    while (next != samples.end() && grid.index(next->ns) <= i) newest = (next++)->depth;
    list.push_back(newest);
  }
  return list;
}

json observer_numbers(const WorkerActivity& activity, std::uint32_t workers) {
  std::array<std::size_t, 4> ends{};
  for (const TaskRun& run : activity.runs) ++ends[static_cast<std::size_t>(run.end)];
  const auto ended = [&](TaskEnd end) { return ends[static_cast<std::size_t>(end)]; };
  std::int64_t longest = 0;
  std::int64_t total = 0;
  for (const Blocked& stretch : all_blocked(activity, workers)) {
    longest = std::max(longest, stretch.length_ns());
    total += stretch.length_ns();
  }
  json deepest = nullptr;
  for (const DepthSample& sample : depths_of_run(activity)) {
    if (deepest.is_null() || sample.depth > deepest.get<std::uint64_t>()) deepest = sample.depth;
  }
  return {{"workers", workers},
          {"succeeded", ended(TaskEnd::succeeded)},
          {"failed", ended(TaskEnd::failed)},
          {"retried", ended(TaskEnd::retried)},
          {"open", ended(TaskEnd::open)},
          {"deepest_queue", deepest},
          {"longest_all_blocked_ms", milliseconds_since(0, longest)},
          {"all_blocked_ms", milliseconds_since(0, total)},
          {"lost", text_or_null(activity.lost)}};
}

json queue_numbers(const WorkerActivity& activity) {
  std::uint64_t deepest = 0;
  for (const DepthSample& sample : depths_of_run(activity)) {
    deepest = std::max(deepest, sample.depth);
  }
  return {{"deepest_queue", deepest},
          {"dead_letters", activity.dead_letters},
          {"lost", text_or_null(activity.lost)}};
}

json observer_series(const ObserverPlan& observer, const WorkerActivity& activity,
                     const Grid& grid) {
  std::vector<Stretch> runs;
  for (const TaskRun& run : activity.runs) runs.push_back({run.started_ns, run.ended_ns});
  if (observer.kind == ObserverKind::amqp) {
    return {{"observer", observer.name},
            {"queue_depth", depths(grid, activity.depths)},
            {"numbers", queue_numbers(activity)}};
  }
  return {{"observer", observer.name},
          {"queue_depth", depths(grid, activity.depths)},
          {"workers_busy", most_at_once(grid, runs)},
          {"numbers", observer_numbers(activity, observer.workers)}};
}

json windows(const RunFacts& facts, std::int64_t zero_ns) {
  json list = json::array();
  for (const FaultWindow& window : fault_windows(facts, std::nullopt)) {
    list.push_back({{"fault", window.fault},
                    {"from", milliseconds_since(zero_ns, window.from_ns)},
                    {"until", milliseconds_since(zero_ns, window.until_ns)}});
  }
  return list;
}

Grid grid_of(const Timeline& timeline) {
  const auto& entries = timeline.entries();
  if (entries.empty()) return grid_of(0, 0);
  const auto [first, last] =
      std::minmax_element(entries.begin(), entries.end(),
                          [](const Entry& left, const Entry& right) { return left.ns < right.ns; });
  return grid_of(first->ns, last->ns);
}

}  // namespace

json series_section(const RunFacts& facts, std::int64_t zero_ns) {
  const Scenario& scenario = *facts.scenario;
  const auto words = http_words();
  const Grid grid = grid_of(*facts.timeline);
  json services = json::array();
  for (std::size_t i = 0; words && i < scenario.services.size(); ++i) {
    if (scenario.services[i].protocol != "http") continue;
    const auto traffic = read_traffic(facts, static_cast<std::uint8_t>(i), *words);
    services.push_back(service_series(scenario.services[i].name, traffic, grid));
  }
  json observers = json::array();
  for (const ObserverPlan& observer : scenario.observe) {
    observers.push_back(observer_series(observer, read_workers(facts, observer.name), grid));
  }
  if (services.empty() && observers.empty()) return nullptr;
  return {{"begin", milliseconds_since(zero_ns, grid.begin_ns)},
          {"step_ms", grid.step_ns / ms},
          {"faults", windows(facts, zero_ns)},
          {"services", services},
          {"observers", observers}};
}

}  // namespace cutpoint
