// SPDX-License-Identifier: Apache-2.0
// A TCP segment that no socket sent.
#pragma once

#include <cstdint>
#include <string_view>

#include "bpf/abi/endpoint.h"
#include "controller/kernel/injector.h"
#include "controller/util/netns.h"

namespace cutpoint::datapath {

struct ForgedSegment {
  cut_address from{};
  cut_address to{};
  std::uint16_t from_port = 0;
  std::uint16_t to_port = 0;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
};

// The next one that the server would send, with an acknowledgement of all that it has received.
ForgedSegment segment_of_server(const FlowView& flow);

// The next one that the client would send, likewise.
ForgedSegment segment_of_client(const FlowView& flow);

// By a raw socket in the namespace; IPv4 where the address is IPv4-mapped.
void send_forged(const NetworkNamespace& netns, const ForgedSegment& segment,
                 std::string_view payload);

// The same in an skb of which only the Ethernet header lies in one piece, as some drivers make
// them; over the namespace's loopback, IPv4. The payload must fill a page.
void send_forged_in_fragments(const NetworkNamespace& netns, const ForgedSegment& segment,
                              std::string_view payload);

}  // namespace cutpoint::datapath
