// SPDX-License-Identifier: Apache-2.0
#include "controller/run/rules.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <fmt/format.h>

#include "controller/scenario/registry.h"
#include "controller/timeline/names.h"
#include "controller/util/duration.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

std::uint32_t probability_of(double chance) {
  constexpr double scale = 4294967296.0;
  return chance >= 1.0 ? UINT32_MAX : static_cast<std::uint32_t>(chance * scale);
}

std::string position_of(const Fault& fault) {
  if (!find_fault(fault.kind)->cuts()) return "at";
  switch (fault.position) {
    case CUT_BEFORE:
      return "before";
    case CUT_BYTE:
      return fmt::format("after {} bytes of", fault.byte);
    case CUT_AFTER:
      return "after";
  }
  return "";
}

// 1 + the place of the fault of that name; 0: none is named.
__u8 place_of(const Scenario& scenario, const std::string& name) {
  const Fault* fault = find_fault(scenario, name);
  return fault == nullptr ? __u8{0} : static_cast<__u8>(fault - scenario.faults.data() + 1);
}

// FNV-1a, as bpf/proto/tls_hello.h has it of the name in a ClientHello.
std::uint64_t hash_of(const std::string& name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

std::optional<cut_endpoint> parse_endpoint(const std::string& address, std::uint16_t port) {
  cut_endpoint endpoint{};
  endpoint.port = port;
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    endpoint.address.word[2] = htonl(0xffff);
    endpoint.address.word[3] = v4.s_addr;
    return endpoint;
  }
  // A zone ("fe80::1%eth0") tells interfaces apart, not addresses.
  const std::string plain = address.substr(0, address.find('%'));
  in6_addr v6{};
  if (::inet_pton(AF_INET6, plain.c_str(), &v6) != 1) return std::nullopt;
  std::memcpy(endpoint.address.word, &v6, sizeof v6);
  return endpoint;
}

cut_rule make_rule(const Scenario& scenario, const Fault& fault) {
  cut_rule rule{};
  rule.duration_ns = static_cast<__u64>(fault.duration.count());
  rule.grace_ns = ends_to_reset(fault) != 0 ? static_cast<__u64>(reset_grace.count()) : 0;
  rule.jitter_ns = static_cast<__u64>(fault.jitter.count());
  rule.seed = scenario.seed;
  rule.nth = fault.nth;
  rule.every = fault.every;
  rule.times = fault.times;
  rule.probability = probability_of(fault.probability);
  rule.byte = fault.byte;
  rule.service = service_index(scenario, fault.service);
  rule.moment = fault.moment_bit;
  rule.moment_direction = static_cast<__u8>(fault.moment_direction);
  rule.fault = static_cast<__u8>(find_fault(fault.kind)->id);
  rule.directions = fault.directions;
  rule.position = static_cast<__u8>(fault.position);
  rule.scope = static_cast<__u8>(fault.scope);
  rule.heal = static_cast<__u8>(fault.heal);
  rule.mode = static_cast<__u8>(fault.mode);
  rule.once_per_flow = fault.once_per_flow ? 1 : 0;
  rule.acks = static_cast<__u8>(fault.acks);
  rule.ends = fault.ends;
  rule.rate = fault.rate;
  rule.byte_number = fault.byte_number;
  rule.offset = fault.offset;
  rule.changed = fault.changed;
  rule.change = static_cast<__u8>(fault.change);
  rule.signal = static_cast<__u8>(fault.signal);
  rule.after = place_of(scenario, fault.after);
  rule.during = place_of(scenario, fault.during);
  for (std::size_t i = 0; i < fault.filters.size(); ++i) {
    rule.filters[i] = fault.filters[i].abi;
    rule.filters[i].used = 1;
  }
  return rule;
}

cut_rule_bytes make_rule_bytes(const Fault& fault) {
  cut_rule_bytes bytes{};
  bytes.pattern_length = static_cast<__u32>(fault.pattern.size());
  std::copy(fault.pattern.begin(), fault.pattern.end(), bytes.pattern);
  std::copy(fault.with.begin(), fault.with.end(), bytes.with);
  for (const Filter& filter : fault.filters) {
    if (!filter.is_text()) continue;
    cut_text& text = bytes.texts[filter.abi.value % CUT_MAX_TEXTS];
    text.length = static_cast<__u8>(filter.text.size());
    std::copy(filter.text.begin(), filter.text.end(), text.byte);
    ++bytes.texts_used;
  }
  return bytes;
}

