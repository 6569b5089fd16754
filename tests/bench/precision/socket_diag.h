// SPDX-License-Identifier: Apache-2.0
// What the kernel says of somebody else's TCP socket (sock_diag(7), INET_DIAG_INFO).
#pragma once

#include <cstdint>
#include <optional>

#include "bpf/abi/endpoint.h"
#include "controller/util/netns.h"
#include "controller/util/unique_fd.h"

namespace cutpoint::bench {

struct SocketFacts {
  std::uint64_t bytes_received = 0;  // payload that was accepted in order, since the handshake
  std::uint32_t unread = 0;          // bytes of it that its process has not taken yet
};

class SocketDiag {
 public:
  explicit SocketDiag(const NetworkNamespace& netns);

  // The two ends of a connection over IPv4, from the target's point of view. nullopt: that end is
  // no longer connected, or half closed.
  [[nodiscard]] std::optional<SocketFacts> service_end(const cut_tuple& flow) const;
  [[nodiscard]] std::optional<SocketFacts> target_end(const cut_tuple& flow) const;

 private:
  struct End {
    std::uint32_t address;  // network order
    std::uint16_t port;     // host order
  };
  [[nodiscard]] std::optional<SocketFacts> ask(End own, End other) const;

  UniqueFd netlink_;
};

}  // namespace cutpoint::bench
