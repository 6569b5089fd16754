// SPDX-License-Identifier: Apache-2.0
#include "controller/run/sequencer.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "controller/kernel/features.h"
#include "controller/kernel/holder.h"
#include "controller/report/evidence.h"
#include "controller/report/report.h"
#include "controller/run/dry_run.h"
#include "controller/run/filters.h"
#include "controller/run/guard_rails.h"
#include "controller/run/live_run.h"
#include "controller/run/own_cgroup.h"
#include "controller/run/residue.h"
#include "controller/run/rules.h"
#include "controller/run/segmenter.h"
#include "controller/run/spared.h"
#include "controller/scenario/registry.h"
#include "controller/util/clock.h"

namespace cutpoint {
namespace {

Status require_btf() {
  if (::access("/sys/kernel/btf/vmlinux", R_OK) == 0) return {};
  return Error{ExitCode::unavailable, "this kernel has no BTF (/sys/kernel/btf/vmlinux is missing)",
               "use a kernel built with CONFIG_DEBUG_INFO_BTF=y, as the distributions' are"};
}

Error interrupted() {
  return Error{ExitCode::interrupted, "interrupted before anything was armed", ""};
}

void tell_of_dead_runs(const StateDirectory& state, Progress& progress) {
  for (const RunRecord& record : find_records(state)) {
    for (const std::string& line : describe(record)) progress.warn(line);
    progress.warn("`cutpoint clear` removes what it left, and this record");
  }
}

void tell_who_is_only_heard(const Scenario& scenario, Progress& progress) {
  for (const Service& service : scenario.services) {
    const ProtocolInfo* protocol = find_protocol(service.protocol);
    if (protocol == nullptr || !protocol->has_dsn || !service.is_only_heard()) continue;
    progress.log(fmt::format(
        "{} is only heard, not asked: it is given by its address, not by a dsn", service.name));
  }
}

InjectorPlan injector_plan(const Scenario& scenario, const TargetPlan& plan,
                           const RunTarget& target, const std::vector<ServiceHandle>& services,
                           const std::optional<VethPair>& segmenter,
                           const std::optional<Holder>& holder, HookKind hooks) {
  InjectorPlan result;
  result.hooks = hooks;
  if (holder) result.holder = holder->interface();
  if (segmenter) result.segmenter = Segmenter{segmenter->near(), segmenter->far()};
  result.cgroup_fd = target.cgroup().fd();
  result.netns = &*plan.netns;
  result.interfaces = plan.interfaces;
  std::vector<std::vector<cut_endpoint>> endpoints;
  endpoints.reserve(services.size());
  for (const ServiceHandle& service : services) {
    endpoints.push_back(service.endpoints);
  }
  result.services = make_services(scenario, endpoints);
  result.reads_tls = reads_tls(services);
  result.tells_of_deaths = watches_deaths(scenario);
  for (const Fault& fault : scenario.faults) {
    result.rules.push_back(make_rule(scenario, fault));
    result.rule_bytes.push_back(make_rule_bytes(fault));
  }
  result.joins = runs_already(plan);
  result.pids = plan.pids;
  const char* ssh = std::getenv("SSH_CONNECTION");
  if (ssh != nullptr) result.spared = spared_by(ssh);
  return result;
}

HostFacts host_facts() {
  HostFacts host;
  utsname name{};
  ::uname(&name);
  host.kernel = name.release;
  host.started_unix_ms = unix_ms();
  host.started_ns = now_ns();
  return host;
}

// A full disk or a directory that has gone must not hide the outcome: the report is still printed.
void write_files(const OutputDirectory& out, const Scenario& scenario, const Timeline& timeline,
                 const RunTarget& target, const std::string& packets, nlohmann::json& report,
                 Progress& progress) {
  report["out"] = out.path();
  const auto check = [&](const char* name, const Status& written) {
    if (written) return;
    progress.warn("not written: " + written.error().message);
    report["not_written"].push_back(name);
  };
  check("scenario.yaml", out.write_scenario(scenario));
  check("timeline.jsonl", out.write_timeline(timeline, scenario));
  check(evidence_file, out.write_evidence(packets));
  if (const auto history = target.read_history(); !history) {
    check("history.jsonl", history.error());
  } else if (*history) {
    check("history.jsonl", out.write_history(**history));
  }
  check("trace.json", out.write_trace(timeline, scenario, report));
  check("report.json", out.write_report(report));
}

struct Prepared {
  TargetPlan plan;
  std::vector<ServiceHandle> services;
  HookKind hooks;
};

Result<Prepared> prepare(const Scenario& scenario, const RunOptions& options) {
  CUTPOINT_TRY_ASSIGN(plan, plan_target(scenario, options.yes_really));
  CUTPOINT_TRY(keep_out_of_the_way(scenario, plan));
  CUTPOINT_TRY_ASSIGN(services, locate_services(scenario, *plan.netns));
  if (options.hooks) return Prepared{std::move(plan), std::move(services), *options.hooks};
  CUTPOINT_TRY_ASSIGN(hooks, find_hook_kind());
  return Prepared{std::move(plan), std::move(services), hooks};
}

// What another run must not touch meanwhile: an existing cgroup; one that we make is ours alone.
std::string target_lock(const TargetPlan& plan) {
  if (!plan.makes_cgroup) return "target-" + as_file_name(plan.cgroup_path);
  return plan.pids.empty() ? "" : fmt::format("target-pid-{}", plan.pids.front());
}

// The guardian is let go only when nothing is left of what it was told: else it goes on when we
// end, and leaves its record.
void let_go(Guardian& guardian, const TargetPlan& plan, std::optional<VethPair>& segmenter,
            std::optional<ClsactQdiscs>& qdiscs, Progress& progress) {
  if (auto removed = qdiscs ? qdiscs->remove() : Status{}; !removed) {
    progress.warn("left to the guardian: " + removed.error().message + "; see `cutpoint clear`");
    return;
  }
  if (auto removed = segmenter ? segmenter->remove() : Status{}; !removed) {
    progress.warn("left to the guardian: " + removed.error().message + "; see `cutpoint clear`");
    return;
  }
  if (plan.makes_cgroup && ::access(plan.cgroup_path.c_str(), F_OK) == 0) {
    progress.warn("left to the guardian: cgroup " + plan.cgroup_path + "; see `cutpoint clear`");
    return;
  }
  if (auto done = guardian.done(); !done) progress.warn("guardian: " + done.error().message);
}

// nullopt: no fault holds anything.
Result<std::optional<Holder>> open_holder(const Scenario& scenario, const TargetPlan& plan) {
  if (!needs_holder(scenario)) return std::optional<Holder>();
  CUTPOINT_TRY_ASSIGN(holder, Holder::open(*plan.netns));
  return std::optional<Holder>(std::move(holder));
}

}  // namespace

Result<RunResult> run_scenario(const Scenario& scenario, const RunOptions& options) {
  HostFacts host = host_facts();
  Progress progress(options.terminal, options.quiet);
  ::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): cannot fail for SIGPIPE
  if (!options.yes_really) CUTPOINT_TRY(keep_guard_rails(scenario));
  CUTPOINT_TRY(require_root());
  CUTPOINT_TRY(require_btf());
  if (options.dry_run) {
    CUTPOINT_TRY_ASSIGN(seen, prepare(scenario, options));
    print_dry_run(scenario, seen.plan, seen.services, seen.hooks);
    return RunResult{ExitCode::held, nullptr};
  }
  const std::string path = options.out_directory.empty() ? OutputDirectory::default_path(scenario)
                                                         : options.out_directory;
  CUTPOINT_TRY_ASSIGN(out, OutputDirectory::create(path));
  CUTPOINT_TRY_ASSIGN(prepared, prepare(scenario, options));
  TargetPlan& plan = prepared.plan;
  CUTPOINT_TRY_ASSIGN(state, StateDirectory::open());
  tell_of_dead_runs(state, progress);
  CUTPOINT_TRY_ASSIGN(locks, lock_run(state, scenario, prepared.services, target_lock(plan)));
  static_cast<void>(locks);
  CUTPOINT_TRY_ASSIGN(filter_lock, lock_filters(prepared.hooks, state, *plan.netns));
  static_cast<void>(filter_lock);

