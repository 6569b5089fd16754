// SPDX-License-Identifier: Apache-2.0
// Whose connections `cutpoint trace` looks at. Processes that run already stay in their cgroups;
// only a command is started in one of its own.
#pragma once

#include <optional>
#include <vector>

#include "controller/run/guardian.h"
#include "controller/run/target.h"
#include "controller/scenario/model.h"

namespace cutpoint {

class TraceTarget {
 public:
  // Without a target: every process of the host. Errors: those of plan_target().
  static Result<TraceTarget> find(const Scenario& scenario);

  // Makes the cgroup of a command; else opens the one that is there.
  Status hold(const Scenario& scenario);
  // Starts the command with this descriptor as its stdout; nothing where there is none.
  Status start(const Scenario& scenario, int stdout_fd);
  // The command has ended, and so has all that it left in its cgroup.
  [[nodiscard]] bool is_over();
  // Ends what is left of a command, and removes its cgroup.
  Status end();

  [[nodiscard]] const TargetPlan& plan() const { return plan_; }
  [[nodiscard]] const Cgroup& cgroup() const { return *cgroup_; }
  // The one process whose connections count; 0: all in the cgroup.
  [[nodiscard]] pid_t only_process() const { return only_process_; }
  [[nodiscard]] int pidfd() const { return child_ && !ended_ ? child_->pidfd() : -1; }
  [[nodiscard]] bool is_command() const { return plan_.makes_cgroup; }

 private:
  explicit TraceTarget(TargetPlan plan) : plan_(std::move(plan)) {}

  TargetPlan plan_;
  pid_t only_process_ = 0;
  // Of a command: outlives us where we are killed, and ends what we started. Destroyed last.
  std::optional<Guardian> guardian_;
  std::optional<Cgroup> cgroup_;
  std::optional<Child> child_;
  bool ended_ = false;  // the child
};

}  // namespace cutpoint
