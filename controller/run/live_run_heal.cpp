// SPDX-License-Identifier: Apache-2.0
// LiveRun: ending cuts, by letting go or by resets.
#include <algorithm>
#include <fmt/format.h>

#include "controller/run/live_run.h"
#include "controller/run/rules.h"
#include "controller/util/clock.h"
#include "controller/util/duration.h"

namespace cutpoint {
namespace {

constexpr auto longest_wait = std::chrono::milliseconds(1000);
constexpr int reset_tries = 5;
constexpr auto reset_wait = std::chrono::milliseconds(100);

}  // namespace

std::int64_t LiveRun::last_heal_ns() const {
  std::int64_t last = 0;
  for (const RuleFacts& rule : rules_) last = std::max(last, rule.healed_ns().value_or(0));
  return last;
}

bool LiveRun::rule_is_spent(std::size_t rule) const {
  const Fault& fault = context_.scenario.faults[rule];
  const cut_rule_state state = context_.injector.rule_state(rule);
  return fault.times != 0 && state.fired + state.would_fire >= fault.times;
}

// The kernel counts a firing at once; its event may still be on the way.
bool LiveRun::all_firings_seen(std::size_t rule) const {
  return firings_seen_[rule] >= context_.injector.rule_state(rule).fired;
}

bool LiveRun::is_on(std::size_t rule) const {
  return std::any_of(cuts_.begin(), cuts_.end(),
                     [rule](const Cut& cut) { return cut.rule == rule && !cut.healed; });
}

std::chrono::milliseconds LiveRun::until_next_heal() const {
  std::int64_t next = now_ns() + std::chrono::nanoseconds(longest_wait).count();
  for (const Cut& cut : cuts_) {
    if (!cut.healed) next = std::min(next, cut.heals_ns);
  }
  const auto left = std::chrono::nanoseconds(std::max<std::int64_t>(next - now_ns(), 0));
  return std::chrono::ceil<std::chrono::milliseconds>(left);
}

// The receiver of a message that was cut short hears that this was all.
void LiveRun::tell_of_ends() {
  for (Cut& cut : cuts_) {
    if (cut.told || context_.scenario.faults[cut.rule].then == CUT_THEN_SILENCE) continue;
    cut.told = true;
    tell_of_end(cut);
  }
}

void LiveRun::tell_of_end(const Cut& cut) {
  const Fault& fault = context_.scenario.faults[cut.rule];
  auto sender = ResetSender::open(*context_.plan.netns);
  if (!sender) return problem(sender.error().message);
  auto flows = context_.injector.flows();
  if (!flows) return problem(flows.error().message);
  for (const FlowView& flow : *flows) {
    if (flow.head.cookie != cut.flow) continue;
    const bool fin = fault.then == CUT_THEN_FIN;
    auto sent = sender->send(end_for(flow, fault.moment_direction, fin));
    if (!sent) problem(sent.error().message);
    note("controller", fin ? "fin.sent" : "rst.sent", {{"fault", fault.name}});
  }
}

void LiveRun::heal_due() {
  for (std::size_t i = 0; i < cuts_.size(); ++i) {  // heal() may bring more of them
    if (!cuts_[i].healed && now_ns() >= cuts_[i].heals_ns) heal(cuts_[i]);
  }
}

void LiveRun::heal_all() {
  for (std::size_t i = 0; i < rules_.size(); ++i) context_.injector.close(i);
  for (std::size_t i = 0; i < cuts_.size(); ++i) {
    if (!cuts_[i].healed) heal(cuts_[i]);
  }
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    context_.injector.heal(i);
    if (firings_seen_[i] != 0) record(i, FaultState::healed);
  }
}

// The kernel set its own when the message passed, a little before it told of it.
std::uint64_t LiveRun::kernel_deadline(const Cut& cut) const {
  return static_cast<std::uint64_t>(cut.heals_ns) +
         make_rule(context_.scenario, context_.scenario.faults[cut.rule]).grace_ns;
}

