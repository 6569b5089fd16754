// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/forged_segment.h"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/socket.h>
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

// RFC 1071, over the pseudo-header, too; in network order.
std::uint16_t checksum(const ForgedSegment& forged, bool v4, const std::vector<char>& tcp) {
  const std::size_t skipped = v4 ? 12 : 0;
  std::uint32_t sum = IPPROTO_TCP + static_cast<std::uint32_t>(tcp.size());
  sum = add_words(sum, reinterpret_cast<const char*>(&forged.from) + skipped, 16 - skipped);
  sum = add_words(sum, reinterpret_cast<const char*>(&forged.to) + skipped, 16 - skipped);
  sum = add_words(sum, tcp.data(), tcp.size());
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return htons(static_cast<std::uint16_t>(~sum));
}

}  // namespace

ForgedSegment segment_of_server(const FlowView& flow) {
  return ForgedSegment{.from = flow.tuple.remote,
                       .to = flow.tuple.local,
                       .from_port = flow.tuple.remote_port,
                       .to_port = flow.tuple.local_port,
                       .seq = flow.head.line[CUT_DOWNSTREAM].delivered,
                       .ack = flow.head.line[CUT_UPSTREAM].delivered};
}

// The kernel writes the IP header; the socket is bound to the address that it is to show.
void send_forged(const NetworkNamespace& netns, const ForgedSegment& segment,
                 std::string_view payload) {
  const bool v4 = segment.to.word[2] == htonl(0xffff) && segment.to.word[0] == 0;
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

}  // namespace cutpoint::datapath