  // Both before there is a second thread, which the observers bring: every thread must leave the
  // signals to the watch, and the guardian is forked.
  CUTPOINT_TRY_ASSIGN(signals, SignalWatch::start());
  CUTPOINT_TRY_ASSIGN(guardian, Guardian::start(state, scenario.name));
  progress.phase("steady state");
  tell_who_is_only_heard(scenario, progress);
  Status observed = observe_services(scenario, *plan.netns, state, prepared.services);
  if (observed) observed = declare_topology(scenario, *plan.netns);
  if (observed && signals.take() != 0) observed = interrupted();
  if (!observed) {
    static_cast<void>(guardian.done());
    return std::move(observed).error();
  }
  auto watches = watch_all(scenario, *plan.netns);
  if (!watches) {
    static_cast<void>(guardian.done());
    return std::move(watches).error();
  }
  // From here on the host is touched: the guardian knows of each thing before it exists.
  std::optional<VethPair> segmenter = make_segmenter(scenario, plan, guardian, progress);
  std::optional<ClsactQdiscs> qdiscs;
  if (auto made = make_qdiscs(prepared.hooks, plan, segmenter, guardian); !made) {
    let_go(guardian, plan, segmenter, qdiscs, progress);
    return std::move(made).error();
  } else if (*made) {
    qdiscs.emplace(std::move(**made));
  }
  auto held = RunTarget::hold(plan, scenario, state.history_file(guardian.id()), guardian);
  if (!held) {
    let_go(guardian, plan, segmenter, qdiscs, progress);
    return std::move(held).error();
  }
  RunTarget& target = *held;
  auto started = [&]() -> Result<std::pair<Injector, std::optional<Holder>>> {
    CUTPOINT_TRY_ASSIGN(holder, open_holder(scenario, plan));
    auto rules =
        injector_plan(scenario, plan, target, prepared.services, segmenter, holder, prepared.hooks);
    rules.captures = captures_of(scenario, options.payloads);
    CUTPOINT_TRY_ASSIGN(injector, Injector::start(rules));
    return std::pair(std::move(injector), std::move(holder));
  }();
  if (!started) {
    if (auto ended = target.end(); !ended) progress.warn("target: " + ended.error().message);
    let_go(guardian, plan, segmenter, qdiscs, progress);
    return std::move(started).error();
  }
  Injector& injector = started->first;
  std::optional<Holder>& holder = started->second;  // its thread asks the injector: it ends first
  if (holder) {
    holder->start([&injector](const cut_tuple& segment) { return injector.held(segment); },
                  [&injector] { injector.stop_holding(); });
  }
  host.hooks = injector.hooks();
  for (const std::string& interface : injector.uncovered()) {
    progress.warn("not covered: interface " + interface + ", whose packets cannot be read");
  }

  LiveRun run(RunContext{scenario, plan, out, prepared.services, *watches, guardian, injector,
                         holder ? &*holder : nullptr, target, signals, progress});
  run.arm();
  constexpr double ns_per_ms = 1e6;
  host.start_to_armed_ms = static_cast<double>(now_ns() - host.started_ns) / ns_per_ms;
  progress.log(fmt::format("start to armed: {:.0f} ms", host.start_to_armed_ms));
  run.run_target();
  run.recover();
  RunFacts facts = run.collect();
  facts.payloads = options.payloads;
  host.finished_unix_ms = unix_ms();

  if (auto ended = target.end(); !ended) progress.warn("target: " + ended.error().message);
  const Verdict verdict = verify(facts);
  RunResult result{verdict.exit_code, build_report(facts, verdict, host)};
  write_files(out, scenario, run.timeline(), target, render_evidence(facts, host), result.report,
              progress);
  let_go(guardian, plan, segmenter, qdiscs, progress);
  return result;
}

}  // namespace cutpoint
