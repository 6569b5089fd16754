// SPDX-License-Identifier: Apache-2.0
// Ethernet frames with a TCP segment, put together and taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bpf/abi/endpoint.h"

namespace cutpoint::prog {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::size_t ethernet_header = 14;
inline constexpr std::uint8_t tcp_fin = 0x01;
inline constexpr std::uint8_t tcp_syn = 0x02;
inline constexpr std::uint8_t tcp_rst = 0x04;
inline constexpr std::uint8_t tcp_psh = 0x08;
inline constexpr std::uint8_t tcp_ack = 0x10;

// From 192.0.2.1 or 2001:db8::1, port 40000, to .2 or ::2, port 5432. Checksums are right.
struct Segment {
  bool v6 = false;
  bool reversed = false;  // from the service to the target
  std::uint32_t seq = 1000;
  std::uint32_t ack = 2000;
  std::uint8_t flags = tcp_ack | tcp_psh;
  std::string payload{};
  Bytes ip_options{};  // between IPv4 header and TCP; a multiple of 4 bytes
  Bytes extension{};   // between IPv6 header and TCP; [0] is its next header
  std::uint8_t extension_type = 0;
  Bytes tcp_options{};  // a multiple of 4 bytes

  [[nodiscard]] Bytes build() const;
};

// The tuple of such segments, seen from the target.
cut_tuple tuple_of(bool v6);

// What a frame without extension header or IPv4 options says of itself.
struct Parsed {
  bool v6 = false;
  std::size_t length = 0;  // by the IP header: of the payload
  std::uint8_t flags = 0;
  std::uint32_t seq = 0;
  std::string payload;
  bool checksums_right = false;
};
Parsed parse(const Bytes& frame);

}  // namespace cutpoint::prog
