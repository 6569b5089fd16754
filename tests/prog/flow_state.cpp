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

void put(cutpoint_bpf& skeleton, const cut_tuple& tuple, const std::vector<std::byte>& flow) {
  if (bpf_map__update_elem(skeleton.maps.flows, &tuple, sizeof tuple, flow.data(), flow.size(),
                           BPF_ANY) != 0) {
    throw std::runtime_error("the map of flows refuses one");
  }
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
  const std::uint32_t next_seq[CUT_DIRECTIONS] = {up, down};  // follows in struct cut_flow
  std::vector<std::byte> flow(bpf_map__value_size(skeleton.maps.flows));
  std::memcpy(flow.data(), &head, sizeof head);
  std::memcpy(flow.data() + sizeof head, next_seq, sizeof next_seq);
  put(skeleton, tuple, flow);
}

FlowState::FlowState(cutpoint_bpf& skeleton, bool v6)
    : skeleton_(&skeleton), tuple_(tuple_of(v6)), flow_(bpf_map__value_size(skeleton.maps.flows)) {
  if (bpf_map__lookup_elem(skeleton.maps.flows, &tuple_, sizeof tuple_, flow_.data(), flow_.size(),
                           0) != 0) {
    throw std::runtime_error("there is no flow to remember");
  }
}

void FlowState::restore() const {
  put(*skeleton_, tuple_, flow_);
}

}  // namespace cutpoint::prog
