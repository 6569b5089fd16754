// SPDX-License-Identifier: Apache-2.0
#include "controller/report/fault_section.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "controller/scenario/registry.h"
#include "controller/timeline/flows.h"
#include "controller/timeline/names.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using nlohmann::json;

// The timeline's entries of one fault.
struct Firings {
  const Entry* first = nullptr;  // FIRED, or in observe mode WOULD_FIRE
  std::set<std::uint64_t> flows;
};

// What TCP did while the fault was on.
struct TcpEvidence {
  int retransmits = 0;       // of the target
  int retransmits_peer = 0;  // of the service, if it is on this host
  std::uint32_t longest_rto_ms = 0;
  int resets = 0;
  int dsacks = 0;  // copies that a receiver says it had already
};

Firings firings_of(const Timeline& timeline, std::size_t rule) {
  Firings firings;
  for (const Entry& entry : timeline.entries()) {
    const cut_event* event = entry.event();
    if (event == nullptr || event->rule != rule) continue;
    if (event->kind != CUT_EVENT_FIRED && event->kind != CUT_EVENT_WOULD_FIRE) continue;
    if (firings.first == nullptr) firings.first = &entry;
    firings.flows.insert(event->flow);
  }
  return firings;
}

void count_event(TcpEvidence& evidence, const cut_event& event) {
  switch (static_cast<cut_event_kind>(event.kind)) {
    case CUT_EVENT_RETRANSMIT:
      ++evidence.retransmits;
      return;
    case CUT_EVENT_RETRANSMIT_PEER:
      ++evidence.retransmits_peer;
      return;
    case CUT_EVENT_RTO:
      evidence.longest_rto_ms = std::max(evidence.longest_rto_ms, event.end);
      return;
    case CUT_EVENT_RESET_SENT:
    case CUT_EVENT_RESET_RECEIVED:
    case CUT_EVENT_RESET_SENT_PEER:
    case CUT_EVENT_RESET_RECEIVED_PEER:
      ++evidence.resets;
      return;
    case CUT_EVENT_DSACK:
      ++evidence.dsacks;
      return;
    case CUT_EVENT_FLOW_OPENED:
    case CUT_EVENT_FLOW_JOINED:
    case CUT_EVENT_FLOW_ESTABLISHED:
    case CUT_EVENT_CODE_MAPPED:
    case CUT_EVENT_PROCESS_DIED:
    case CUT_EVENT_FLOW_STATE:
    case CUT_EVENT_FLOW_CLOSED:
    case CUT_EVENT_FLOW_DESYNC:
    case CUT_EVENT_MOMENT:
    case CUT_EVENT_FIRED:
    case CUT_EVENT_HELD:
    case CUT_EVENT_WOULD_FIRE:
    case CUT_EVENT_MISMATCH:
    case CUT_EVENT_TRUNCATED:
    case CUT_EVENT_SWALLOWED:
    case CUT_EVENT_RELEASED:
    case CUT_EVENT_ALTERED:
    case CUT_EVENT_DUPLICATED:
    case CUT_EVENT_REFUSED:
    case CUT_EVENT_SIGNALLED:
    case CUT_EVENT_KINDS:
      return;
  }
}

TcpEvidence tcp_evidence(const std::vector<Flow>& flows, const Fault& fault, const Firings& firings,
                         const RuleFacts& rule) {
  TcpEvidence evidence;
  if (firings.first == nullptr) return evidence;
  const std::uint8_t service = firings.first->event()->service;
  for (const Flow& flow : flows) {
    const bool cut = fault.scope == CUT_SCOPE_SERVICE ? flow.service == service
                                                      : firings.flows.contains(flow.cookie);
    if (!cut) continue;
    for (const Entry* entry : flow.entries) {
      const bool during =
          entry->ns >= firings.first->ns && (!rule.healed_ns() || entry->ns <= *rule.healed_ns());
      if (during) count_event(evidence, *entry->event());
    }
  }
  return evidence;
}

// Where the direction was to fall silent; see cut_wanted_seq() in bpf/core/trigger.h.
std::uint32_t wanted_offset(const Fault& fault, std::uint32_t length) {
  switch (fault.position) {
    case CUT_BEFORE:
      return 0;
    case CUT_BYTE:
      return std::min(fault.byte, length);
    case CUT_AFTER:
      return length;
  }
  return length;
}

// null: the fault is one that takes none.
json at_position(const Fault& fault) {
  return find_fault(fault.kind)->cuts() ? json(position_name(fault.position, fault.byte))
                                        : json(nullptr);
}

json cut_object(const Fault& fault, const Entry& entry) {
  const cut_event& event = *entry.event();
  const std::uint32_t length = event.end - event.begin;
  const std::uint32_t offset = event.cut - event.begin;
  const bool late = (event.flags & CUT_FACT_LATE) != 0;
  const FaultInfo& kind = *find_fault(fault.kind);
  const bool silenced = kind.cuts() && ((fault.directions >> event.direction) & 1U) != 0;
  const bool at_a_byte = silenced || kind.value == CUT_VALUE_CHANGE;
  return {{"flow", format_flow(event.tuple)},
          {"seq", event.cut},
          {"direction", direction_name(event.direction)},
          {"moment", fault.moment},
          {"position", at_position(fault)},
          {"message_bytes", length},
          // Only a direction that falls silent has an offset: the other one is cut off whole.
          {"offset_in_message", at_a_byte ? json(offset) : json(nullptr)},
          {"late_by", late && silenced ? offset - wanted_offset(fault, length) : 0},
          {"collateral", (event.flags & CUT_FACT_COLLATERAL) != 0},
          {"evidence", entry.number}};
}

