// SPDX-License-Identifier: Apache-2.0
#include "controller/run/dry_run.h"

#include <cstdio>
#include <fmt/format.h>

#include "controller/run/live_flows.h"
#include "controller/run/rules.h"
#include "controller/run/segmenter.h"

namespace cutpoint {
namespace {

void print(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
}

void print_hooks(const Scenario& scenario, const TargetPlan& plan,
                 const std::vector<ServiceHandle>& services, HookKind hooks) {
  print("hooks:");
  print("  sockops on " + plan.cgroup_path);
  for (const Interface& interface : plan.interfaces) {
    if (interface.link_layer == LinkLayer::unsupported) {
      print(fmt::format("  {}: not covered, its link layer is not known", interface.name));
    } else {
      print(fmt::format("  {} egress{} of {}", name_of(hooks),
                        interface.loopback ? "" : " and ingress", interface.name));
    }
  }
  print("  tracepoints tcp_retransmit_skb, tcp_send_reset, tcp_receive_reset");
  if (watches_deaths(scenario)) print("  tracepoint sched_process_exit");
  if (runs_already(plan)) print("  tracepoint inet_sock_set_state, and iter/tcp");
  if (!reads_tls(services)) return;
  print(
      "  uprobes on SSL_do_handshake, SSL_read, SSL_write and BIO_write, of every file that has "
      "them");
  print("  tracepoints sched_process_exec and sys_exit, of mmap, to find such files");
}

void print_devices(const Scenario& scenario, const TargetPlan& plan) {
  const bool splits = needs_segmenter(scenario, plan);
  const bool holds = needs_holder(scenario);
  if (!splits && !holds) return;
  const std::string prefix(our_device_prefix);
  print("devices, in the target's network namespace:");
  if (splits) print("  a veth pair " + prefix + "…, to split large segments");
  if (holds) print("  a TUN " + prefix + "…, to hold segments");
}

void print_target(const TargetPlan& plan) {
  print("target:");
  print(
      fmt::format("  cgroup {}{}", plan.cgroup_path, plan.makes_cgroup ? " (would be made)" : ""));
  if (plan.user) print("  as user " + plan.user->name);
  for (const pid_t pid : plan.pids) print(fmt::format("  process {}", pid));
}

void print_publisher(const PublishWorkload& publish) {
  print("publisher:");
  print("  to " + publish.queue);
  for (const PublishPhase& phase : publish.phases) {
    print(fmt::format("  {}: {} messages, {:g} per second{}", phase.name, phase.messages,
                      phase.rate, phase.has_poison() ? ", with poison" : ""));
  }
}

}  // namespace

void print_dry_run(const Scenario& scenario, const TargetPlan& plan,
                   const std::vector<ServiceHandle>& services, HookKind hooks) {
  print("rules:");
  for (const Fault& fault : scenario.faults) {
    print(fmt::format("  {}: {}", fault.name, describe(fault)));
  }
  print("services:");
  for (std::size_t i = 0; i < services.size(); ++i) {
    const Service& service = scenario.services[i];
    print(fmt::format("  {}: {}{}", service.name, fmt::join(services[i].shown, ", "),
                      service.server_name.empty() ? "" : ", asked for as " + service.server_name));
  }
  print_hooks(scenario, plan, services, hooks);
  print_devices(scenario, plan);
  print_target(plan);
  if (scenario.publish) print_publisher(*scenario.publish);
  print("live flows that would be hit:");
  const auto flows = live_flows(plan.pids, services);
  for (const std::string& flow : flows) print("  " + flow);
  if (flows.empty()) print("  none now; connections made while it runs would be");
}

}  // namespace cutpoint
