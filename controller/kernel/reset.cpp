// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/reset.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <span>
#include <sys/socket.h>

namespace cutpoint {
namespace {

// Internet checksum (RFC 1071), not yet folded.
std::uint32_t add_words(std::uint32_t sum, std::span<const std::byte> bytes) {
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    std::uint16_t word = 0;
    std::memcpy(&word, &bytes[i], sizeof word);
    sum += word;
  }
  return sum;
}

std::uint16_t fold(std::uint32_t sum) {
  while ((sum >> 16) != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

// Of a TCP header without options or payload. IPv4 and IPv6 pseudo-headers give the same sum: the
// zero words in front of an IPv4 address count nothing.
std::uint16_t checksum_of(const tcphdr& tcp, std::span<const std::byte> from,
                          std::span<const std::byte> to) {
  std::uint32_t sum = htons(IPPROTO_TCP) + htons(sizeof tcp);
  sum = add_words(sum, from);
  sum = add_words(sum, to);
  return fold(add_words(sum, std::as_bytes(std::span(&tcp, 1))));
}

constexpr std::uint16_t largest_window = 0xffff;

tcphdr tcp_header(const ForgedReset& reset, bool v4) {
  tcphdr tcp{};
  tcp.th_sport = htons(reset.from_port);
  tcp.th_dport = htons(reset.to_port);
  tcp.th_seq = htonl(reset.seq);
  tcp.th_ack = htonl(reset.ack);
  tcp.th_off = sizeof tcp / 4;
  tcp.th_flags = static_cast<std::uint8_t>((reset.fin ? TH_FIN : TH_RST) | TH_ACK);
  if (reset.fin) tcp.th_win = htons(largest_window);
  const auto from = std::as_bytes(std::span(reset.from.word));
  const auto to = std::as_bytes(std::span(reset.to.word));
  tcp.th_sum = v4 ? checksum_of(tcp, from.last(4), to.last(4)) : checksum_of(tcp, from, to);
  return tcp;
}

template <typename Header>
std::vector<std::byte> join(const Header& header, const tcphdr& tcp) {
  std::vector<std::byte> packet(sizeof header + sizeof tcp);
  std::memcpy(packet.data(), &header, sizeof header);
  std::memcpy(packet.data() + sizeof header, &tcp, sizeof tcp);
  return packet;
}

ip v4_header(const ForgedReset& reset) {
  ip header{};
  header.ip_v = 4;
  header.ip_hl = sizeof header / 4;
  header.ip_len = htons(sizeof header + sizeof(tcphdr));
  header.ip_ttl = 64;
  header.ip_p = IPPROTO_TCP;
  header.ip_src.s_addr = reset.from.word[3];
  header.ip_dst.s_addr = reset.to.word[3];
  header.ip_sum = fold(add_words(0, std::as_bytes(std::span(&header, 1))));
  return header;
}

ip6_hdr v6_header(const ForgedReset& reset) {
  ip6_hdr header{};
  header.ip6_flow = htonl(6U << 28);
  header.ip6_plen = htons(sizeof(tcphdr));
  header.ip6_nxt = IPPROTO_TCP;
  header.ip6_hlim = 64;
  std::memcpy(&header.ip6_src, reset.from.word, sizeof header.ip6_src);
  std::memcpy(&header.ip6_dst, reset.to.word, sizeof header.ip6_dst);
  return header;
}

}  // namespace

std::vector<std::byte> build_reset(const ForgedReset& reset) {
  const bool v4 = is_v4(reset.from) && is_v4(reset.to);
  const tcphdr tcp = tcp_header(reset, v4);
  return v4 ? join(v4_header(reset), tcp) : join(v6_header(reset), tcp);
}

std::vector<ForgedReset> resets_for(const FlowView& flow, std::uint8_t ends) {
  const cut_line& up = flow.head.line[CUT_UPSTREAM];
  const cut_line& down = flow.head.line[CUT_DOWNSTREAM];
  ForgedReset to_server{flow.tuple.local,       flow.tuple.remote, flow.tuple.local_port,
                        flow.tuple.remote_port, up.delivered,      down.delivered,
                        flow.head.device};
  ForgedReset to_client{flow.tuple.remote,     flow.tuple.local, flow.tuple.remote_port,
                        flow.tuple.local_port, down.delivered,   up.delivered,
                        flow.head.device};
  std::vector<ForgedReset> resets;
  // What an end acknowledged last is what it expects, unless it has received more since.
  if ((ends & CUT_END_SERVER) != 0) {
    resets.push_back(to_server);
    to_server.seq = up.acked;
    if (up.acks != 0 && up.acked != up.delivered) resets.push_back(to_server);
  }
  if ((ends & CUT_END_CLIENT) != 0 && flow.head.closed == 0) {
    resets.push_back(to_client);
    to_client.seq = down.acked;
    if (down.acks != 0 && down.acked != down.delivered) resets.push_back(to_client);
  }
  return resets;
}

ForgedReset end_for(const FlowView& flow, cut_direction direction, bool fin) {
  const std::uint32_t up = flow.head.line[CUT_UPSTREAM].delivered;
  const std::uint32_t down = flow.head.line[CUT_DOWNSTREAM].delivered;
  const cut_tuple& tuple = flow.tuple;
  if (direction == CUT_UPSTREAM) {
    return {tuple.local, tuple.remote, tuple.local_port, tuple.remote_port,
            up,          down,         flow.head.device, fin};
  }
  return {tuple.remote, tuple.local, tuple.remote_port, tuple.local_port,
          down,         up,          flow.head.device,  fin};
}

Result<ResetSender> ResetSender::open(const NetworkNamespace& netns) {
  CUTPOINT_TRY_ASSIGN(raw, RawSender::open(netns, own_mark));
  return ResetSender(std::move(raw));
}

Status ResetSender::send(const ForgedReset& reset) const {
  const int number = raw_.send(build_reset(reset), reset.to, reset.device);
  if (number == 0) return {};
  return Error{ExitCode::inconclusive,
               fmt::format("cannot send a reset: {}", std::strerror(number)),
               "heal with `release` instead"};
}

}  // namespace cutpoint
