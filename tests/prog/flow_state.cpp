// SPDX-License-Identifier: Apache-2.0
#include "tests/prog/flow_state.h"

#include <bpf/libbpf.h>
#include <cstring>
#include <stdexcept>

#include "bpf/abi/flow.h"
#include "generated/protocols.h"
#include "tests/prog/packet.h"

namespace cutpoint::prog {
namespace {

constexpr std::uint8_t sync_on = 1;  // enum cut_sync, bpf/maps/flows.h

// As the programs do (bpf/maps/flows.h).
void put(cutpoint_bpf& skeleton, const cut_tuple& tuple, std::uint32_t slot,
         const std::vector<std::byte>& flow) {
  const auto& maps = skeleton.maps;
  if (bpf_map__update_elem(maps.flow_slots, &slot, sizeof slot, flow.data(), flow.size(),
                           BPF_ANY) != 0 ||
      bpf_map__update_elem(maps.flows, &tuple, sizeof tuple, &slot, sizeof slot, BPF_ANY) != 0) {
    throw std::runtime_error("the maps of flows refuse one");
  }
}

std::uint32_t slot_of(bool v6) {
  return v6 ? 1 : 0;
}

}  // namespace

void enrol_flow(cutpoint_bpf& skeleton, bool v6, std::uint32_t up, std::uint32_t down) {
  const cut_tuple tuple = tuple_of(v6);
  auto& memory = *skeleton.bss;
  memory.wire_ports[tuple.remote_port / 64] |= 1ULL << (tuple.remote_port % 64);
  memory.service_table[0].protocol = CUT_PROTOCOL_POSTGRES;
  memory.service_table[0].parsed = CUT_BOTH;
  cut_flow_head head{};
  head.cookie = 1;
  for (cut_line& line : head.line) {
    line.sync = sync_on;
    line.started = 1;
  }
  head.line[CUT_UPSTREAM].delivered = up;
  head.line[CUT_DOWNSTREAM].delivered = down;
  const std::uint32_t next_seq[CUT_DIRECTIONS] = {up, down};  // struct cut_flow begins with it
  std::vector<std::byte> flow(bpf_map__value_size(skeleton.maps.flow_slots));
  std::memcpy(flow.data(), next_seq, sizeof next_seq);
  std::memcpy(flow.data() + CUT_FLOW_HEAD, &head, sizeof head);
  std::memcpy(flow.data() + CUT_FLOW_TUPLE, &tuple, sizeof tuple);
  const std::uint32_t number = 1 + slot_of(v6);
  std::memcpy(flow.data() + CUT_FLOW_NUMBER, &number, sizeof number);
  put(skeleton, tuple, slot_of(v6), flow);
  memory.slots_used = 2;
  memory.slot_hints[tuple.local_port] = static_cast<std::uint16_t>(number);
}

FlowState::FlowState(cutpoint_bpf& skeleton, bool v6)
    : skeleton_(&skeleton), v6_(v6), flow_(bpf_map__value_size(skeleton.maps.flow_slots)) {
  const std::uint32_t slot = slot_of(v6);
  if (bpf_map__lookup_elem(skeleton.maps.flow_slots, &slot, sizeof slot, flow_.data(), flow_.size(),
                           0) != 0) {
    throw std::runtime_error("there is no flow to remember");
  }
}

void FlowState::restore() const {
  put(*skeleton_, tuple_of(v6_), slot_of(v6_), flow_);
}

}  // namespace cutpoint::prog
