// SPDX-License-Identifier: Apache-2.0
// LiveRun: the target, from its start to its end.
#include <algorithm>
#include <fmt/format.h>

#include "controller/run/live_run.h"
#include "controller/util/clock.h"
#include "controller/util/duration.h"

namespace cutpoint {
namespace {

constexpr auto tick = std::chrono::milliseconds(100);  // of the status line
constexpr Duration default_timeout = std::chrono::minutes(10);

std::int64_t now_ns() {
  return static_cast<std::int64_t>(monotonic_ns());
}

}  // namespace

bool LiveRun::target_runs() const {
  return target_facts_.started && !target_facts_.exit_code && !target_facts_.signal;
}

std::int64_t LiveRun::target_deadline() const {
  const auto& target = context_.scenario.target;
  if (target && target->timeout) return started_ns_ + target->timeout->count();
  Duration limit = default_timeout;
  for (const Fault& fault : context_.scenario.faults) limit += 2 * fault.duration;
  if (context_.scenario.workload) limit += context_.scenario.workload->retry_until;
  return started_ns_ + limit.count();
}

// A target that we did not start does not end by itself: it has shown enough once every fault has
// healed and a commit was acknowledged since.
bool LiveRun::workload_is_over() const {
  if (context_.target.has_child()) return false;
  if (interrupted_) return true;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (!rule_is_spent(i)) return false;
  }
  return std::all_of(cuts_.begin(), cuts_.end(), [](const Cut& cut) { return cut.healed; }) &&
         book_.committed_since(last_heal_ns());
}

void LiveRun::stop_target() {
  if (!target_runs() || !context_.target.has_child()) return;
  if (auto killed =
          context_.target.cgroup().owned() ? context_.target.child().signal(SIGKILL) : Status{};
      !killed) {
    problem(killed.error().message);
  }
}

void LiveRun::check_target() {
  if (!target_runs() || !context_.target.has_child()) return;
  auto ended = context_.target.child().wait_for(std::chrono::milliseconds(0));
  if (!ended) {
    problem(ended.error().message);
    target_facts_.exit_code = 0;
    return;
  }
  if (!*ended) return;
  const ExitStatus& status = **ended;
  if (status.signal != 0) {
    target_facts_.signal = status.signal;
  } else {
    target_facts_.exit_code = status.code;
  }
  target_facts_.exited_at_once = !opened_a_flow_;
  note("target", "target.exited", {{"status", status.describe()}});
  context_.progress.log("target ended: " + status.describe());
}

void LiveRun::run_target() {
  context_.progress.phase("workload");
  if (auto told = context_.guardian.enter_phase("workload"); !told) problem(told.error().message);
  if (auto started = context_.target.start(context_.plan, context_.scenario, context_.out);
      !started) {
    problem(started.error().message);
    target_facts_.exited_at_once = true;
    return;
  }
  target_facts_.started = true;
  note("target", "target.started", nlohmann::json::object());
  while (target_runs() && !workload_is_over()) {
    pump(tick);
    if (now_ns() < target_deadline() || target_facts_.timed_out) continue;
    target_facts_.timed_out = true;
    context_.progress.log("the target's time is over: ending it");
    note("controller", "target.timeout", nlohmann::json::object());
    if (!context_.target.has_child()) break;
    stop_target();
  }
  // What has fired is healed at its own time, also when the target did not wait for it.
  while (!interrupted_ &&
         std::any_of(cuts_.begin(), cuts_.end(), [](const Cut& cut) { return !cut.healed; })) {
    pump(tick);
  }
  heal_all();
}

}  // namespace cutpoint
