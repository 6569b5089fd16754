// SPDX-License-Identifier: Apache-2.0
#include "controller/run/target.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/scenario/registry.h"
#include "controller/util/cgroup.h"
#include "controller/util/exec_failure.h"
#include "controller/util/process.h"
#include "probes/amqp/publisher.h"
#include "probes/postgres/orders.h"

namespace cutpoint {
namespace {

// The user that the workload runs as: an application has no privileges either.
constexpr const char* workload_user = "nobody";

Status join_namespace(TargetPlan& plan) {
  CUTPOINT_TRY_ASSIGN(namespaces, network_namespaces_of(plan.pids));
  if (namespaces.size() > 1) {
    return Error{
        ExitCode::unavailable,
        fmt::format("the target's processes are in {} network namespaces", namespaces.size()),
        "name a target whose processes share one, for example by pid"};
  }
  if (namespaces.size() == 1) {
    plan.netns = std::move(namespaces.front());
    return {};
  }
  CUTPOINT_TRY_ASSIGN(current, NetworkNamespace::current());
  plan.netns = std::move(current);
  return {};
}

Status plan_pid(TargetPlan& plan, pid_t pid, const std::string& name) {
  auto from = cgroup_of_pid(plan.mount, pid);
  if (!from) {
    return Error{ExitCode::usage, fmt::format("target: no process {}", pid),
                 "name a running process"};
  }
  if (is_kernel_thread(pid)) {
    return Error{ExitCode::usage, fmt::format("target: process {} is a thread of the kernel", pid),
                 "name a process of the application"};
  }
  plan.makes_cgroup = true;
  plan.cgroup_path = Cgroup::path_for(plan.mount, name);
  plan.return_to = *from;
  plan.pids = {pid};
  return {};
}

Status plan_cgroup(TargetPlan& plan, const std::string& path, bool yes_really) {
  CUTPOINT_TRY_ASSIGN(cgroup, Cgroup::open(plan.mount, path));
  if (cgroup.is_root() && !yes_really) {
    return Error{ExitCode::usage,
                 "target: the root cgroup holds every process of this host, yours included",
                 "name a smaller cgroup, or say --yes-really"};
  }
  plan.cgroup_path = cgroup.path();
  CUTPOINT_TRY_ASSIGN(pids, cgroup.pids());
  plan.pids = std::move(pids);
  return {};
}

// Known now, not when rules are armed. What only execve(2) can tell is told then.
Status find_command(const std::string& program, const std::optional<Account>& user) {
  const char* path = std::getenv("PATH");
  const auto candidates =
      exec_candidates(program, path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
  int number = ENOENT;
  for (const std::string& candidate : candidates) {
    if (::access(candidate.c_str(), X_OK) == 0) return {};
    if (errno != ENOENT) number = errno;
  }
  return explain_exec_failure(program, candidates, number, user);
}

}  // namespace

Result<TargetPlan> plan_target(const Scenario& scenario, bool yes_really) {
  TargetPlan plan;
  CUTPOINT_TRY_ASSIGN(mount, find_cgroup_mount());
  plan.mount = mount;
  const Target target = scenario.target.value_or(Target{});
  if (target.pid) {
    CUTPOINT_TRY(plan_pid(plan, *target.pid, scenario.name));
  } else if (!target.unit.empty()) {
    auto cgroup = cgroup_of_unit(plan.mount, target.unit);
    if (!cgroup) return std::move(cgroup).error().within("target");
    CUTPOINT_TRY(plan_cgroup(plan, *cgroup, yes_really));
  } else if (!target.container.empty()) {
    auto cgroup = cgroup_of_container(plan.mount, target.container);
    if (!cgroup) return std::move(cgroup).error().within("target");
    CUTPOINT_TRY(plan_cgroup(plan, *cgroup, yes_really));
  } else if (!target.cgroup.empty()) {
    CUTPOINT_TRY(plan_cgroup(plan, target.cgroup, yes_really));
  } else {
    plan.makes_cgroup = true;
    plan.cgroup_path = Cgroup::path_for(plan.mount, scenario.name);
  }
  const bool own = scenario.workload || (scenario.publish && !scenario.target);
  if (own || !target.user.empty()) {
    CUTPOINT_TRY_ASSIGN(account, find_account(own ? workload_user : target.user));
    plan.user = std::move(account);
  }
  if (!target.command.empty()) CUTPOINT_TRY(find_command(target.command[0], plan.user));
  CUTPOINT_TRY(join_namespace(plan));
  CUTPOINT_TRY_ASSIGN(interfaces, plan.netns->interfaces());
  plan.interfaces = std::move(interfaces);
  return plan;
}

Result<RunTarget> RunTarget::hold(const TargetPlan& plan, const Scenario& scenario,
                                  const std::string& history_path, Guardian& guardian) {
  if (!plan.makes_cgroup) {
    CUTPOINT_TRY_ASSIGN(existing, Cgroup::open(plan.mount, plan.cgroup_path));
    return RunTarget(std::move(existing));
  }
  CUTPOINT_TRY(guardian.will_create_cgroup(plan.cgroup_path, plan.return_to));
  CUTPOINT_TRY_ASSIGN(cgroup, Cgroup::create(plan.mount, scenario.name));
  RunTarget target(std::move(cgroup));
  if (!plan.return_to.empty()) target.cgroup_.return_processes_to(plan.return_to);
  for (const pid_t pid : plan.pids) CUTPOINT_TRY(target.cgroup_.add(pid));
  if (plan.pids.empty()) {
    CUTPOINT_TRY_ASSIGN(history, TargetHistory::create(history_path, plan.user));
    target.history_.emplace(std::move(history));
  }
  return target;
}

namespace {

probes::OrdersOptions orders_options(const Scenario& scenario, const std::string& history) {
  const OrdersWorkload& workload = *scenario.workload;
  probes::OrdersOptions options;
  for (const Service& service : scenario.services) {
    if (service.name == workload.service) options.dsn = service.dsn;
  }
  options.orders = workload.orders;
  options.connections = workload.connections;
  options.patience = workload.patience;
  options.tcp_user_timeout = workload.give_up == GiveUp::tcp_user_timeout;
  switch (workload.retry) {
    case Retry::none:
      options.retry = probes::OrdersOptions::Retry::none;
      break;
    case Retry::naive:
      options.retry = probes::OrdersOptions::Retry::naive;
      break;
    case Retry::resolve:
      options.retry = probes::OrdersOptions::Retry::resolve;
      break;
  }
  options.retry_until = workload.retry_until;
  options.history = history;
  return options;
}

probes::PublishOptions publish_options(const PublishWorkload& workload,
                                       const std::string& history) {
  probes::PublishOptions options;
  options.url = workload.broker;
  options.exchange = workload.exchange;
  options.routing_key = workload.routing_key;
  options.queue = workload.queue;
  options.celery_task = workload.celery_task;
  options.body = workload.body;
  for (const PublishPhase& phase : workload.phases) {
    options.phases.push_back(
        {phase.name, phase.messages, phase.rate, phase.poison, phase.poison_every});
  }
  options.patience = workload.patience;
  options.drain = workload.drain;
  options.history = history;
  return options;
}

// The hidden command that a workload's process is, and its options.
struct OwnWorkload {
  std::string kind;
  std::string options;
};

OwnWorkload own_workload(const Scenario& scenario, const std::string& history) {
  if (scenario.publish)
    return {std::string(publish_workload),
            probes::to_json(publish_options(*scenario.publish, history))};
  return {std::string(orders_workload), probes::to_json(orders_options(scenario, history))};
}

// A pipe that already holds `text`: how the workload gets its options, which may hold a password
// and so must not be seen in its arguments or environment.
Result<UniqueFd> pipe_holding(const std::string& text) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Error{ExitCode::unavailable, fmt::format("cannot make a pipe: {}", std::strerror(errno)),
                 ""};
  }
  UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  if (::write(writer.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return Error{ExitCode::unavailable, "cannot hand the workload its options", ""};
  }
  return reader;
}

}  // namespace

Result<Child> RunTarget::start_command(const TargetPlan& plan, const Target& target,
                                       const OutputDirectory& out) const {
  CUTPOINT_TRY_ASSIGN(standard_output, out.new_file("target.stdout"));
  CUTPOINT_TRY_ASSIGN(standard_error, out.new_file("target.stderr"));
  SpawnOptions options;
  options.cgroup_fd = cgroup_.fd();
  options.stdout_fd = standard_output.get();
  options.stderr_fd = standard_error.get();
  options.user = plan.user;
  options.environment = {{"CUTPOINT_HISTORY", history_->path()}};
  options.command = target.command;
  return Child::spawn(options);
}

Result<Child> RunTarget::start_workload(const TargetPlan& plan, const Scenario& scenario,
                                        const OutputDirectory& out) const {
  const std::string name = scenario.target ? "workload" : "target";
  CUTPOINT_TRY_ASSIGN(standard_output, out.new_file(name + ".stdout"));
  CUTPOINT_TRY_ASSIGN(standard_error, out.new_file(name + ".stderr"));
  const OwnWorkload own = own_workload(scenario, history_->path());
  CUTPOINT_TRY_ASSIGN(program, open_own_program());
  CUTPOINT_TRY_ASSIGN(settings, pipe_holding(own.options));
  SpawnOptions options;
  options.cgroup_fd = cgroup_.fd();
  options.stdout_fd = standard_output.get();
  options.stderr_fd = standard_error.get();
  options.user = plan.user;
  options.program_fd = program.get();
  options.inherit.push_back(settings.get());
  options.command = {"cutpoint-workload", "workload", own.kind, std::to_string(settings.get())};
  options.directory = std::string("/");  // from "/", GCC 12 warns of nothing (PR 105329)
  options.bare_environment = true;
  return Child::spawn(options);
}

Status RunTarget::start(const TargetPlan& plan, const Scenario& scenario,
                        const OutputDirectory& out) {
  if (!history_) return {};
  const bool own = scenario.workload || scenario.publish;
  if (scenario.target) {
    CUTPOINT_TRY_ASSIGN(command, start_command(plan, *scenario.target, out));
    (own ? consumers_ : child_) = std::move(command);
  }
  if (own) {
    CUTPOINT_TRY_ASSIGN(workload, start_workload(plan, scenario, out));
    child_ = std::move(workload);
  }
  return {};
}

Result<std::optional<std::string>> RunTarget::read_history() const {
  if (!history_) return std::optional<std::string>();
  CUTPOINT_TRY_ASSIGN(text, history_->read());
  return std::optional(std::move(text));
}

Status RunTarget::end() {
  child_.reset();
  consumers_.reset();
  return cgroup_.owned() ? cgroup_.dispose() : Status{};
}

}  // namespace cutpoint
