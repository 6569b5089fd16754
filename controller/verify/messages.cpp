// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/messages.h"

#include <algorithm>

#include "bpf/abi/transport.h"
#include "controller/util/serial_number.h"

namespace cutpoint {
namespace {

constexpr unsigned tcp_fin_wait1 = 4;  // include/net/tcp_states.h
constexpr unsigned tcp_close = 7;
constexpr unsigned tcp_last_ack = 9;

}  // namespace

void Messages::read(const Entry& entry) {
  const cut_event& event = *entry.event();
  switch (static_cast<cut_event_kind>(event.kind)) {
    case CUT_EVENT_MOMENT:
    case CUT_EVENT_FIRED:
    case CUT_EVENT_HELD:
    case CUT_EVENT_WOULD_FIRE:
    case CUT_EVENT_MISMATCH:
      // The moments that every flow has are no messages.
      if (event.moments >> CUT_TRANSPORT_FIRST == 0) seen(entry);
      return;
    case CUT_EVENT_ALTERED:
      return altered(entry);
    case CUT_EVENT_RELEASED:
      return released(entry);
    default:
      return;
  }
}

void Messages::seen(const Entry& entry) {
  const cut_event& event = *entry.event();
  Message& message = find_or_add(event, entry.ns);
  // What was read of it ahead of its time was read without the answers that came meanwhile.
  if (message.held && event.kind == CUT_EVENT_MOMENT) message.moments = 0;
  message.moments |= event.moments;
  for (std::size_t i = 0; i < message.attr.size(); ++i) {
    if (event.attr[i] != 0) message.attr[i] = event.attr[i];
  }
  message.several |= (event.flags & CUT_FACT_SEVERAL) != 0;
  message.evidence.push_back(entry.number);
  message.fired |= event.kind == CUT_EVENT_FIRED;
  message.held |= event.kind == CUT_EVENT_HELD;
  message.reported |= event.kind == CUT_EVENT_MOMENT;
  if (message.reported) {
    deliver(message, entry.ns);
  } else if (event.kind == CUT_EVENT_HELD) {
    return;
  } else if (event.kind == CUT_EVENT_FIRED) {
    message.delivered_ns = passed_before_the_cut(event) ? std::optional{entry.ns} : std::nullopt;
  } else if (!message.fired) {
    message.delivered_ns = entry.ns;  // WOULD_FIRE, MISMATCH: nothing held it
  }
}

// Held bytes passed: every message whose last byte is among them has now been delivered.
void Messages::released(const Entry& entry) {
  const cut_event& event = *entry.event();
  for (const std::size_t index : held_[event.direction & 1U]) {
    Message& message = list_[index];
    if (message.delivered_ns || !serial_before(event.begin, message.end) ||
        serial_before(event.end, message.end)) {
      continue;
    }
    message.delivered_ns = entry.ns;
    message.released_ns = entry.ns;
    message.evidence.push_back(entry.number);
  }
}

// What arrived in place of a message is none that anybody has asked for, or answered.
void Messages::altered(const Entry& entry) {
  const cut_event& event = *entry.event();
  // The newest first: those of one direction end in the order in which they were seen.
  for (auto at = list_.rbegin(); at != list_.rend(); ++at) {
    Message& message = *at;
    if (message.direction != event.direction) continue;
    if (!serial_before(event.begin, message.end)) return;
    if (!serial_before(message.begin, event.end)) continue;
    message.delivered_ns.reset();
    message.evidence.push_back(entry.number);
  }
}

void Messages::deliver(Message& message, std::int64_t ns) {
  if (message.delivered_ns) return;
  message.delivered_ns = ns;
  if (message.held) message.released_ns = ns;
}

Message& Messages::find_or_add(const cut_event& event, std::int64_t ns) {
  auto& by_begin = by_begin_[event.direction & 1U];
  const auto found = by_begin.find(event.begin);
  // Reported twice at one sequence number: the numbers have wrapped, it is another message.
  const bool known =
      found != by_begin.end() && !(event.kind == CUT_EVENT_MOMENT && list_[found->second].reported);
  if (known) return list_[found->second];
  by_begin[event.begin] = list_.size();
  const bool is_held = event.kind == CUT_EVENT_FIRED || event.kind == CUT_EVENT_HELD;
  if (is_held) held_[event.direction & 1U].push_back(list_.size());
  Message& message = list_.emplace_back();
  message.direction = event.direction;
  message.begin = event.begin;
  message.end = event.end;
  message.exchange = event.exchange;
  message.seen_ns = ns;
  return message;
}

// The whole message had left when its direction fell silent: position after, or too late.
bool Messages::passed_before_the_cut(const cut_event& event) const {
  if (event.rule >= faults_.size()) return false;
  const bool silenced = ((faults_[event.rule].directions >> event.direction) & 1U) != 0;
  return silenced && !serial_before(event.cut, event.end);
}

bool is_client_closing(const cut_event& event) {
  if (event.kind == CUT_EVENT_FLOW_CLOSED) return true;
  return event.kind == CUT_EVENT_FLOW_STATE &&
         (event.end == tcp_fin_wait1 || event.end == tcp_last_ack || event.end == tcp_close);
}

}  // namespace cutpoint
