// SPDX-License-Identifier: Apache-2.0
// What a scenario may name. Protocols and faults come from the lists of the ABI, so that a new one
// needs no edit here; invariants and workloads are listed in registry.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/abi/fault.h"
#include "bpf/abi/vocabulary.h"
#include "controller/scenario/model.h"
#include "generated/faults.h"
#include "generated/protocols.h"

namespace cutpoint {

struct MomentInfo {
  std::string name;
  cut_direction direction;
  bool evidence;  // reported as an event in every run
  std::string description;
  std::uint8_t bit = 0;
  bool has_bytes = true;  // some of the payload are its own
};

// A filter that `at:` may use.
struct AttributeInfo {
  std::string name;
  cut_attribute_kind kind;
  std::string description;
  std::uint8_t index = 0;
  std::string characters{};            // CUT_ATTR_CHARACTER: those that occur; empty: any
  std::vector<std::string> moments{};  // those that carry it; empty: any
  bool any_case = false;               // CUT_ATTR_TEXT: the parser tells it in lower case
  bool is_flag = false;                // CUT_ATTR_NUMBER: 1 or 0
};

struct ProtocolInfo {
  std::string name;
  cut_protocol id;
  bool has_dsn = false;             // a service may have a `dsn` in place of its `address`
  bool has_server_name = false;     // a service may be told by the name in a ClientHello
  std::vector<MomentInfo> moments;  // beside transport_moments()
  std::vector<AttributeInfo> attributes;
  std::vector<std::string> commands;  // by bit number of the command attribute

  [[nodiscard]] const MomentInfo* moment(std::string_view moment_name) const;
  [[nodiscard]] const AttributeInfo* attribute(std::string_view attribute_name) const;
};

struct FaultInfo {
  std::string name;
  cut_fault id;
  cut_fault_value value;  // what follows its name
  unsigned keys;          // set of cut_fault_key: what else `do:` may say of it
  cut_position position;  // where `at:` gives none
  cut_fault_at at;        // the moments at which it can act
  bool holds;             // segments, to be sent on later
  std::string description;

  [[nodiscard]] bool takes(cut_fault_key key) const { return (keys & key) != 0; }
  // It silences or holds a direction, from one byte on.
  [[nodiscard]] bool cuts() const;
  // `at:` says at which; else the fault does, or it cuts nothing.
  [[nodiscard]] bool takes_position() const { return cuts() && value != CUT_VALUE_BYTES; }
};

// A key of `do:` beside the fault, and what it may be told.
struct FaultKeyInfo {
  std::string name;
  cut_fault_key key;
};

struct ParameterInfo {
  std::string name;  // of a field of Expectation
  bool required;
};

struct InvariantInfo {
  std::string name;
  std::string protocol;  // of the service it looks at; empty: at none
  Severity severity;     // where the scenario gives none
  bool asks;             // the service itself: an address alone will not do
  std::vector<ParameterInfo> parameters;
  std::string description;
};

struct WorkloadInfo {
  std::string name;
  std::string protocol;
};

const std::vector<ProtocolInfo>& protocols();
// Moments of every flow, whatever its protocol. Two of one name differ by their direction.
const std::vector<MomentInfo>& transport_moments();
// The one of them that says which byte of a direction it is: `bytes:N`.
inline constexpr std::string_view numbered_moment = "bytes";
// What `moment:` may say, each once: of the protocol and of every flow.
std::vector<std::string> moment_words(const ProtocolInfo& protocol);
const std::vector<FaultInfo>& faults();
const std::vector<FaultKeyInfo>& fault_keys();
const std::vector<InvariantInfo>& invariants();
inline constexpr std::string_view orders_workload = "postgres.orders";
inline constexpr std::string_view publish_workload = "amqp.publish";
const std::vector<WorkloadInfo>& workloads();
// What `kind:` of an observer may be.
const std::vector<std::string>& observer_kinds();
std::string_view observer_kind_name(ObserverKind kind);

// nullptr: there is none of that name.
const ProtocolInfo* find_protocol(std::string_view name);
const FaultInfo* find_fault(std::string_view name);
const InvariantInfo* find_invariant(std::string_view name);
const WorkloadInfo* find_workload(std::string_view name);

// What `amqp.topology` may require.
const std::vector<std::string>& topology_requirements();

std::string_view severity_name(Severity severity);

// What an attribute of kind CUT_ATTR_HASH is for that text.
std::uint32_t hash_of(std::string_view text);

// The names of any of the lists above, in their order.
template <typename Info>
std::vector<std::string> names_of(const std::vector<Info>& list) {
  std::vector<std::string> names;
  names.reserve(list.size());
  for (const Info& info : list) names.push_back(info.name);
  return names;
}

}  // namespace cutpoint
