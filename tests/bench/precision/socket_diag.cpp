// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/precision/socket_diag.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using datapath::require;

constexpr std::uint8_t established = 1;  // TCP_ESTABLISHED of net/tcp_states.h
constexpr std::size_t v4_word = 3;       // of a cut_address that holds an IPv4 address

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

// `answer`: one netlink message. An error in it is that of the request.
std::optional<SocketFacts> parse(const char* answer, std::size_t size) {
  nlmsghdr header{};
  require(size >= sizeof header, "sock_diag: a short answer");
  std::memcpy(&header, answer, sizeof header);
  if (header.nlmsg_type == NLMSG_ERROR) {
    nlmsgerr error{};
    std::memcpy(&error, answer + NLMSG_HDRLEN, sizeof error);
    errno = -error.error;
    require(errno == ENOENT, "sock_diag");
    return std::nullopt;
  }
  inet_diag_msg message{};
  require(size >= NLMSG_HDRLEN + sizeof message, "sock_diag: a short answer");
  std::memcpy(&message, answer + NLMSG_HDRLEN, sizeof message);
  if (message.idiag_state != established) return std::nullopt;
  SocketFacts facts{.unread = message.idiag_rqueue};
  std::size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof message);
  while (at + sizeof(rtattr) <= size) {
    rtattr attribute{};
    std::memcpy(&attribute, answer + at, sizeof attribute);
    if (attribute.rta_type == INET_DIAG_INFO) {
      tcp_info info{};
      std::memcpy(&info, answer + at + RTA_LENGTH(0),
                  std::min<std::size_t>(sizeof info, attribute.rta_len - RTA_LENGTH(0)));
      facts.bytes_received = info.tcpi_bytes_received;
      return facts;
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
  throw std::runtime_error("sock_diag: an answer without tcp_info");
}

}  // namespace

SocketDiag::SocketDiag(const NetworkNamespace& netns) {
  const auto inside = require(ScopedNetns::enter(netns));
  netlink_.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  require(static_cast<bool>(netlink_), "cannot open sock_diag");
}

std::optional<SocketFacts> SocketDiag::service_end(const cut_tuple& flow) const {
  return ask({flow.remote.word[v4_word], flow.remote_port},
             {flow.local.word[v4_word], flow.local_port});
}

std::optional<SocketFacts> SocketDiag::target_end(const cut_tuple& flow) const {
  return ask({flow.local.word[v4_word], flow.local_port},
             {flow.remote.word[v4_word], flow.remote_port});
}

// The very socket, not a dump: the kernel finds it by its hash. Where it is gone, what listens at
// its port is found instead.
std::optional<SocketFacts> SocketDiag::ask(End own, End other) const {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.body.sdiag_family = AF_INET;
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_ext = 1 << (INET_DIAG_INFO - 1);
  request.body.idiag_states = ~0U;
  request.body.id.idiag_sport = htons(own.port);
  request.body.id.idiag_dport = htons(other.port);
  request.body.id.idiag_src[0] = own.address;
  request.body.id.idiag_dst[0] = other.address;
  request.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  require(::send(netlink_.get(), &request, sizeof request, 0) == sizeof request, "sock_diag");
  std::array<char, 8192> answer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const ssize_t size = ::recv(netlink_.get(), answer.data(), answer.size(), 0);
  require(size > 0, "sock_diag");
  return parse(answer.data(), static_cast<std::size_t>(size));
}

}  // namespace cutpoint::bench
