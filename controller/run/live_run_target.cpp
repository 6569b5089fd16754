// SPDX-License-Identifier: Apache-2.0
// LiveRun: the target, from its start to its end.
#include <algorithm>
#include <fmt/format.h>

#include "controller/run/live_run.h"
#include "controller/util/clock.h"
#include "controller/util/duration.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

constexpr auto tick = std::chrono::milliseconds(100);  // of the status line
constexpr Duration default_timeout = std::chrono::minutes(10);
constexpr auto answer_patience = std::chrono::seconds(5);
constexpr auto idle_patience = std::chrono::seconds(10);

bool judges_commits(const Scenario& scenario) {
  return std::any_of(scenario.expect.begin(), scenario.expect.end(),
                     [](const Expectation& expectation) {
                       return expectation.invariant.starts_with("postgres.");
                     });
}

// How long after the heal it takes to judge what is expected of requests, workers and queues.
Duration time_after_heal(const Scenario& scenario) {
  Duration longest{};
  for (const Expectation& expectation : scenario.expect) {
    if (expectation.invariant.starts_with("postgres.") || !expectation.time) continue;
    longest = std::max(longest, *expectation.time + expectation.reset.value_or(Duration{}));
  }
  return longest;
}

// How long a publisher may take beside what its broker makes it wait.
Duration time_of(const PublishWorkload& publish) {
  std::chrono::duration<double> time = publish.patience + publish.drain;
  for (const PublishPhase& phase : publish.phases) {
    time += std::chrono::duration<double>(phase.messages / phase.rate);
  }
  return std::chrono::duration_cast<Duration>(time);
}

}  // namespace

bool LiveRun::child_runs() const {
  return context_.target.has_child() && target_runs() && !target_facts_.exit_code &&
         !target_facts_.signal;
}

std::int64_t LiveRun::target_deadline() const {
  const auto& target = context_.scenario.target;
  if (target && target->timeout) return started_ns_ + target->timeout->count();
  Duration limit = default_timeout;
  for (const Fault& fault : context_.scenario.faults) limit += 2 * fault.duration;
  if (context_.scenario.workload) limit += context_.scenario.workload->retry_until;
  if (context_.scenario.publish) limit += time_of(*context_.scenario.publish);
  return started_ns_ + limit.count();
}

// A target that we did not start does not end by itself: it has shown enough once every fault has
// healed and what is to be judged has had its time: a commit was acknowledged since, or as much
// time has passed as requests, workers and queues may take.
bool LiveRun::workload_is_over() const {
  if (context_.target.has_child()) return false;
  if (is_cut_short()) return true;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (!rule_is_spent(i) || !all_firings_seen(i)) return false;
  }
  return !some_cut_is_on() && has_shown_enough();
}

bool LiveRun::has_shown_enough() const {
  const Scenario& scenario = context_.scenario;
  if (judges_commits(scenario) && !book_.committed_since(last_heal_ns())) return false;
  return now_ns() >= last_heal_ns() + time_after_heal(scenario).count();
}

void LiveRun::stop_target() {
  if (!target_runs() || !context_.target.has_child()) return;
  if (auto killed = context_.target.kill(); !killed) problem(killed.error().message);
  if (!child_runs()) target_over_ = true;
}

// Of processes that are not our child: nobody tells how they ended.
void LiveRun::target_is_over(const std::string& status) {
  target_over_ = true;
  target_facts_.exited_at_once = !opened_a_flow_;
  note("target", "target.exited", {{"status", status}});
}

void LiveRun::check_target() {
  if (!target_runs()) return;
  if (child_runs()) {
    check_consumers();
    check_child();
  } else if (publisher_is_over()) {
    end_consumers();
  } else if (context_.target.has_child()) {
    check_left_processes();
  } else {
    check_foreign_processes();
  }
}

// The end of a process that is not our child is told to its parent alone; but the cgroup that we
// moved it into is empty then. One that was there before us may be empty for a while.
void LiveRun::check_foreign_processes() {
  const auto pids = context_.target.cgroup().pids();
  if (!pids) {
    problem("the target's cgroup was removed: " + pids.error().message);
    return target_is_over("its cgroup was removed");
  }
  if (!pids->empty() || !context_.target.cgroup().owned()) return;
  target_is_over("no process left");
  context_.progress.log("target ended");
}

void LiveRun::check_child() {
  auto ended = context_.target.child().wait_for(std::chrono::milliseconds(0));
  if (!ended) {
    problem(ended.error().message);
    target_facts_.exit_code = 0;
    target_over_ = true;
    return;
  }
  if (!*ended) return;
  const ExitStatus& status = **ended;
  if (status.signal != 0) {
    target_facts_.signal = status.signal;
  } else {
    target_facts_.exit_code = status.code;
  }
  // Ended by us it did not exit.
  target_facts_.exited_at_once = !opened_a_flow_ && !target_facts_.timed_out && !interrupted_;
  const bool publisher = context_.scenario.publish.has_value();
  note("target", publisher ? "workload.exited" : "target.exited",
       {{"status", status.describe()}, {"pid", context_.target.child().pid()}});
  context_.progress.log((publisher ? "publisher ended: " : "target ended: ") + status.describe());
  if (publisher) return ask_for_topologies();
  const auto left = context_.target.cgroup().pids();
  target_over_ = target_facts_.timed_out || interrupted_ || !left || left->empty();
  if (target_over_) return;
  heard_ns_ = now_ns();
  context_.progress.log("still waiting for the end of " +
                        counted(left->size(), "process", "processes") + " of it");
}

// What it left goes on as part of the target: no COMMIT of it must come while it is judged. But a
// daemon that says nothing to any service is not waited for.
void LiveRun::check_left_processes() {
  const auto left = context_.target.cgroup().pids();
  if (!left || left->empty()) return target_is_over("no process left");
  if (some_cut_is_on() || book_.has_open_commits()) heard_ns_ = now_ns();
  const Duration patience = std::max(Duration(idle_patience), longest_cut());
  if (now_ns() - heard_ns_ < patience.count()) return;
  const auto silent =
      fmt::format("{}, silent for {}", counted(left->size(), "process", "processes"),
                  format_duration(patience));
  context_.progress.log("not waiting for " + silent);
  target_is_over("not waited for: " + silent);
}

// A target that goes on is judged by what it had asked for when it had shown enough: what it was
// about to be told then is waited for.
void LiveRun::await_answers() {
  closing_ = true;
  const Deadline deadline(answer_patience);
  while (!is_cut_short() && target_runs() && book_.has_open_commits() && !deadline.passed()) {
    pump(tick);
  }
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
    if (now_ns() < target_deadline() || target_facts_.timed_out || publisher_is_over()) continue;
    target_facts_.timed_out = true;
    context_.progress.log(
        context_.target.has_child()
            ? "the target's time is over: ending it"
            : "the target's time is over: it goes on, and is judged by what it did");
    note("controller", "target.timeout", nlohmann::json::object());
    stop_target();
    if (!child_runs()) break;
  }
  pump(std::chrono::milliseconds(0));  // it may have fired between the last look and the end
  if (target_runs()) await_answers();
  // What has fired is healed at its own time, also when the target did not wait for it.
  while (!interrupted_ && some_cut_is_on()) pump(tick);
  heal_all();
}

}  // namespace cutpoint
