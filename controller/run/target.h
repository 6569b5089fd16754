// SPDX-License-Identifier: Apache-2.0
// The processes under test, in one cgroup v2 and one network namespace.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/run/guardian.h"
#include "controller/run/output.h"
#include "controller/run/target_history.h"
#include "controller/scenario/model.h"
#include "controller/util/cgroup.h"
#include "controller/util/child.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"

namespace cutpoint {

// Found before anything is put on the host.
struct TargetPlan {
  CgroupMount mount;
  std::string cgroup_path;  // that exists, or that will be made
  bool makes_cgroup = false;
  std::string return_to;  // pid target: where its processes came from
  std::optional<NetworkNamespace> netns;
  std::vector<Interface> interfaces;
  std::vector<pid_t> pids;  // already running
  std::optional<Account> user;
};

// It is not ours to start.
inline bool runs_already(const TargetPlan& plan) {
  return !plan.makes_cgroup || !plan.pids.empty();
}

// Errors: no cgroup v2 (3), no such command, pid, user, cgroup, unit or container (2), the root
// cgroup without `yes_really` (2), processes in several network namespaces (3).
Result<TargetPlan> plan_target(const Scenario& scenario, bool yes_really);

// The target once its cgroup exists.
class RunTarget {
 public:
  // Makes or opens the cgroup, moves a pid target into it; makes the history of one that start()
  // will start.
  static Result<RunTarget> hold(const TargetPlan& plan, const Scenario& scenario,
                                const std::string& history_path, Guardian& guardian);

  // Starts the command or the workload, or the publisher beside the command; nothing where the
  // target runs already.
  Status start(const TargetPlan& plan, const Scenario& scenario, const OutputDirectory& out);

  [[nodiscard]] const Cgroup& cgroup() const { return cgroup_; }
  // Whose end is the run's: the publisher, where there is one.
  [[nodiscard]] bool has_child() const { return child_.has_value(); }
  [[nodiscard]] Child& child() { return *child_; }

  // The command that a publisher runs beside; nullptr: there is none.
  [[nodiscard]] Child* consumers() { return consumers_ ? &*consumers_ : nullptr; }

  // What it has written to its history so far; nullopt: it has none.
  [[nodiscard]] Result<std::optional<std::string>> read_history() const;

  // Ends every process of a target that we started.
  Status kill() { return cgroup_.kill(); }

  // Ends what is ours and removes the cgroup; gives a pid target back.
  Status end();

 private:
  explicit RunTarget(Cgroup cgroup) : cgroup_(std::move(cgroup)) {}
  Result<Child> start_command(const TargetPlan& plan, const Target& target,
                              const OutputDirectory& out) const;
  Result<Child> start_workload(const TargetPlan& plan, const Scenario& scenario,
                               const OutputDirectory& out) const;

  Cgroup cgroup_;
  std::optional<Child> child_;
  std::optional<Child> consumers_;
  std::optional<TargetHistory> history_;
};

}  // namespace cutpoint
