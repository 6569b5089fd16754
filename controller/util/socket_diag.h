// SPDX-License-Identifier: Apache-2.0
// What TCP itself knows of the sockets of a network namespace: sock_diag(7), inet_diag.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "controller/util/netns.h"
#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

struct TcpState {
  std::uint32_t rtt_us = 0;       // smoothed
  std::uint32_t rto_us = 0;       // as it is now: doubled with each expiry
  bool peer_window_zero = false;  // the other end takes nothing
  bool own_window_zero = false;   // this end takes nothing; false before Linux 6.2
};

class SocketDiag {
 public:
  // Error (3): the kernel answers no such questions.
  static Result<SocketDiag> open(const NetworkNamespace& netns);

  // Connected sockets, IPv4 and IPv6, by cookie (the one that bpf_get_socket_cookie() returns).
  [[nodiscard]] Result<std::unordered_map<std::uint64_t, TcpState>> look() const;

 private:
  explicit SocketDiag(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace cutpoint
