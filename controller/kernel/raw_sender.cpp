// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/raw_sender.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

#include "controller/util/errno_error.h"

namespace cutpoint {
namespace {

Result<UniqueFd> open_raw(int family, int level, int option, std::uint32_t mark) {
  UniqueFd fd(::socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  const int on = 1;
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0 ||
      ::setsockopt(fd.get(), level, option, &on, sizeof on) != 0) {
    return errno_error("cannot open a raw socket", errno,
                       "run as root, with CAP_NET_RAW and CAP_NET_ADMIN");
  }
  return fd;
}

}  // namespace

bool is_v4(const cut_address& address) {
  return address.word[0] == 0 && address.word[1] == 0 && address.word[2] == htonl(0xffff);
}

Result<RawSender> RawSender::open(const NetworkNamespace& netns, std::uint32_t mark) {
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  CUTPOINT_TRY_ASSIGN(v4, open_raw(AF_INET, IPPROTO_IP, IP_HDRINCL, mark));
  auto v6 = open_raw(AF_INET6, IPPROTO_IPV6, IPV6_HDRINCL, mark);
  return RawSender(std::move(v4), v6 ? std::move(*v6) : UniqueFd());
}

int RawSender::send(std::span<const std::byte> packet, const cut_address& to,
                    std::uint32_t device) const {
  const bool v4 = is_v4(to);
  sockaddr_in to4{};
  to4.sin_family = AF_INET;
  to4.sin_addr.s_addr = to.word[3];
  sockaddr_in6 to6{};
  to6.sin6_family = AF_INET6;
  std::memcpy(&to6.sin6_addr, to.word, sizeof to6.sin6_addr);
  if (IN6_IS_ADDR_LINKLOCAL(&to6.sin6_addr)) to6.sin6_scope_id = device;
  const auto* address =
      v4 ? reinterpret_cast<const sockaddr*>(&to4) : reinterpret_cast<const sockaddr*>(&to6);
  const socklen_t size = v4 ? sizeof to4 : sizeof to6;
  const ssize_t sent =
      ::sendto((v4 ? v4_ : v6_).get(), packet.data(), packet.size(), 0, address, size);
  return sent < 0 ? errno : 0;
}

}  // namespace cutpoint
