// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/forged_segment.h"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "controller/util/unique_fd.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::datapath {
namespace {

std::uint32_t add_words(std::uint32_t sum, const void* bytes, std::size_t size) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  for (std::size_t i = 0; i < size; ++i) {
    sum += i % 2 == 0 ? static_cast<std::uint32_t>(at[i]) << 8 : at[i];
  }
  return sum;
}

// RFC 1071, in network order.
std::uint16_t folded(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return htons(static_cast<std::uint16_t>(~sum));
}

// Over the pseudo-header, too.
std::uint16_t checksum(const ForgedSegment& forged, bool v4, const std::vector<char>& tcp) {
  const std::size_t skipped = v4 ? 12 : 0;
  std::uint32_t sum = IPPROTO_TCP + static_cast<std::uint32_t>(tcp.size());
  sum = add_words(sum, reinterpret_cast<const char*>(&forged.from) + skipped, 16 - skipped);
  sum = add_words(sum, reinterpret_cast<const char*>(&forged.to) + skipped, 16 - skipped);
  return folded(add_words(sum, tcp.data(), tcp.size()));
}

// struct virtio_net_hdr of linux/virtio_net.h, which is no C++.
struct PacketLayout {
  std::uint8_t flags = 0;
  std::uint8_t gso_type = 0;
  std::uint16_t hdr_len = 0;  // bytes that lie in one piece: packet_snd(), net/packet
  std::uint16_t gso_size = 0;
  std::uint16_t csum_start = 0;
  std::uint16_t csum_offset = 0;
};

bool is_v4(const cut_address& address) {
  return address.word[2] == htonl(0xffff) && address.word[0] == 0;
}

std::vector<char> tcp_of(const ForgedSegment& segment, bool v4, std::string_view payload) {
  tcphdr header{};
  header.th_sport = htons(segment.from_port);
  header.th_dport = htons(segment.to_port);
  header.th_seq = htonl(segment.seq);
  header.th_ack = htonl(segment.ack);
  header.th_off = sizeof header / 4;
  header.th_flags = TH_ACK | TH_PUSH;
  header.th_win = 0xffff;
  std::vector<char> tcp(sizeof header + payload.size());
  std::memcpy(tcp.data(), &header, sizeof header);
  std::memcpy(tcp.data() + sizeof header, payload.data(), payload.size());
  const std::uint16_t sum = checksum(segment, v4, tcp);
  std::memcpy(tcp.data() + offsetof(tcphdr, th_sum), &sum, sizeof sum);
  return tcp;
}

iphdr ip_of(const ForgedSegment& segment, std::size_t payload) {
  iphdr header{};
  header.version = 4;
  header.ihl = sizeof header / 4;
  header.tot_len = htons(static_cast<std::uint16_t>(sizeof header + payload));
  header.ttl = 64;
  header.protocol = IPPROTO_TCP;
  header.saddr = segment.from.word[3];
  header.daddr = segment.to.word[3];
  header.check = folded(add_words(0, &header, sizeof header));
  return header;
}

}  // namespace

ForgedSegment segment_of_client(const FlowView& flow) {
  return ForgedSegment{.from = flow.tuple.local,
                       .to = flow.tuple.remote,
                       .from_port = flow.tuple.local_port,
                       .to_port = flow.tuple.remote_port,
                       .seq = flow.head.line[CUT_UPSTREAM].delivered,
                       .ack = flow.head.line[CUT_DOWNSTREAM].delivered};
}

ForgedSegment segment_of_server(const FlowView& flow) {
  ForgedSegment segment = segment_of_client(flow);
  std::swap(segment.from, segment.to);
  std::swap(segment.from_port, segment.to_port);
  std::swap(segment.seq, segment.ack);
  return segment;
}

// The kernel writes the IP header; the socket is bound to the address that it is to show.
void send_forged(const NetworkNamespace& netns, const ForgedSegment& segment,
                 std::string_view payload) {
  const bool v4 = is_v4(segment.to);
  const std::vector<char> tcp = tcp_of(segment, v4, payload);
  const auto address = [v4](const cut_address& from) {
    sockaddr_storage storage{};
    if (v4) {
      auto& in = reinterpret_cast<sockaddr_in&>(storage);
      in.sin_family = AF_INET;
      in.sin_addr.s_addr = from.word[3];
    } else {
      auto& in6 = reinterpret_cast<sockaddr_in6&>(storage);
      in6.sin6_family = AF_INET6;
      std::memcpy(&in6.sin6_addr, &from, sizeof in6.sin6_addr);
    }
    return storage;
  };
  const socklen_t size = v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  const sockaddr_storage from = address(segment.from);
  const sockaddr_storage to = address(segment.to);
  const auto inside = require(ScopedNetns::enter(netns));
  const UniqueFd raw(::socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP));
  require(::bind(raw.get(), reinterpret_cast<const sockaddr*>(&from), size) == 0, "bind a raw one");
  require(::sendto(raw.get(), tcp.data(), tcp.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                   size) == static_cast<ssize_t>(tcp.size()),
          "send a forged segment");
}

void send_forged_in_fragments(const NetworkNamespace& netns, const ForgedSegment& segment,
                              std::string_view payload) {
  require(payload.size() >= static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), "fill a page");
  std::vector<char> tcp = tcp_of(segment, true, payload);
  iphdr ip = ip_of(segment, tcp.size());
  ethhdr link{};
  link.h_proto = htons(ETH_P_IP);
  PacketLayout layout{.hdr_len = sizeof link};
  std::array<iovec, 4> parts{iovec{&layout, sizeof layout}, iovec{&link, sizeof link},
                             iovec{&ip, sizeof ip}, iovec{tcp.data(), tcp.size()}};

  const auto inside = require(ScopedNetns::enter(netns));
  const UniqueFd raw(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  const int on = 1;
  require(::setsockopt(raw.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) == 0,
          "lay packets out");
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(ETH_P_IP);
  to.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = sizeof to;
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  require(::sendmsg(raw.get(), &message, 0) > 0, "send a forged frame");
}

}  // namespace cutpoint::datapath
