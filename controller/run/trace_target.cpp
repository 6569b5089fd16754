// SPDX-License-Identifier: Apache-2.0
#include "controller/run/trace_target.h"

#include <fmt/format.h>
#include <unistd.h>

#include "controller/run/state_directory.h"

namespace cutpoint {
namespace {

Result<TargetPlan> plan_host() {
  TargetPlan plan;
  CUTPOINT_TRY_ASSIGN(mount, find_cgroup_mount());
  plan.mount = mount;
  plan.cgroup_path = mount.point;
  CUTPOINT_TRY_ASSIGN(cgroup, Cgroup::open(plan.mount, plan.cgroup_path));
  CUTPOINT_TRY_ASSIGN(pids, cgroup.pids());
  plan.pids = std::move(pids);
  CUTPOINT_TRY_ASSIGN(netns, NetworkNamespace::current());
  plan.netns = std::move(netns);
  return Result<TargetPlan>(std::move(plan));
}

// The process stays where it is: the programs tell its connections apart.
Result<TargetPlan> plan_process(pid_t pid) {
  TargetPlan plan;
  CUTPOINT_TRY_ASSIGN(mount, find_cgroup_mount());
  plan.mount = mount;
  auto cgroup = cgroup_of_pid(plan.mount, pid);
  if (!cgroup) {
    return Error{ExitCode::usage, fmt::format("target: no process {}", pid),
                 "name a running process"};
  }
  plan.cgroup_path = *cgroup;
  plan.pids = {pid};
  CUTPOINT_TRY_ASSIGN(netns, NetworkNamespace::of_pid(pid));
  plan.netns = std::move(netns);
  return Result<TargetPlan>(std::move(plan));
}

}  // namespace

Result<TraceTarget> TraceTarget::find(const Scenario& scenario) {
  const bool is_process = scenario.target && scenario.target->pid;
  if (scenario.target && !is_process) {
    CUTPOINT_TRY_ASSIGN(plan, plan_target(scenario, true));
    return TraceTarget(std::move(plan));
  }
  auto plan = is_process ? plan_process(*scenario.target->pid) : plan_host();
  if (!plan) return std::move(plan).error();
  CUTPOINT_TRY_ASSIGN(interfaces, plan->netns->interfaces());
  plan->interfaces = std::move(interfaces);
  TraceTarget target(*std::move(plan));
  if (is_process) target.only_process_ = *scenario.target->pid;
  return Result<TraceTarget>(std::move(target));
}

Status TraceTarget::hold(const Scenario& scenario) {
  if (!is_command()) {
    CUTPOINT_TRY_ASSIGN(existing, Cgroup::open(plan_.mount, plan_.cgroup_path));
    cgroup_.emplace(std::move(existing));
    return {};
  }
  CUTPOINT_TRY_ASSIGN(state, StateDirectory::open());
  CUTPOINT_TRY_ASSIGN(guardian, Guardian::start(state, scenario.name));
  guardian_.emplace(std::move(guardian));
  CUTPOINT_TRY(guardian_->will_create_cgroup(plan_.cgroup_path));
  CUTPOINT_TRY_ASSIGN(made, Cgroup::create(plan_.mount, scenario.name));
  cgroup_.emplace(std::move(made));
  return {};
}

Status TraceTarget::start(const Scenario& scenario, int stdout_fd) {
  if (!is_command()) return {};
  SpawnOptions options;
  options.cgroup_fd = cgroup_->fd();
  options.stdout_fd = stdout_fd;
  options.stderr_fd = STDERR_FILENO;
  options.user = plan_.user;
  options.command = scenario.target->command;
  CUTPOINT_TRY_ASSIGN(child, Child::spawn(options));
  child_.emplace(std::move(child));
  return {};
}

bool TraceTarget::is_over() {
  if (!child_) return false;
  if (!ended_) {
    const auto status = child_->wait_for(std::chrono::milliseconds(0));
    ended_ = !status || status->has_value();
  }
  if (!ended_) return false;
  const auto left = cgroup_->pids();
  return !left || left->empty();
}

Status TraceTarget::end() {
  child_.reset();
  if (!cgroup_ || !cgroup_->owned()) return {};
  CUTPOINT_TRY(cgroup_->dispose());
  return guardian_->done();
}

}  // namespace cutpoint