std::vector<InstalledService> make_services(
    const Scenario& scenario, const std::vector<std::vector<cut_endpoint>>& endpoints) {
  std::vector<InstalledService> installed;
  for (std::size_t i = 0; i < scenario.services.size(); ++i) {
    const ProtocolInfo& protocol = *find_protocol(scenario.services[i].protocol);
    InstalledService service;
    service.endpoints = endpoints[i];
    service.config.protocol = static_cast<__u8>(protocol.id);
    service.config.name_length = static_cast<__u16>(scenario.services[i].server_name.size());
    service.config.name_hash = hash_of(scenario.services[i].server_name);
    // Belief and truth need both directions, whatever the rules wait for.
    service.config.parsed = CUT_BOTH;
    for (const MomentInfo& moment : protocol.moments) {
      if (moment.evidence) service.config.reported |= 1ULL << moment.bit;
    }
    for (const Fault& fault : scenario.faults) {
      if (fault.service != scenario.services[i].name) continue;
      service.config.armed |= 1ULL << fault.moment_bit;
      if (!fault.pattern.empty()) service.config.searched |= 1ULL << fault.moment_bit;
    }
    installed.push_back(std::move(service));
  }
  return installed;
}

bool needs_holder(const Scenario& scenario) {
  return std::any_of(scenario.faults.begin(), scenario.faults.end(), [](const Fault& fault) {
    return fault.mode == CUT_ENFORCE && find_fault(fault.kind)->holds;
  });
}

cut_capturing captures_of(const Scenario& scenario, bool payloads) {
  const bool fires = std::any_of(scenario.faults.begin(), scenario.faults.end(),
                                 [](const Fault& fault) { return fault.mode == CUT_ENFORCE; });
  if (!fires) return CUT_CAPTURES_NOTHING;
  return payloads ? CUT_CAPTURES_PAYLOADS : CUT_CAPTURES_HEADERS;
}

HeldBy held_by(const Fault& fault) {
  const FaultInfo& kind = *find_fault(fault.kind);
  if (fault.mode == CUT_OBSERVE) return HeldBy::nobody;
  if (kind.holds) return HeldBy::cutpoint;
  return kind.cuts() ? HeldBy::tcp : HeldBy::nobody;
}

std::uint8_t ends_to_reset(const Fault& fault) {
  if (find_fault(fault.kind)->value == CUT_VALUE_ENDS) return fault.ends;
  if (fault.heal == CUT_HEAL_RESET) return CUT_END_BOTH;
  if (!resets_only_stuck(fault)) return 0;
  return fault.moment_direction == CUT_UPSTREAM ? CUT_END_CLIENT : CUT_END_SERVER;
}

bool resets_only_stuck(const Fault& fault) {
  return fault.then == CUT_THEN_FIN && fault.heal == CUT_HEAL_RELEASE;
}

std::string describe(const Fault& fault) {
  const FaultInfo& kind = *find_fault(fault.kind);
  std::string text = fault.kind + " " + value_text(fault);
  if (fault.jitter.count() != 0) text += " ± " + format_duration(fault.jitter);
  if (kind.takes(CUT_KEY_FOR)) text += " " + format_duration(fault.duration);
  if (kind.takes(CUT_KEY_SCOPE)) {
    text += fault.scope == CUT_SCOPE_SERVICE ? ", scope service" : ", scope flow";
  }
  text += fmt::format(", {} {} of {}", position_of(fault), fault.moment, fault.service);
  for (const Filter& filter : fault.filters)
    text += fmt::format(" {}={}", filter.name, filter.text);
  text += fmt::format(", nth {}", fault.nth);
  if (fault.every > 1) text += fmt::format(", every {}", fault.every);
  if (fault.times != 1) text += fmt::format(", times {}", fault.times);
  if (!fault.after.empty()) text += ", after " + fault.after;
  if (!fault.during.empty()) text += ", while " + fault.during;
  if (fault.then != CUT_THEN_SILENCE) text += fmt::format(", then {}", then_name(fault.then));
  if (fault.acks == CUT_ACKS_PASS) text += ", acks pass";
  if (kind.takes(CUT_KEY_HEAL)) {
    text += fault.heal == CUT_HEAL_RESET ? ", heal reset" : ", heal release";
  }
  if (fault.mode == CUT_OBSERVE) text += ", observed only";
  return text;
}

}  // namespace cutpoint
