// SPDX-License-Identifier: Apache-2.0
// Whose the flows of a trace are.
#include <cstring>
#include <fmt/format.h>
#include <utility>

#include "bpf/abi/owner.h"
#include "controller/run/live_trace.h"
#include "controller/timeline/flows.h"
#include "controller/timeline/timeline.h"
#include "controller/util/clock.h"
#include "controller/util/file.h"

namespace cutpoint {
namespace {

// What the kernel knew of the process that connected it, or serves it; no name: nothing.
cut_owner owner_in(const cut_event& event) {
  cut_owner owner{};
  std::memcpy(&owner, event.attr, sizeof owner);
  owner.comm[CUT_COMM_BYTES - 1] = 0;
  return owner;
}

constexpr std::int64_t longest_wait_ns = 200'000'000;

void place(TracedFlow& flow, const CgroupWords& words) {
  flow.cgroup = words.path;
  flow.unit = words.unit;
  flow.container = words.container;
}

// Of a process that was there when the trace began; empty: it has gone.
std::string comm_of(pid_t pid) {
  auto text = read_file(fmt::format("/proc/{}/comm", pid));
  if (!text) return {};
  if (text->ends_with('\n')) text->pop_back();
  return *std::move(text);
}

}  // namespace

LiveTrace::Flow& LiveTrace::open_flow(const cut_event& event) {
  const TracedService& service = context_.services[event.service];
  Flow flow;
  flow.words = {service.name, service.protocol, format_flow(event.tuple)};
  for (const auto& watcher : context_.watchers) watcher->flow_known(event, flow.words);
  return flows_.insert_or_assign(event.flow, std::move(flow)).first->second;
}

// One whose opening was lost is nobody's that we know.
LiveTrace::Flow& LiveTrace::flow_of(const cut_event& event) {
  const auto found = flows_.find(event.flow);
  return found != flows_.end() ? found->second : open_flow(event);
}

void LiveTrace::name(std::uint64_t cookie, Flow& flow, const cut_owner& owner) {
  flow.awaited = false;
  flow.words.pid = static_cast<pid_t>(owner.pid);
  flow.words.comm = owner.comm;
  if (owner.cgroup != 0) place(flow.words, cgroups_.by_id(owner.cgroup));
  for (const auto& watcher : context_.watchers) watcher->flow_named(cookie, flow.words);
}

// Of one that was accepted this comes twice: the second time with who serves it.
void LiveTrace::on_opened(const cut_event& event) {
  Flow& flow = flow_of(event);
  const bool accepted = is_accepted(event);
  if (!flow.told) {
    ++opened_;
    accepted_ += accepted ? 1 : 0;
  }
  const cut_owner owner = owner_in(event);
  const bool is_named = owner.comm[0] != 0;
  flow.awaited = accepted && !is_named && !flow.told;
  flow.told = true;
  flow.words.accepted = accepted;
  if (is_named) name(event.flow, flow, owner);
}

void LiveTrace::on_joined(const cut_event& event) {
  if (const auto known = flows_.find(event.flow); known != flows_.end()) {
    if (is_synchronised(event)) known->second.unreadable = false;
    return;
  }
  const pid_t pid = open_before_.holder_of(event.flow);
  Flow& flow = open_flow(event);
  flow.words.pid = pid;
  flow.words.comm = comm_of(pid);
  flow.words.accepted = open_before_.was_accepted(event.flow);
  if (pid != 0) place(flow.words, cgroups_.of_process(pid));
  for (const auto& watcher : context_.watchers) watcher->flow_named(event.flow, flow.words);
}

void LiveTrace::receive(const cut_event& event) {
  if (waiting_.empty() && !waits_for_process(event)) return take_in(event);
  waiting_.push_back(event);
  if (event.kind != CUT_EVENT_FLOW_OPENED || !is_accepted(event)) return;
  const cut_owner owner = owner_in(event);
  if (owner.comm[0] != 0) served_.insert_or_assign(event.flow, owner);
}

// Who serves what was accepted is told as that process first reads: a little after the first
// message has passed, so that waits for it.
bool LiveTrace::waits_for_process(const cut_event& event) {
  if (event.kind != CUT_EVENT_MOMENT) return false;
  const auto found = flows_.find(event.flow);
  if (found == flows_.end() || !found->second.awaited) return false;
  if (const auto served = served_.find(event.flow); served != served_.end()) {
    name(event.flow, found->second, served->second);
    return false;
  }
  const bool waits = now_ns() < static_cast<std::int64_t>(event.ns) + longest_wait_ns;
  found->second.awaited = waits;
  return waits;
}

void LiveTrace::take_in(const cut_event& event) {
  answered_.clear();
  on_event(event);
  tell_watchers(event);
}

void LiveTrace::take_in_waiting(bool all) {
  while (!waiting_.empty() && (all || !waits_for_process(waiting_.front()))) {
    take_in(waiting_.front());
    waiting_.pop_front();
  }
}

}  // namespace cutpoint
