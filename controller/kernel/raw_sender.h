// SPDX-License-Identifier: Apache-2.0
// Sends IP packets as they are, through raw sockets in the target's network namespace, with a mark
// by which the programs know them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "bpf/abi/endpoint.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

class RawSender {
 public:
  // Error (3): without CAP_NET_RAW and CAP_NET_ADMIN.
  static Result<RawSender> open(const NetworkNamespace& netns, std::uint32_t mark);

  // `packet`: network header and all behind it, checksums filled in (of IPv4's header the kernel
  // does that). `to`: its destination; `device`: the interface, for a link-local one.
  // Returns the errno; 0: it was sent.
  [[nodiscard]] int send(std::span<const std::byte> packet, const cut_address& to,
                         std::uint32_t device) const;

 private:
  RawSender(UniqueFd v4, UniqueFd v6) : v4_(std::move(v4)), v6_(std::move(v6)) {}

  UniqueFd v4_;
  UniqueFd v6_;  // empty where the host has no IPv6
};

// IPv4-mapped.
bool is_v4(const cut_address& address);

}  // namespace cutpoint
