// SPDX-License-Identifier: Apache-2.0
#include "controller/util/socket_diag.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "controller/util/errno_error.h"
#include "controller/util/netlink.h"

namespace cutpoint {
namespace {

constexpr const char* failure = "cannot ask the kernel for the state of TCP connections";

// include/net/tcp_states.h
constexpr unsigned established = 1;
constexpr unsigned close_wait = 8;

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 what;
};

Status ask(int fd, std::uint8_t family) {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.what.sdiag_family = family;
  request.what.sdiag_protocol = IPPROTO_TCP;
  request.what.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  request.what.idiag_states = 1U << established | 1U << close_wait;
  if (::send(fd, &request, sizeof request, 0) < 0) return errno_error(failure);
  return {};
}

// The structure grows with the kernel: what an older one does not tell stays 0.
TcpState state_of(const char* data, std::size_t size) {
  tcp_info info{};
  std::memcpy(&info, data, std::min(size, sizeof info));
  TcpState state;
  state.rtt_us = info.tcpi_rtt;
  state.rto_us = info.tcpi_rto;
  // tcpi_snd_wnd: Linux 5.4; behind it, tcpi_rcv_wnd: 6.2.
  constexpr std::size_t snd_wnd = offsetof(tcp_info, tcpi_snd_wnd);
  constexpr std::size_t rcv_wnd = snd_wnd + sizeof(std::uint32_t);
  if (size >= rcv_wnd) state.peer_window_zero = info.tcpi_snd_wnd == 0;
  if (size >= rcv_wnd + sizeof(std::uint32_t)) {
    std::uint32_t own = 0;
    std::memcpy(&own, data + rcv_wnd, sizeof own);
    state.own_window_zero = own == 0;
  }
  return state;
}

void take(nlmsghdr* message, std::unordered_map<std::uint64_t, TcpState>& states) {
  const auto* socket = static_cast<const inet_diag_msg*>(NLMSG_DATA(message));
  const std::uint64_t cookie =
      std::uint64_t{socket->id.idiag_cookie[1]} << 32 | socket->id.idiag_cookie[0];
  auto left = static_cast<unsigned>(NLMSG_PAYLOAD(message, sizeof *socket));
  const char* first = static_cast<const char*>(NLMSG_DATA(message)) + NLMSG_ALIGN(sizeof *socket);
  for (const auto* attribute = reinterpret_cast<const rtattr*>(first); RTA_OK(attribute, left);
       attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type != INET_DIAG_INFO) continue;
    states.insert_or_assign(
        cookie, state_of(static_cast<const char*>(RTA_DATA(attribute)), RTA_PAYLOAD(attribute)));
  }
}

Status receive(int fd, std::unordered_map<std::uint64_t, TcpState>& states) {
  CUTPOINT_TRY_ASSIGN(refused, receive_answers(fd, failure, [&states](nlmsghdr* message) {
                        if (message->nlmsg_type == SOCK_DIAG_BY_FAMILY) take(message, states);
                      }));
  if (refused == 0) return {};
  return errno_error(failure, refused, "load the modules inet_diag and tcp_diag");
}

}  // namespace

Result<SocketDiag> SocketDiag::open(const NetworkNamespace& netns) {
  const auto inside = ScopedNetns::enter(netns);
  if (!inside) return inside.error();
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd) return errno_error(failure);
  return SocketDiag(std::move(fd));
}

Result<std::unordered_map<std::uint64_t, TcpState>> SocketDiag::look() const {
  std::unordered_map<std::uint64_t, TcpState> states;
  for (const int family : {AF_INET, AF_INET6}) {
    CUTPOINT_TRY(ask(fd_.get(), static_cast<std::uint8_t>(family)));
    CUTPOINT_TRY(receive(fd_.get(), states));
  }
  return states;
}

}  // namespace cutpoint
