// SPDX-License-Identifier: Apache-2.0
// `do:` of a fault, by what bpf/fault/ says of each kind.
#include <algorithm>
#include <csignal>
#include <cstring>
#include <fmt/format.h>

#include "controller/scenario/registry.h"
#include "controller/scenario/sections.h"
#include "controller/scenario/shapes.h"

namespace cutpoint {
namespace {

using yaml::Field;
using yaml::MapReader;

// The one key of `do:` that names a fault.
Field fault_kind(const MapReader& action) {
  Field kind;
  for (const std::string& name : names_of(faults())) {
    const Field field = action.optional(name);
    if (!field) continue;
    if (kind) {
      field.complain(fmt::format("`do` takes one fault; `{}` is given", kind.name));
    } else {
      kind = field;
    }
  }
  if (!kind && !action.has_unknown_keys()) {
    action.complain(
        fmt::format("`do` names no fault; valid: {}", fmt::join(names_of(faults()), ", ")));
  }
  return kind;
}

yaml::Choices<int> deadly_signals() {
  yaml::Choices<int> choices;
  for (const int signal : {SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV}) {
    choices.emplace_back(std::string("SIG") + ::sigabbrev_np(signal), signal);
  }
  return choices;
}

void read_value(const Field& field, cut_fault_value value, Fault& fault) {
  switch (value) {
    case CUT_VALUE_DIRECTIONS:
      yaml::read_choice<std::uint8_t>(
          field, {{"up", CUT_UP}, {"down", CUT_DOWN}, {"both", CUT_BOTH}}, fault.directions);
      return;
    case CUT_VALUE_ENDS:
      yaml::read_choice<std::uint8_t>(
          field, {{"client", CUT_END_CLIENT}, {"server", CUT_END_SERVER}, {"both", CUT_END_BOTH}},
          fault.ends);
      return;
    case CUT_VALUE_DURATION:
      yaml::read_duration(field, false, fault.duration);
      return;
    case CUT_VALUE_BYTES:
      yaml::read_number<std::uint32_t>(field, 0, fault.byte);
      return;
    case CUT_VALUE_CHANGE:
      fault.changed = 1;
      yaml::read_choice<cut_change>(
          field,
          {{"flip", CUT_CHANGE_FLIP}, {"zero", CUT_CHANGE_ZERO}, {"replace", CUT_CHANGE_REPLACE}},
          fault.change);
      return;
    case CUT_VALUE_RATE:
      yaml::read_rate(field, fault.rate);
      return;
    case CUT_VALUE_SYN:
    case CUT_VALUE_SEGMENT: {
      bool only = false;
      yaml::read_choice<bool>(field, {{value == CUT_VALUE_SYN ? "syn" : "segment", true}}, only);
      return;
    }
    case CUT_VALUE_STOPPED:
      yaml::read_choice<bool>(field, {{"process", false}, {"cgroup", true}}, fault.freezes);
      if (!fault.freezes) fault.signal = SIGSTOP;
      return;
    case CUT_VALUE_SIGNAL:
      yaml::read_choice<int>(field, deadly_signals(), fault.signal);
      return;
  }
}

// Text that is looked for, or written, in UTF-8.
void read_bytes(const Field& field, std::size_t most, std::string& out) {
  std::string text;
  if (!yaml::read_text(field, text)) return;
  if (text.size() > most) {
    field.complain(fmt::format("`{}` has {} bytes; at most {}", field.name, text.size(), most));
  } else {
    out = text;
  }
}

void read_key(const Field& field, cut_fault_key key, Fault& fault) {
  switch (key) {
    case CUT_KEY_FOR:
      yaml::read_duration(field, false, fault.duration);
      return;
    case CUT_KEY_SCOPE:
      yaml::read_choice<cut_scope>(
          field, {{"flow", CUT_SCOPE_FLOW}, {"service", CUT_SCOPE_SERVICE}}, fault.scope);
      return;
    case CUT_KEY_HEAL:
      yaml::read_choice<cut_heal>(field, {{"release", CUT_HEAL_RELEASE}, {"reset", CUT_HEAL_RESET}},
                                  fault.heal);
      return;
    case CUT_KEY_ACKS:
      yaml::read_choice<cut_acks>(field, {{"drop", CUT_ACKS_DROP}, {"pass", CUT_ACKS_PASS}},
                                  fault.acks);
      return;
    case CUT_KEY_JITTER:
      if (yaml::read_duration(field, true, fault.jitter) && fault.jitter > fault.duration) {
        field.complain(
            "`jitter` is longer than what it is of: a message cannot come before its time");
      }
      return;
    case CUT_KEY_THEN:
      yaml::read_choice<cut_then>(
          field, {{"silence", CUT_THEN_SILENCE}, {"fin", CUT_THEN_FIN}, {"rst", CUT_THEN_RST}},
          fault.then);
      return;
    case CUT_KEY_DIRECTION:
      read_value(field, CUT_VALUE_DIRECTIONS, fault);
      return;
    case CUT_KEY_OFFSET:
      yaml::read_number<std::uint32_t>(field, 0, fault.offset);
      return;
    case CUT_KEY_BYTES:
      yaml::read_number<std::uint32_t>(field, 1, fault.changed, CUT_MAX_CHANGED);
      return;
    case CUT_KEY_PATTERN:
      read_bytes(field, CUT_MAX_PATTERN, fault.pattern);
      return;
    case CUT_KEY_WITH:
      read_bytes(field, CUT_MAX_CHANGED, fault.with);
      return;
    case CUT_KEY_CGROUP:
      yaml::read_text(field, fault.cgroup);
      return;
  }
}

// What the keys of `corrupt` mean together.
void check_change(const MapReader& action, Fault& fault) {
  const Field bytes = action.optional("bytes");
  const Field with = action.optional("with");
  if (fault.change == CUT_CHANGE_REPLACE) {
    if (bytes) bytes.complain("`bytes` does not apply to `replace`: `with` says how many");
    static_cast<void>(
        action.required("with", "what is there instead, of the same length, e.g. `with: \"0\"`"));
    fault.changed = static_cast<std::uint32_t>(std::max<std::size_t>(fault.with.size(), 1));
    return;
  }
  if (with) with.complain("`with` applies to `corrupt: replace` alone");
  if (!bytes && !fault.pattern.empty()) {
    fault.changed = static_cast<std::uint32_t>(fault.pattern.size());
  }
}

void check_pause(const MapReader& action, const Fault& fault) {
  const Field cgroup = action.optional("cgroup");
  if (cgroup && !fault.freezes) cgroup.complain("`cgroup` applies to `pause: cgroup` alone");
}

void read_keys(const MapReader& action, const FaultInfo& kind, Fault& fault) {
  for (const FaultKeyInfo& info : fault_keys()) {
    if (kind.takes(info.key)) {
      read_key(info.key == CUT_KEY_FOR
                   ? action.required("for", "a fault always ends by itself, e.g. `for: 30s`")
                   : action.optional(info.name),
               info.key, fault);
    } else if (const Field field = action.optional(info.name)) {
      field.complain(fmt::format("`{}` does not apply to `{}`", info.name, kind.name));
    }
  }
}

}  // namespace

yaml::Shape shape_of_do(const FaultInfo& fault) {
  std::vector<std::string> keys{fault.name};
  for (const FaultKeyInfo& info : fault_keys()) {
    if (fault.takes(info.key)) keys.push_back(info.name);
  }
  yaml::Shape shape;
  const MapReader action({nullptr, "do", nullptr, &shape}, "`do`", keys);
  Fault unused;
  read_value(action.required(fault.name), fault.value, unused);
  read_keys(action, fault, unused);
  return shape;
}

void read_do(const Field& field, Fault& fault) {
  std::vector<std::string> keys = names_of(faults());
  for (const std::string& name : names_of(fault_keys())) keys.push_back(name);
  const MapReader action(field, "`do`", keys);
  if (!action.is_map()) return;
  const Field kind = fault_kind(action);
  const FaultInfo* info = find_fault(kind.name);
  if (info == nullptr) return;
  fault.kind = info->name;
  fault.position = info->position;
  read_value(kind, info->value, fault);
  read_keys(action, *info, fault);
  if (info->value == CUT_VALUE_CHANGE) check_change(action, fault);
  if (info->value == CUT_VALUE_STOPPED) check_pause(action, fault);
}

}  // namespace cutpoint
