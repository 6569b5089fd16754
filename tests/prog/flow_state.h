// SPDX-License-Identifier: Apache-2.0
// The flow of segments as packet.h makes them, put into the programs' maps by hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bpf/abi/control.h"
#include "bpf/abi/endpoint.h"
#include "bpf/abi/peer.h"
#include "generated/cutpoint.skel.h"

namespace cutpoint::prog {

// Just connected: the next byte of the target has sequence number `up`, that of the service `down`.
// Throws where the map refuses it.
void enrol_flow(cutpoint_bpf& skeleton, bool v6, std::uint32_t up, std::uint32_t down);

// Its whole state, as it is now, to be put back.
class FlowState {
 public:
  FlowState(cutpoint_bpf& skeleton, bool v6);
  void restore() const;

 private:
  cutpoint_bpf* skeleton_;
  bool v6_;
  std::vector<std::byte> flow_;
};

}  // namespace cutpoint::prog
