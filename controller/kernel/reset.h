// SPDX-License-Identifier: Apache-2.0
// Forged RSTs for `heal: reset`: each end of a flow is told, while the cut is still on, with
// exactly the sequence number that it expects (RFC 5961, 3.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bpf/abi/endpoint.h"
#include "controller/kernel/injector.h"
#include "controller/kernel/raw_sender.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"

namespace cutpoint {

// One RST, network header included, checksums filled in.
// `from`/`to` and the ports are those of the segment itself. IPv4 where both are IPv4-mapped.
struct ForgedReset {
  cut_address from{};
  cut_address to{};
  std::uint16_t from_port = 0;
  std::uint16_t to_port = 0;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint32_t device = 0;  // interface, for link-local addresses
  bool fin = false;          // a FIN instead: the end of the stream, not of the connection
};
std::vector<std::byte> build_reset(const ForgedReset& reset);

// Which resets end this flow at `ends` (set of cut_end): one for the server, one for the client
// unless its socket is gone; two for an end of which it is not certain what it expects.
std::vector<ForgedReset> resets_for(const FlowView& flow, std::uint8_t ends = CUT_END_BOTH);

// What tells the receiver of `direction` that the stream has ended at the cut: a FIN, or an RST.
ForgedReset end_for(const FlowView& flow, cut_direction direction, bool fin);

class ResetSender {
 public:
  static Result<ResetSender> open(const NetworkNamespace& netns);
  Status send(const ForgedReset& reset) const;

 private:
  explicit ResetSender(RawSender raw) : raw_(std::move(raw)) {}

  RawSender raw_;
};

}  // namespace cutpoint
