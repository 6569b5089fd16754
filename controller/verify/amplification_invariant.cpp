// SPDX-License-Identifier: Apache-2.0
// http.retry_amplification: requests on the wire ÷ requests that the application meant to make.
// Those are the tasks of Celery, else the invocations of $CUTPOINT_HISTORY, that were under way
// while a fault was on, and against them stand the requests that were; or a number of the
// scenario, against which stand all requests of the run.
#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <set>

#include "controller/verify/http_case.h"
#include "controller/verify/phrases.h"
#include "controller/verify/workers.h"

namespace cutpoint {
namespace {

struct Logical {
  std::uint64_t count = 0;
  bool whole_run = false;  // else: while a fault was on
  std::string noun;        // what they are: "task"
  std::string source;      // whose: " of Celery"
  std::string unknown;     // why they cannot be counted; empty: they can
};

bool overlaps(const std::vector<FaultWindow>& windows, std::int64_t from_ns,
              std::int64_t until_ns) {
  return std::any_of(windows.begin(), windows.end(), [=](const FaultWindow& window) {
    return from_ns <= window.until_ns && until_ns >= window.from_ns;
  });
}

Logical of_tasks(const Case& of, const std::vector<FaultWindow>& windows) {
  const Expectation& expectation = of.expectation;
  const WorkerActivity activity = read_workers(of.facts, expectation.observer);
  Logical logical;
  logical.noun = "task";
  logical.source = " of Celery";
  if (!expectation.tasks.empty()) logical.source += " (" + listed(expectation.tasks) + ")";
  if (!activity.attached) logical.unknown = "the workers were not watched";
  if (!activity.lost.empty()) logical.unknown = activity.lost;
  std::set<std::string> ids;
  for (const TaskRun& run : activity.runs) {
    if (!overlaps(windows, run.started_ns, run.ended_ns)) continue;
    const auto& names = expectation.tasks;
    if (!names.empty() && run.name.empty()) {
      logical.unknown = "what some tasks are called is not known: they were received before";
    }
    if (!names.empty() && std::find(names.begin(), names.end(), run.name) == names.end()) continue;
    ids.insert(run.id);
  }
  logical.count = ids.size();
  return logical;
}

struct Invocation {
  std::int64_t from_ns = 0;
  std::int64_t until_ns = 0;
  bool ended = false;
};

Logical of_history(const Case& of, const HttpTraffic& traffic) {
  Logical logical;
  logical.noun = "invocation";
  logical.source = " of $CUTPOINT_HISTORY";
  std::map<Work, Invocation> invocations;
  for (const probes::HistoryRecord& record : of.facts.history) {
    if (record.ns == 0) logical.unknown = "the history's lines have no `ns`";
    const bool begins = record.type == "invoke";
    const auto [found, is_new] =
        invocations.try_emplace({record.op, record.id}, Invocation{record.ns, record.ns, false});
    Invocation& invocation = found->second;
    invocation.ended = !begins;
    invocation.until_ns = std::max(invocation.until_ns, record.ns);
  }
  for (const auto& [work, invocation] : invocations) {
    const std::int64_t until_ns = invocation.ended ? invocation.until_ns : traffic.end_ns;
    if (overlaps(traffic.windows, invocation.from_ns, until_ns)) ++logical.count;
  }
  return logical;
}

Logical logical_requests(const Case& of, const HttpTraffic& traffic) {
  if (of.expectation.requests > 0) {
    return {.count = of.expectation.requests,
            .whole_run = true,
            .noun = "request",
            .source = " that `requests:` tells of",
            .unknown = ""};
  }
  if (!of.expectation.observer.empty()) return of_tasks(of, traffic.windows);
  if (of.facts.has_history) return of_history(of, traffic);
  return {.count = 0,
          .whole_run = false,
          .noun = "",
          .source = "",
          .unknown =
              "nothing says how many requests the application meant to make: watch its "
              "workers (`observe:`), let it write $CUTPOINT_HISTORY, or give `requests:`"};
}

InvariantResult amplification(const Case& of, const HttpTraffic& traffic) {
  const Logical logical = logical_requests(of, traffic);
  InvariantResult result;
  std::vector<const HttpRequest*> wire;
  for (const HttpRequest& request : traffic.requests) {
    if (logical.whole_run || overlaps(traffic.windows, request.sent_ns, request.end_ns)) {
      wire.push_back(&request);
    }
  }
  const std::string when = logical.whole_run ? "" : " while the fault was on";
  if (!logical.unknown.empty()) {
    result.observed = logical.unknown;
    return result;
  }
  if (logical.count == 0 || wire.empty()) {
    result.observed =
        fmt::format("{} on the wire{}, for {}{}: nothing to compare", amount_text(wire), when,
                    counted(logical.count, logical.noun), logical.source);
    return result;
  }
  const double ratio = static_cast<double>(wire.size()) / static_cast<double>(logical.count);
  result.ratio = ratio;
  result.outcome = ratio <= of.expectation.at_most ? Outcome::held : Outcome::violated;
  result.observed = fmt::format("{:.2f}: {} on the wire{}, for {}{}", ratio, amount_text(wire),
                                when, counted(logical.count, logical.noun), logical.source);
  constexpr std::size_t most_cited = 10;
  if (result.outcome == Outcome::violated) {
    for (std::size_t i = 0; i < std::min(wire.size(), most_cited); ++i) cite(result, *wire[i]);
  }
  return result;
}

}  // namespace

InvariantResult judge_amplification(const Case& of) {
  InvariantResult result;
  if (only_observes(of.facts) && of.expectation.requests == 0) {
    result.outcome = Outcome::held;
    result.observed = "observe mode: nothing was cut, there was nothing to retry for";
  } else {
    result = judge_traffic(of, amplification);
  }
  result.expected = fmt::format("at most {} requests on the wire for each that was meant",
                                of.expectation.at_most);
  return result;
}

}  // namespace cutpoint
