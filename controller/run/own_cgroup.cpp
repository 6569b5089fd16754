// SPDX-License-Identifier: Apache-2.0
#include "controller/run/own_cgroup.h"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

namespace cutpoint {
namespace {

constexpr const char* run_elsewhere =
    "run cutpoint from another cgroup, e.g. `systemd-run --scope cutpoint …`";

bool holds_us(const TargetPlan& plan, const std::string& cgroup) {
  return cgroup_holds(plan.mount, cgroup, ::getpid());
}

// Where a service is only heard, this process has no connection to it.
Status check_target(const Scenario& scenario, const TargetPlan& plan) {
  const bool asks = std::any_of(scenario.services.begin(), scenario.services.end(),
                                [](const Service& service) { return !service.is_only_heard(); });
  if (plan.makes_cgroup || !asks || !holds_us(plan, plan.cgroup_path)) return {};
  return Error{ExitCode::usage,
               fmt::format("target: cutpoint itself is in cgroup {}: its own connections to the "
                           "services would be the target's",
                           plan.cgroup_path),
               fmt::format("{}, or give the services by their addresses", run_elsewhere)};
}

Status check_frozen(const Fault& fault, const TargetPlan& plan) {
  // One that we make holds the target alone.
  if (fault.cgroup.empty() && plan.makes_cgroup) return {};
  const std::string& named = fault.cgroup.empty() ? plan.cgroup_path : fault.cgroup;
  auto cgroup = Cgroup::open(plan.mount, named);
  if (!cgroup) {
    return Error{ExitCode::usage, fault.name + ": " + cgroup.error().message,
                 cgroup.error().remedy};
  }
  if (cgroup->is_root()) {
    return Error{ExitCode::usage,
                 fault.name +
                     ": the root cgroup holds every process of this host, and cannot be "
                     "frozen",
                 "name a smaller cgroup"};
  }
  if (holds_us(plan, cgroup->path())) {
    return Error{ExitCode::usage,
                 fmt::format("{}: cutpoint itself is in cgroup {}: it would freeze with it, and "
                             "nobody would thaw them",
                             fault.name, cgroup->path()),
                 run_elsewhere};
  }
  return {};
}

}  // namespace

Status keep_out_of_the_way(const Scenario& scenario, const TargetPlan& plan) {
  CUTPOINT_TRY(check_target(scenario, plan));
  for (const Fault& fault : scenario.faults) {
    if (fault.freezes) CUTPOINT_TRY(check_frozen(fault, plan));
  }
  return {};
}

}  // namespace cutpoint
