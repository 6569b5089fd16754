// SPDX-License-Identifier: Apache-2.0
#include "controller/run/trace.h"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <unistd.h>

#include "controller/kernel/features.h"
#include "controller/run/live_trace.h"
#include "controller/run/rules.h"
#include "controller/run/trace_watchers.h"
#include "controller/scenario/registry.h"
#include "controller/timeline/error_code.h"
#include "controller/util/nearest.h"

namespace cutpoint {
namespace {

Status require_host() {
  CUTPOINT_TRY(require_root());
  CUTPOINT_TRY_ASSIGN(hooks, find_hook_kind());
  if (hooks == HookKind::tcx) return {};
  return Error{ExitCode::unavailable,
               "this kernel has no tcx links (6.6): filters of clsact qdiscs, which stand in for "
               "them, would outlive a killed trace",
               "trace on a later kernel"};
}

// All of the protocol's, or those that are named, bit set.
std::uint64_t shown_moments(const ProtocolInfo& protocol, const std::vector<std::string>& named) {
  std::uint64_t shown = 0;
  for (const MomentInfo& moment : protocol.moments) {
    const bool wanted =
        named.empty() || std::find(named.begin(), named.end(), moment.name) != named.end();
    if (wanted) shown |= 1ULL << moment.bit;
  }
  return shown;
}

Status expect_known(const Scenario& whom, const std::vector<std::string>& named) {
  std::vector<std::string> known;
  for (const Service& service : whom.services) {
    const auto names = names_of(find_protocol(service.protocol)->moments);
    known.insert(known.end(), names.begin(), names.end());
  }
  for (const std::string& name : named) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return Error{
        ExitCode::usage,
        fmt::format("--moment: no service has a moment `{}`{}", name, suggest_name(name, known)),
        "`cutpoint inject --help` lists them"};
  }
  return {};
}

// A histogram of nothing would look like one of a service that nobody asks.
Status expect_measured(const Scenario& whom, const TraceOptions& options) {
  if (!options.histograms) return {};
  for (const Service& service : whom.services) {
    const ProtocolInfo& protocol = *find_protocol(service.protocol);
    if (service.tls.value_or(false)) {
      return Error{
          ExitCode::usage,
          fmt::format("hist: answers of `{}` are not measured in the kernel: inside of TLS "
                      "they are known only once the application has read them",
                      service.name),
          "use `cutpoint trace --summary`; or leave out `tls=true`, if it does not speak TLS"};
    }
    if (measured_pair(static_cast<unsigned>(protocol.id)) != nullptr) continue;
    return Error{ExitCode::usage,
                 fmt::format("hist: answers of `{}` are not measured in the kernel: of {} there is "
                             "nothing that tells which request a message answers",
                             service.name, service.protocol),
                 "use `cutpoint trace --summary`"};
  }
  return {};
}

std::vector<TracedService> traced_services(const Scenario& whom, const TraceOptions& options) {
  std::vector<TracedService> services;
  for (const Service& service : whom.services) {
    const ProtocolInfo& protocol = *find_protocol(service.protocol);
    services.push_back({service.name, static_cast<unsigned>(protocol.id),
                        shown_moments(protocol, options.moments)});
  }
  return services;
}

InjectorPlan plan_of(const Scenario& whom, const TraceOptions& options, const TraceTarget& target,
                     const std::vector<TracedService>& services,
                     const std::vector<ServiceHandle>& handles) {
  InjectorPlan plan;
  plan.only_looks = true;
  plan.captures = CUT_CAPTURES_NOTHING;
  plan.only_process = target.only_process();
  // One process is told by what it connects: who will serve what is accepted, is not known then.
  plan.accepts = plan.only_process == 0;
  // Histograms are of a service, whoever is at its ends.
  plan.names_servers = plan.accepts && !options.histograms;
  plan.peers = options.peers;
  plan.cgroup_fd = target.cgroup().fd();
  plan.netns = &*target.plan().netns;
  plan.interfaces = target.plan().interfaces;
  plan.pids = target.plan().pids;
  plan.joins = !target.is_command();
  plan.reads_tls = reads_tls(handles);
  std::vector<std::vector<cut_endpoint>> endpoints;
  endpoints.reserve(handles.size());
  for (const ServiceHandle& handle : handles) endpoints.push_back(handle.endpoints);
  plan.services = make_services(whom, endpoints);
  // What nobody asks for goes no further than the kernel.
  const bool lines = !options.over && !options.histograms && !options.top;
  const Exchanges exchanges = measured_exchanges(options);
  const bool watched = options.top || options.metrics;
  const bool pairs = options.summary || options.over || watched;
  plan.counts = options.summary || watched;
  for (std::size_t i = 0; i < services.size(); ++i) {
    cut_service& config = plan.services[i].config;
    config.reported = (lines ? services[i].shown : 0) |
                      (pairs ? paired_moments(services[i].protocol, exchanges) : 0) |
                      (watched ? error_moments(services[i].protocol) : 0);
    const MomentPair* measured = measured_pair(services[i].protocol);
    if (!options.histograms || measured == nullptr) continue;
    config.asks = static_cast<std::uint8_t>(measured->from);
    config.answers = static_cast<std::uint8_t>(measured->to);
  }
  return plan;
}

void tell_beginning(const Injector& injector, Progress& progress) {
  for (const std::string& interface : injector.uncovered()) {
    progress.warn("not covered: interface " + interface + ", whose packets cannot be read");
  }
  progress.log("tracing");
}

}  // namespace

Result<ExitCode> run_trace(const Scenario& whom, const TraceOptions& options, TraceStream& stream) {
  ::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): cannot fail for SIGPIPE
  Progress progress(options.terminal, options.quiet);
  CUTPOINT_TRY(expect_known(whom, options.moments));
  CUTPOINT_TRY(expect_measured(whom, options));
  CUTPOINT_TRY(require_host());
  CUTPOINT_TRY_ASSIGN(target, TraceTarget::find(whom));
  CUTPOINT_TRY_ASSIGN(handles, locate_services(whom, *target.plan().netns));
  // Both before there is a second thread: every thread must leave the signals to the watch, and a
  // command's guardian is forked.
  CUTPOINT_TRY_ASSIGN(signals, SignalWatch::start());
  CUTPOINT_TRY(target.hold(whom));
  const std::vector<TracedService> services = traced_services(whom, options);
  const auto traced = [&]() -> Result<TraceTotals> {
    // Gone before anything else is said: it may have the terminal.
    CUTPOINT_TRY_ASSIGN(
        watching, TraceWatchers::start(options, services, *target.plan().netns, progress, stream));
    CUTPOINT_TRY_ASSIGN(injector,
                        Injector::start(plan_of(whom, options, target, services, handles)));
    LiveTrace trace(
        {options, services, handles, injector, target, signals, progress, stream, watching.all()});
    CUTPOINT_TRY(trace.join());
    tell_beginning(injector, progress);
    // What it prints must not be taken for the trace's lines.
    CUTPOINT_TRY(target.start(whom, stream.is_stdout() ? STDERR_FILENO : STDOUT_FILENO));
    CUTPOINT_TRY(trace.follow());
    return trace.totals();
  }();
  if (auto ended = target.end(); !ended) progress.warn("target: " + ended.error().message);
  if (!traced) return traced.error();
  if (options.summary) {
    stream.add_last(stream.format() == TraceFormat::jsonl ? trace_summary_json(*traced)
                                                          : trace_summary_text(*traced));
  }
  CUTPOINT_TRY(stream.flush());
  return ExitCode::held;
}

}  // namespace cutpoint
