// SPDX-License-Identifier: Apache-2.0
#include "controller/util/links.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <linux/if_arp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/util/errno_error.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {
namespace {

// A request about links, with room for the one attribute that we send.
struct Request {
  nlmsghdr header{};
  ifinfomsg link{};
  struct {
    rtattr header{};
    char value[IFNAMSIZ] = {};
  } name;
};

Result<UniqueFd> open_route_socket() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) return errno_error("cannot open a netlink socket");
  return fd;
}

Status send_request(int fd, const Request& request) {
  if (::send(fd, &request, request.header.nlmsg_len, 0) < 0) {
    return errno_error("cannot ask the kernel about network devices");
  }
  return {};
}

// The attributes that follow the message's ifinfomsg.
Interface parse_link(nlmsghdr* message) {
  const auto* link = static_cast<const ifinfomsg*>(NLMSG_DATA(message));
  Interface interface {
    .index = link->ifi_index, .name = {}, .up = (link->ifi_flags & IFF_UP) != 0,
    .loopback = (link->ifi_flags & IFF_LOOPBACK) != 0, .hardware_type = link->ifi_type,
    .link_layer = link_layer_of(link->ifi_type), .mtu = 0
  };
  auto left = static_cast<int>(IFLA_PAYLOAD(message));
  for (rtattr* attribute = IFLA_RTA(link); RTA_OK(attribute, left);
       attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type == IFLA_IFNAME) {
      interface.name = static_cast<const char*>(RTA_DATA(attribute));
    } else if (attribute->rta_type == IFLA_MTU && RTA_PAYLOAD(attribute) >= sizeof(interface.mtu)) {
      std::memcpy(&interface.mtu, RTA_DATA(attribute), sizeof(interface.mtu));
    }
  }
  return interface;
}

// The errno of an answer of type NLMSG_ERROR; 0 is the acknowledgement.
int error_number(nlmsghdr* message) {
  return -static_cast<const nlmsgerr*>(NLMSG_DATA(message))->error;
}

// Receives answers until the last one; `each` sees those that carry a link. Returns the errno that
// the kernel answered with, 0 for none.
template <typename Each>
Result<int> receive_answers(int fd, Each&& each) {
  std::vector<char> buffer(1 << 16);
  while (true) {
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("cannot read the list of network devices");
    auto left = static_cast<unsigned>(count);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return 0;
      if (message->nlmsg_type == NLMSG_ERROR) return error_number(message);
      if (message->nlmsg_type == RTM_NEWLINK) each(message);
    }
  }
}

}  // namespace

LinkLayer link_layer_of(std::uint16_t hardware_type) {
  switch (hardware_type) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
      return LinkLayer::ethernet;
    case ARPHRD_NONE:     // tun, wireguard
    case ARPHRD_RAWIP:    // rmnet, some modems
    case ARPHRD_TUNNEL:   // ipip
    case ARPHRD_TUNNEL6:  // ip6tnl
    case ARPHRD_SIT:
      return LinkLayer::none;
    default:
      return LinkLayer::unsupported;
  }
}

std::string our_device_name(char letter) {
  char digits[16] = {};
  const auto end = std::to_chars(digits, digits + sizeof(digits), ::getpid(), 36).ptr;
  return std::string(our_device_prefix) + std::string(digits, end) + letter;
}

pid_t maker_of_device(std::string_view name) {
  if (!name.starts_with(our_device_prefix)) return 0;
  name.remove_prefix(our_device_prefix.size());
  if (name.empty()) return 0;
  name.remove_suffix(1);
  pid_t pid = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid, 36);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size();
  return whole && pid > 0 ? pid : 0;
}

Result<std::vector<Interface>> list_interfaces() {
  CUTPOINT_TRY_ASSIGN(fd, open_route_socket());
  Request request;
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof(request.link));
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  CUTPOINT_TRY(send_request(fd.get(), request));
  std::vector<Interface> interfaces;
  CUTPOINT_TRY_ASSIGN(number, receive_answers(fd.get(), [&](nlmsghdr* message) {
                        interfaces.push_back(parse_link(message));
                      }));
  if (number != 0) return errno_error("cannot list network devices", number);
  std::sort(interfaces.begin(), interfaces.end(),
            [](const Interface& a, const Interface& b) { return a.index < b.index; });
  return interfaces;
}

Status delete_interface(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ) {
    return Error{ExitCode::unavailable, "'" + name + "' is no name of a network device", {}};
  }
  CUTPOINT_TRY_ASSIGN(fd, open_route_socket());
  Request request;
  request.header.nlmsg_type = RTM_DELLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  request.name.header.rta_type = IFLA_IFNAME;
  request.name.header.rta_len = static_cast<unsigned short>(RTA_LENGTH(name.size() + 1));
  std::memcpy(request.name.value, name.c_str(), name.size() + 1);
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof(request.link)) + RTA_SPACE(name.size() + 1);
  CUTPOINT_TRY(send_request(fd.get(), request));
  CUTPOINT_TRY_ASSIGN(number, receive_answers(fd.get(), [](nlmsghdr*) {}));
  if (number != 0 && number != ENODEV) {
    return errno_error("cannot delete network device " + name, number);
  }
  return {};
}

}  // namespace cutpoint
