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

bool LiveRun::some_cut_is_on() const {
  return std::any_of(cuts_.begin(), cuts_.end(), [](const Cut& cut) { return !cut.healed; });
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
    const bool silent = context_.scenario.faults[cut.rule].then == CUT_THEN_SILENCE;
    if (cut.told || cut.healed || silent) continue;
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
  std::vector<Cut*> due = cuts_that_are_on();
  std::erase_if(due, [now = now_ns()](const Cut* cut) { return now < cut->heals_ns; });
  heal(due);
}

void LiveRun::heal_all() {
  for (std::size_t i = 0; i < rules_.size(); ++i) context_.injector.close(i);
  // While resets are awaited it is told of further ones.
  for (std::vector<Cut*> left = cuts_that_are_on(); !left.empty(); left = cuts_that_are_on()) {
    heal(left);
  }
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    context_.injector.heal(i);
    if (firings_seen_[i] != 0) record(i, FaultState::healed);
  }
}

std::vector<LiveRun::Cut*> LiveRun::cuts_that_are_on() {
  std::vector<Cut*> on;
  for (Cut& cut : cuts_) {
    if (!cut.healed) on.push_back(&cut);
  }
  return on;
}

// The kernel set its own when the message passed, a little before it told of it.
std::uint64_t LiveRun::kernel_deadline(const Cut& cut) const {
  return static_cast<std::uint64_t>(cut.heals_ns) +
         make_rule(context_.scenario, context_.scenario.faults[cut.rule]).grace_ns;
}

// Together: what has to be waited for is waited for once.
void LiveRun::heal(const std::vector<Cut*>& cuts) {
  reset_flows(cuts);
  for (Cut* cut : cuts) release(*cut);
}

void LiveRun::release(Cut& cut) {
  const Fault& fault = context_.scenario.faults[cut.rule];
  cut.healed = true;
  context_.injector.heal(cut.rule, kernel_deadline(cut));
  resume(cut);
  if (context_.holder != nullptr) context_.holder->look_again();
  rules_[cut.rule].heals_ns.push_back(now_ns());
  const bool resets = ends_to_reset(fault) != 0 && !resets_only_stuck(fault);
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
void LiveRun::add_flows_to_reset(const Cut& cut, const std::vector<FlowView>& flows,
                                 std::vector<Resetting>& all) {
  const Fault& fault = context_.scenario.faults[cut.rule];
  const std::uint8_t ends = ends_to_reset(fault);
  for (const FlowView& flow : flows) {
    const FlowNote* known = book_.find(flow.head.cookie);
    const bool fired = flow.head.cookie == cut.flow;
    const bool stuck = flow.head.line[fault.moment_direction].held == 0;
    const bool meant =
        (fault.scope == CUT_SCOPE_SERVICE || fired) && (stuck || !resets_only_stuck(fault));
    const bool again = std::any_of(all.begin(), all.end(), [&](const Resetting& one) {
      return one.rule == cut.rule && one.flow.head.cookie == flow.head.cookie;
    });
    if (!meant || again || known == nullptr || !known->established) continue;
    if (context_.injector.is_silent(flow)) {
      all.push_back({cut.rule, ends, flow});
    } else if (fired && !is_reset({cut.rule, ends, flow})) {
      // Too late: what it held has gone on.
      ++rules_[cut.rule].resets.failed;
    }
  }
}

// All of them are sent before any is waited for.
void LiveRun::reset_flows(const std::vector<Cut*>& cuts) {
  std::vector<const Cut*> resets;
  for (const Cut* cut : cuts) {
    if (ends_to_reset(context_.scenario.faults[cut->rule]) != 0) resets.push_back(cut);
  }
  if (resets.empty()) return;
  auto sender = ResetSender::open(*context_.plan.netns);
  if (!sender) return problem(sender.error().message);
  auto flows = context_.injector.flows();
  if (!flows) return problem(flows.error().message);
  std::vector<Resetting> left;
  for (const Cut* cut : resets) add_flows_to_reset(*cut, *flows, left);
  for (const Resetting& one : left) ++rules_[one.rule].resets.sent;
  for (int attempt = 0; attempt < reset_tries && !left.empty(); ++attempt) {
    for (const Resetting& one : left) {
      for (const ForgedReset& reset : resets_for(one.flow, one.ends)) {
        if (auto sent = sender->send(reset); !sent) problem(sent.error().message);
      }
    }
    await_resets(left);
    std::erase_if(left, [this](const Resetting& one) { return is_reset(one); });
  }
  for (const Resetting& one : left) note_unconfirmed(one);
}

// The service's end tells nothing where it is on another host. The target's is on this one.
void LiveRun::note_unconfirmed(const Resetting& one) {
  ResetFacts& resets = rules_[one.rule].resets;
  const bool failed = !is_client_reset(one);
  ++(failed ? resets.failed : resets.unconfirmed);
  const cut_tuple& tuple = one.flow.tuple;
  note("controller", "reset.unconfirmed",
       {{"fault", rules_[one.rule].name},
        {"flow", format_endpoint(tuple.local, tuple.local_port) + " -> " +
                     format_endpoint(tuple.remote, tuple.remote_port)},
        {"why", failed ? "the target's end did not accept it"
                       : "the service's end is not on this host, or did not accept it"}});
}

bool LiveRun::is_client_reset(const Resetting& one) const {
  const FlowNote* known = book_.find(one.flow.head.cookie);
  return (one.ends & CUT_END_CLIENT) == 0 ||
         (known != nullptr && (known->reset_here || known->closed));
}

// These ends have said that they accepted their RST; a socket that is gone needs none.
bool LiveRun::is_reset(const Resetting& one) const {
  const FlowNote* known = book_.find(one.flow.head.cookie);
  const bool server_done =
      (one.ends & CUT_END_SERVER) == 0 || (known != nullptr && known->reset_there);
  return server_done && is_client_reset(one);
}

// Until every flow is reset, or the time for this try is over.
void LiveRun::await_resets(const std::vector<Resetting>& flows) {
  const Deadline deadline(reset_wait);
  const auto done = [this](const Resetting& one) { return is_reset(one); };
  while (!deadline.passed() && !std::all_of(flows.begin(), flows.end(), done)) {
    wait_for_any(context_.injector.events_fd(), -1, -1,
                 std::chrono::milliseconds(deadline.poll_ms()));
    auto drained = context_.injector.drain([this](const cut_event& event) { on_event(event); });
    if (!drained) problem(drained.error().message);
  }
}

}  // namespace cutpoint
