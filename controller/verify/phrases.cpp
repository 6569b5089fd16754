// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/phrases.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <fmt/core.h>

#include "controller/scenario/registry.h"
#include "controller/timeline/names.h"
#include "controller/util/duration.h"
#include "controller/util/rate.h"

namespace cutpoint {
namespace {

std::string join(const std::vector<std::string>& items, std::size_t shown) {
  std::string text;
  for (std::size_t index = 0; index < shown; ++index) {
    if (index > 0) text += ", ";
    text += items[index];
  }
  return text;
}

}  // namespace

std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string occasions(std::uint64_t number) {
  if (number == 1) return "once";
  return number == 2 ? "twice" : fmt::format("{} times", number);
}

std::string ordinal(std::uint64_t number) {
  const bool teens = number % 100 >= 11 && number % 100 <= 13;
  const std::uint64_t digit = teens ? 0 : number % 10;
  const char* suffix = digit == 1 ? "st" : digit == 2 ? "nd" : digit == 3 ? "rd" : "th";
  return fmt::format("{}{}", number, suffix);
}

std::string capitalised(std::string text) {
  if (!text.empty()) {
    text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  }
  return text;
}

std::string listed(const std::vector<std::string>& items, std::size_t most) {
  if (items.size() > most) {
    return fmt::format("{} and {} more", join(items, most), items.size() - most);
  }
  if (items.size() < 2) return join(items, items.size());
  return fmt::format("{} and {}", join(items, items.size() - 1), items.back());
}

std::string elapsed(std::int64_t ns) {
  return format_duration(std::chrono::nanoseconds(std::max<std::int64_t>(ns, 0)));
}

std::string id_label(const Attempt& attempt) {
  return fmt::format("{} {}", attempt.op.empty() ? "id" : attempt.op, attempt.id);
}

std::string label(const Attempt& attempt) {
  if (attempt.id.empty()) {
    const std::string owner = attempt.pid == 0 ? fmt::format("flow {}", attempt.flow)
                                               : fmt::format("backend {}", attempt.pid);
    return fmt::format("the {} COMMIT of {}", ordinal(static_cast<std::uint64_t>(attempt.ordinal)),
                       owner);
  }
  if (attempt.attempt <= 1) return id_label(attempt);
  return fmt::format("{} (attempt {})", id_label(attempt), attempt.attempt);
}

std::string xid_text(const Attempt& attempt) {
  return attempt.xid.empty() ? "" : fmt::format(" (xid {})", attempt.xid);
}

std::string value_text(const Fault& fault) {
  switch (find_fault(fault.kind)->value) {
    case CUT_VALUE_DIRECTIONS:
      return std::string(mask_name(fault.directions));
    case CUT_VALUE_ENDS:
      return std::string(ends_name(fault.ends));
    case CUT_VALUE_DURATION:
      return format_duration(fault.duration);
    case CUT_VALUE_BYTES:
      return "to " + counted(fault.byte, "byte");
    case CUT_VALUE_CHANGE:
      return fmt::format("{} {} at {}{}", change_name(fault.change), counted(fault.changed, "byte"),
                         fault.pattern.empty() ? "offset " : "the pattern + ", fault.offset);
    case CUT_VALUE_RATE:
      return fmt::format("{} {}", mask_name(fault.directions), format_rate(fault.rate));
    case CUT_VALUE_SYN:
      return "syn";
    case CUT_VALUE_SEGMENT:
      return "segment";
    case CUT_VALUE_STOPPED:
      if (!fault.freezes) return "process";
      return fault.cgroup.empty() ? "cgroup" : "cgroup " + fault.cgroup;
    case CUT_VALUE_SIGNAL:
      return signal_name(fault.signal);
  }
  return "";
}

std::string lost_text(const HeldSegments& held) {
  const std::uint64_t lost = held.lost + held.dropped;
  if (lost == 0) return "";
  return fmt::format(
      "{} of those to be held {} lost, for want of room or of a way to send {} on: the sender's "
      "TCP "
      "sends {} again, at a time of its own choice, not when the fault is over",
      counted(lost, "segment"), lost == 1 ? "was" : "were", lost == 1 ? "it" : "them",
      lost == 1 ? "it" : "them");
}

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::held:
      return "held";
    case Outcome::violated:
      return "violated";
    case Outcome::inconclusive:
      return "inconclusive";
  }
  return "?";
}

std::string_view name(Belief belief) {
  switch (belief) {
    case Belief::acked:
      return "acked";
    case Belief::unacked:
      return "unacked";
  }
  return "?";
}

std::string_view name(Truth truth) {
  switch (truth) {
    case Truth::committed:
      return "committed";
    case Truth::aborted:
      return "aborted";
    case Truth::unknown:
      return "unknown";
  }
  return "?";
}

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      return "high";
    case Severity::critical:
      return "critical";
  }
  return "?";
}

}  // namespace cutpoint