void LiveRun::heal(Cut& cut) {
  const Fault& fault = context_.scenario.faults[cut.rule];
  cut.healed = true;
  const std::uint8_t ends = ends_to_reset(fault);
  if (ends != 0) reset_flows(cut, ends);
  context_.injector.heal(cut.rule, kernel_deadline(cut));
  resume(cut);
  if (context_.holder != nullptr) context_.holder->look_again();
  rules_[cut.rule].heals_ns.push_back(now_ns());
  const bool resets = ends != 0 && !resets_only_stuck(fault);
  note("controller", "healed", {{"fault", fault.name}, {"heal", resets ? "reset" : "release"}});
  if (is_loud(cut.rule)) {
    context_.progress.log(fmt::format("healed: {} after {}", fault.name,
                                      format_duration(Duration(now_ns() - cut.fired_ns))));
  }
  // One that may fire again at any time is recorded as fired in between.
  if (!is_on(cut.rule) && rule_is_spent(cut.rule) && all_firings_seen(cut.rule)) {
    record(cut.rule, FaultState::healed);
  }
}

// Those that the cut holds. A connection that is still being made has nothing to be reset: it goes
// on after the heal.
std::vector<FlowView> LiveRun::flows_to_reset(const Cut& cut) {
  auto flows = context_.injector.flows();
  if (!flows) {
    problem(flows.error().message);
    return {};
  }
  const Fault& fault = context_.scenario.faults[cut.rule];
  std::erase_if(*flows, [&](const FlowView& flow) {
    const FlowNote* known = book_.find(flow.head.cookie);
    const bool stuck = flow.head.line[fault.moment_direction].held == 0;
    const bool meant = (fault.scope == CUT_SCOPE_SERVICE || flow.head.cookie == cut.flow) &&
                       (stuck || !resets_only_stuck(fault));
    return !meant || known == nullptr || !known->established || !context_.injector.is_silent(flow);
  });
  return *std::move(flows);
}

void LiveRun::reset_flows(const Cut& cut, std::uint8_t ends) {
  auto sender = ResetSender::open(*context_.plan.netns);
  if (!sender) return problem(sender.error().message);
  std::vector<FlowView> flows = flows_to_reset(cut);
  for (int attempt = 0; attempt < reset_tries && !flows.empty(); ++attempt) {
    for (const FlowView& flow : flows) {
      for (const ForgedReset& reset : resets_for(flow, ends)) {
        if (auto sent = sender->send(reset); !sent) problem(sent.error().message);
      }
    }
    await_resets(flows, ends);
    std::erase_if(flows, [&](const FlowView& flow) { return is_reset(flow, ends); });
  }
  for (const FlowView& flow : flows) {
    note("controller", "reset.unconfirmed",
         {{"flow", format_endpoint(flow.tuple.local, flow.tuple.local_port) + " -> " +
                       format_endpoint(flow.tuple.remote, flow.tuple.remote_port)},
          {"why", "an end that is to be reset is not on this host, or did not accept it"}});
  }
}

// These ends have said that they accepted their RST; a socket that is gone needs none.
bool LiveRun::is_reset(const FlowView& flow, std::uint8_t ends) const {
  const FlowNote* known = book_.find(flow.head.cookie);
  if (known == nullptr) return false;
  const bool server_done = (ends & CUT_END_SERVER) == 0 || known->reset_there;
  const bool client_done = (ends & CUT_END_CLIENT) == 0 || known->reset_here || known->closed;
  return server_done && client_done;
}

// Until every flow is reset, or the time for this try is over.
void LiveRun::await_resets(const std::vector<FlowView>& flows, std::uint8_t ends) {
  const Deadline deadline(reset_wait);
  const auto done = [&](const FlowView& flow) { return is_reset(flow, ends); };
  while (!deadline.passed() && !std::all_of(flows.begin(), flows.end(), done)) {
    wait_for_any(context_.injector.events_fd(), -1, -1,
                 std::chrono::milliseconds(deadline.poll_ms()));
    auto drained = context_.injector.drain([this](const cut_event& event) { on_event(event); });
    if (!drained) problem(drained.error().message);
  }
}

}  // namespace cutpoint
