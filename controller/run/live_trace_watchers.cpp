// SPDX-License-Identifier: Apache-2.0
// What a trace does beside its lines.
#include <algorithm>

#include "controller/run/live_trace.h"
#include "controller/util/clock.h"

namespace cutpoint {

void LiveTrace::tell_watchers(const cut_event& event) {
  if (event.service >= context_.services.size()) return;
  for (const auto& watcher : context_.watchers) watcher->see(event, answered_);
}

Status LiveTrace::let_watchers_look(bool last) {
  const std::int64_t now = now_ns();
  const auto is_due = [&](const auto& watcher) { return last || watcher->next_look_ns() <= now; };
  if (std::none_of(context_.watchers.begin(), context_.watchers.end(), is_due)) return {};
  CUTPOINT_TRY_ASSIGN(counters, context_.injector.counters());
  std::vector<MomentCounts> moments;
  moments.reserve(context_.services.size());
  for (std::size_t i = 0; i < context_.services.size(); ++i) {
    CUTPOINT_TRY_ASSIGN(counts, context_.injector.moment_counts(i));
    moments.push_back(counts);
  }
  const TraceSight sight{now, started_ns_, latencies_, counters, moments, lines_.withheld()};
  for (const auto& watcher : context_.watchers) {
    if (is_due(watcher)) CUTPOINT_TRY(watcher->look(sight));
  }
  return {};
}

Result<bool> LiveTrace::watchers_are_over() {
  bool over = false;
  for (const auto& watcher : context_.watchers) {
    CUTPOINT_TRY_ASSIGN(this_one, watcher->is_over());
    over = over || this_one;
  }
  return over;
}

}  // namespace cutpoint