json at_object(const Fault& fault) {
  json at = {{"service", fault.service},
             {"moment", fault.moment},
             {"position", at_position(fault)},
             {"nth", fault.nth},
             {"times", fault.times},
             {"every", fault.every},
             {"probability", fault.probability},
             {"once_per", fault.once_per_flow ? json("flow") : json(nullptr)}};
  for (const Filter& filter : fault.filters) at["filters"][filter.name] = filter.text;
  return at;
}

double milliseconds_of(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

json do_object(const Fault& fault) {
  const FaultInfo& kind = *find_fault(fault.kind);
  json act = {{"kind", fault.kind}, {"value", value_text(fault)}, {"mode", mode_name(fault.mode)}};
  switch (kind.value) {
    case CUT_VALUE_DIRECTIONS:
      act["directions"] = mask_name(fault.directions);
      break;
    case CUT_VALUE_ENDS:
      act["ends"] = ends_name(fault.ends);
      break;
    case CUT_VALUE_DURATION:
      act["by_ms"] = milliseconds_of(fault.duration);
      break;
    case CUT_VALUE_BYTES:
      act["bytes"] = fault.byte;
      break;
    case CUT_VALUE_CHANGE:
      act["change"] = change_name(fault.change);
      act["offset"] = fault.offset;
      act["changed_bytes"] = fault.changed;
      act["at_pattern"] = !fault.pattern.empty();
      break;
    case CUT_VALUE_RATE:
      act["rate_bytes_per_s"] = fault.rate;
      act["directions"] = mask_name(fault.directions);
      break;
    case CUT_VALUE_SYN:
    case CUT_VALUE_SEGMENT:
      break;
    case CUT_VALUE_STOPPED:
      act["stops"] = fault.freezes ? "cgroup" : "process";
      break;
    case CUT_VALUE_SIGNAL:
      act["signal"] = signal_name(fault.signal);
      break;
  }
  if (kind.takes(CUT_KEY_SCOPE)) act["scope"] = scope_name(fault.scope);
  if (kind.takes(CUT_KEY_FOR)) {
    act["for_ms"] = milliseconds_of(fault.duration);
  }
  if (kind.takes(CUT_KEY_HEAL)) act["heal"] = heal_name(fault.heal);
  if (kind.takes(CUT_KEY_THEN)) act["then"] = then_name(fault.then);
  if (kind.takes(CUT_KEY_JITTER)) act["jitter_ms"] = milliseconds_of(fault.jitter);
  if (kind.takes(CUT_KEY_ACKS)) act["acks"] = acks_name(fault.acks);
  return act;
}

json fault_object(const Fault& fault, const RuleFacts& rule, const Firings& firings,
                  const std::vector<Flow>& flows, std::int64_t zero_ns) {
  const TcpEvidence tcp = tcp_evidence(flows, fault, firings, rule);
  const bool fired = rule.state.fired > 0 && firings.first != nullptr;
  const json fired_at =
      fired ? json(milliseconds_since(zero_ns, firings.first->ns)) : json(nullptr);
  return {{"name", fault.name},
          {"at", at_object(fault)},
          {"after", text_or_null(fault.after)},
          {"while", text_or_null(fault.during)},
          {"do", do_object(fault)},
          {"armed", time_or_null(zero_ns, rule.armed_ns)},
          {"fired", fired_at},
          {"healed", time_or_null(zero_ns, rule.healed_ns())},
          {"fired_count", rule.state.fired},
          {"would_fire", rule.state.would_fire},
          {"moments_seen", rule.state.moments},
          {"matches", rule.state.matches},
          {"segments_swallowed", rule.state.segments_swallowed},
          {"bytes_swallowed", rule.state.bytes_swallowed},
          {"segments_truncated", rule.state.segments_truncated},
          {"segments_held", rule.state.segments_held},
          {"copies", rule.state.copies},
          {"retransmits", tcp.retransmits + tcp.retransmits_peer},
          {"retransmits_target", tcp.retransmits},
          {"retransmits_peer", tcp.retransmits_peer},
          {"longest_rto_ms", tcp.longest_rto_ms},
          {"resets", tcp.resets},
          {"resets_sent", rule.resets.sent},
          {"resets_unconfirmed", rule.resets.unconfirmed},
          {"resets_failed", rule.resets.failed},
          {"dsacks", tcp.dsacks},
          {"segments_altered", rule.state.segments_altered},
          {"segments_duplicated", rule.state.segments_duplicated},
          {"refused", rule.state.refused},
          {"signalled", rule.state.signalled},
          {"signalled_late", rule.signalled_late},
          {"frozen", rule.frozen},
          {"frozen_cgroup", text_or_null(rule.frozen_cgroup)},
          {"unreachable", rule.state.unreachable},
          {"untold", rule.state.untold},
          {"cut", firings.first == nullptr ? json(nullptr) : cut_object(fault, *firings.first)}};
}

}  // namespace

double milliseconds_since(std::int64_t zero_ns, std::int64_t ns) {
  return std::round(static_cast<double>(ns - zero_ns) / 1e3) / 1e3;
}

json time_or_null(std::int64_t zero_ns, const std::optional<std::int64_t>& ns) {
  return ns ? json(milliseconds_since(zero_ns, *ns)) : json(nullptr);
}

json text_or_null(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

json fault_section(const RunFacts& facts, std::int64_t zero_ns) {
  json section = json::array();
  const std::vector<Flow> flows = flows_of(*facts.timeline);
  const auto& faults = facts.scenario->faults;
  for (std::size_t index = 0; index < faults.size(); ++index) {
    const RuleFacts rule = index < facts.rules.size() ? facts.rules[index] : RuleFacts{};
    section.push_back(
        fault_object(faults[index], rule, firings_of(*facts.timeline, index), flows, zero_ns));
  }
  return section;
}

}  // namespace cutpoint
