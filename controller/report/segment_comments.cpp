// SPDX-License-Identifier: Apache-2.0
#include "controller/report/segment_comments.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "controller/scenario/registry.h"
#include "controller/timeline/names.h"

namespace cutpoint {
namespace {

void append(std::string& to, const std::string& sentence) {
  if (sentence.empty()) return;
  if (!to.empty()) to += "; ";
  to += sentence;
}

std::string share(const cut_capture& head) {
  return fmt::format("{} of {} bytes of the segment", head.passed, head.payload);
}

// What a fault does to the segment in which it fires, or to the process whose it is.
std::string_view deed(cut_fault fault) {
  switch (fault) {
    case CUT_FAULT_BLACKHOLE:
      return "cut";
    case CUT_FAULT_STALL:
      return "stalled";
    case CUT_FAULT_DELAY:
      return "delayed";
    case CUT_FAULT_THROTTLE:
      return "throttled";
    case CUT_FAULT_RESET:
      return "connection reset";
    case CUT_FAULT_TRUNCATE:
      return "truncated";
    case CUT_FAULT_CORRUPT:
      return "corrupted";
    case CUT_FAULT_DUPLICATE:
      return "duplicated";
    case CUT_FAULT_REFUSE:
      return "connection refused";
    case CUT_FAULT_PAUSE:
      return "target paused";
    case CUT_FAULT_KILL:
      return "process signalled";
    case CUT_FAULT_COUNT:
      break;
  }
  return "?";
}

// Of a segment in which a rule fired.
std::string fate(const cut_capture& head) {
  switch (static_cast<cut_fate>(head.fate)) {
    case CUT_FATE_PASSED:
    case CUT_FATE_SHORTENED:
    case CUT_FATE_SENT_ON:
      return share(head) + " delivered";
    case CUT_FATE_SWALLOWED:
      return share(head) + " delivered: swallowed as a whole";
    case CUT_FATE_HELD:
      return share(head) + " delivered at once, the others held";
    case CUT_FATE_REFUSED:
      return "answered by an RST, not delivered";
  }
  return "?";
}

// Where in the message: only a direction that falls silent, or bytes that are changed, have a byte.
std::string place(const Fault& fault, const cut_event& event) {
  const std::uint32_t length = event.end - event.begin;
  const FaultInfo& kind = *find_fault(fault.kind);
  const bool silenced = kind.cuts() && ((fault.directions >> event.direction) & 1U) != 0;
  std::string text;
  if (kind.takes_position()) text += position_name(fault.position, fault.byte) + " ";
  text += fault.moment;
  if (length == 0) return text;
  if (silenced) {
    return text + fmt::format(", byte {} of its {} (sequence number {})", event.cut - event.begin,
                              length, event.cut);
  }
  if (kind.value == CUT_VALUE_CHANGE) {
    return text + fmt::format(", behind {} of its {} bytes", event.cut - event.begin, length);
  }
  return text + fmt::format(", a message of {} bytes", length);
}

}  // namespace

SegmentComments::SegmentComments(const RunFacts& facts) : facts_(facts) {
  for (const Entry& entry : facts.timeline->entries()) {
    const cut_event* event = entry.event();
    if (event == nullptr || event->kind != CUT_EVENT_FIRED) continue;
    firings_[{event->flow, event->rule}].push_back(&entry);
  }
}

// The newest one that had happened by then: the program tells of the firing before the segment.
const Entry* SegmentComments::firing(const CapturedSegment& segment, std::size_t rule) const {
  const auto found = firings_.find({segment.head.flow, rule});
  if (found == firings_.end()) return nullptr;
  const auto after = std::upper_bound(
      found->second.begin(), found->second.end(), static_cast<std::int64_t>(segment.head.ns),
      [](std::int64_t at, const Entry* entry) { return at < entry->ns; });
  return after == found->second.begin() ? nullptr : *std::prev(after);
}

std::string SegmentComments::fired(const CapturedSegment& segment, std::size_t rule) {
  const Fault& fault = facts_.scenario->faults[rule];
  const std::string_view done = deed(find_fault(fault.kind)->id);
  unhealed_[{segment.head.flow, rule}] = static_cast<std::int64_t>(segment.head.ns);
  const Entry* entry = firing(segment, rule);
  // Its event was lost, which the run says of itself.
  if (entry == nullptr) {
    return fmt::format("{}: fault {} ({}), {}", done, fault.name, fault.kind, fault.moment);
  }
  const cut_event& event = *entry->event();
  const std::string tls =
      facts_.scenario->services[event.service].tls.value_or(false) ? " (read inside of TLS)" : "";
  return fmt::format("{}: fault {} ({}), {}{}, {}, timeline entry {}", done, fault.name, fault.kind,
                     place(fault, event), tls, direction_name(event.direction), entry->number);
}

// What the cut of another segment did to this one.
std::string SegmentComments::met(const CapturedSegment& segment) const {
  const auto& faults = facts_.scenario->faults;
  const std::string by =
      segment.head.rule < faults.size() ? " by " + faults[segment.head.rule].name : "";
  switch (static_cast<cut_fate>(segment.head.fate)) {
    case CUT_FATE_PASSED:
      return "";
    case CUT_FATE_SHORTENED:
      return fmt::format("shortened{}: {} delivered", by, share(segment.head));
    case CUT_FATE_SWALLOWED:
      return "swallowed" + by;
    case CUT_FATE_HELD:
      return fmt::format("held{}: {} delivered at once", by, share(segment.head));
    case CUT_FATE_SENT_ON:
      return "sent on, after it was held" + by;
    case CUT_FATE_REFUSED:
      return "answered by an RST" + by;
  }
  return "?";
}

// The first segment of its flow that passes since the end of a fault.
std::string SegmentComments::healed(const CapturedSegment& segment) {
  std::string text;
  const auto at = static_cast<std::int64_t>(segment.head.ns);
  for (std::size_t rule = 0; rule < facts_.rules.size(); ++rule) {
    const auto found = unhealed_.find({segment.head.flow, rule});
    if (found == unhealed_.end()) continue;
    const auto& heals = facts_.rules[rule].heals_ns;
    const auto heal = std::upper_bound(heals.begin(), heals.end(), found->second);
    if (heal == heals.end() || *heal > at) continue;
    append(text, "the first segment after the heal of " + facts_.rules[rule].name);
    unhealed_.erase(found);
  }
  return text;
}

std::string SegmentComments::next(const CapturedSegment& segment) {
  std::string text = healed(segment);
  bool fires = false;
  for (std::size_t rule = 0; rule < facts_.scenario->faults.size(); ++rule) {
    if ((segment.head.fired >> rule & 1U) == 0) continue;
    fires = true;
    append(text, fired(segment, rule));
  }
  append(text, fires ? fate(segment.head) : met(segment));
  return text;
}

}  // namespace cutpoint
