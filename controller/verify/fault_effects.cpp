// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/fault_effects.h"

#include <fmt/format.h>

#include "controller/scenario/registry.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

std::string missing_reset(const ResetFacts& resets) {
  if (resets.failed > 0) {
    return counted(resets.failed, "connection") +
           " not reset: the target's end did not accept it, or the cut had lapsed";
  }
  return resets.sent == 0 ? "no connection was reset" : "";
}

std::string missing_segments(const cut_rule_state& state) {
  const std::uint64_t met =
      state.segments_swallowed + state.segments_truncated + state.segments_held;
  return met == 0 ? "no segment met it while it was on" : "";
}

// Of something that each firing brings about once.
std::string missing_times(std::uint64_t times, std::uint64_t fired, std::string_view did) {
  return times >= fired ? ""
                        : fmt::format("fired {}, {} {}", occasions(fired), did, occasions(times));
}

}  // namespace

std::string missing_effect(const Fault& fault, const RuleFacts& rule) {
  const cut_rule_state& state = rule.state;
  const FaultInfo* kind = find_fault(fault.kind);
  if (kind == nullptr || state.fired == 0 || fault.mode == CUT_OBSERVE) return "";
  switch (kind->value) {
    case CUT_VALUE_DIRECTIONS:
    case CUT_VALUE_DURATION:
    case CUT_VALUE_BYTES:
    case CUT_VALUE_RATE:
      return rule.resets.failed > 0 ? missing_reset(rule.resets) : missing_segments(state);
    case CUT_VALUE_ENDS:
      return missing_reset(rule.resets);
    case CUT_VALUE_CHANGE:
      return missing_times(state.segments_altered, state.fired, "changed a segment");
    case CUT_VALUE_SYN:
      return missing_times(state.refused, state.fired, "refused a SYN");
    case CUT_VALUE_SEGMENT:  // one segment may hold several of its messages
      return missing_times(state.segments_duplicated, 1, "sent a segment again");
    case CUT_VALUE_STOPPED:
      return fault.freezes ? missing_times(rule.frozen, 1, "froze the cgroup")
                           : missing_times(state.signalled + rule.signalled_late, state.fired,
                                           "stopped a process");
    case CUT_VALUE_SIGNAL:
      return missing_times(state.signalled + rule.signalled_late, state.fired,
                           "signalled a process");
  }
  return "";
}

}  // namespace cutpoint
