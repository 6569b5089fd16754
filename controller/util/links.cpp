// SPDX-License-Identifier: Apache-2.0
#include "controller/util/links.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <unistd.h>

#include "controller/util/errno_error.h"
#include "controller/util/route_netlink.h"

namespace cutpoint {
namespace {

// The attributes that follow the message's ifinfomsg.
template <typename Use>
void each_attribute(nlmsghdr* message, Use use) {
  auto left = static_cast<int>(IFLA_PAYLOAD(message));
  for (rtattr* attribute = IFLA_RTA(NLMSG_DATA(message)); RTA_OK(attribute, left);
       attribute = RTA_NEXT(attribute, left)) {
    use(*attribute);
  }
}

Interface parse_link(nlmsghdr* message) {
  const auto* link = static_cast<const ifinfomsg*>(NLMSG_DATA(message));
  Interface interface {
    .index = link->ifi_index, .name = {}, .up = (link->ifi_flags & IFF_UP) != 0,
    .loopback = (link->ifi_flags & IFF_LOOPBACK) != 0, .hardware_type = link->ifi_type,
    .link_layer = link_layer_of(link->ifi_type), .mtu = 0
  };
  each_attribute(message, [&interface](const rtattr& attribute) {
    if (attribute.rta_type == IFLA_IFNAME) {
      interface.name = static_cast<const char*>(RTA_DATA(&attribute));
    } else if (attribute.rta_type == IFLA_MTU && RTA_PAYLOAD(&attribute) >= sizeof(interface.mtu)) {
      std::memcpy(&interface.mtu, RTA_DATA(&attribute), sizeof(interface.mtu));
    }
  });
  return interface;
}

// Nobody is to talk on this wire: without an IPv6 address of its own it stays silent. To be said
// before it is up; a kernel without IPv6 has none to give.
Status keep_silent(const std::string& name) {
  RouteRequest request(RTM_NEWLINK, NLM_F_ACK);
  request.text(IFLA_IFNAME, name).nest(IFLA_AF_SPEC, [](RouteRequest& families) {
    families.nest(AF_INET6, [](RouteRequest& ipv6) {
      ipv6.byte(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    });
  });
  CUTPOINT_TRY_ASSIGN(number, request.ask([](nlmsghdr*) {}));
  if (number == 0 || number == EAFNOSUPPORT) return {};
  return errno_error("cannot keep " + name + " without an address", number);
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
  std::vector<Interface> interfaces;
  const RouteRequest request(RTM_GETLINK, NLM_F_DUMP);
  CUTPOINT_TRY_ASSIGN(number, request.ask([&interfaces](nlmsghdr* message) {
    interfaces.push_back(parse_link(message));
  }));
  if (number != 0) return errno_error("cannot list network devices", number);
  std::sort(interfaces.begin(), interfaces.end(),
            [](const Interface& a, const Interface& b) { return a.index < b.index; });
  return interfaces;
}

Result<std::uint64_t> dropped_packets(int interface) {
  ifinfomsg wanted{};
  wanted.ifi_index = interface;
  std::uint64_t dropped = 0;
  const RouteRequest request(RTM_GETLINK, NLM_F_ACK, wanted);
  CUTPOINT_TRY_ASSIGN(number, request.ask([&dropped](nlmsghdr* message) {
    each_attribute(message, [&dropped](const rtattr& attribute) {
      if (attribute.rta_type != IFLA_STATS64) return;
      rtnl_link_stats64 counts{};
      std::memcpy(&counts, RTA_DATA(&attribute),
                  std::min<std::size_t>(sizeof counts, RTA_PAYLOAD(&attribute)));
      dropped = counts.tx_dropped;
    });
  }));
  if (number != 0) return errno_error("cannot read the counts of a network device", number);
  return dropped;
}

Status set_interface_up(const std::string& name, std::uint32_t queue) {
  CUTPOINT_TRY(keep_silent(name));
  ifinfomsg link{};
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  RouteRequest request(RTM_NEWLINK, NLM_F_ACK, link);
  request.text(IFLA_IFNAME, name);
  if (queue != 0) request.number(IFLA_TXQLEN, queue);
  CUTPOINT_TRY_ASSIGN(number, request.ask([](nlmsghdr*) {}));
  if (number != 0) return errno_error("cannot set " + name + " up", number);
  return {};
}

Status delete_interface(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ) {
    return Error{ExitCode::unavailable, "'" + name + "' is no name of a network device", {}};
  }
  RouteRequest request(RTM_DELLINK, NLM_F_ACK);
  request.text(IFLA_IFNAME, name);
  CUTPOINT_TRY_ASSIGN(number, request.ask([](nlmsghdr*) {}));
  if (number != 0 && number != ENODEV) {
    return errno_error("cannot delete network device " + name, number);
  }
  return {};
}

}  // namespace cutpoint
