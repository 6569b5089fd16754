// SPDX-License-Identifier: Apache-2.0
// The network devices of the calling thread's network namespace, by rtnetlink(7). Not by /sys,
// which shows the namespace that it was mounted in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint {

// What precedes the IP header in a packet at a tc hook of the device.
enum class LinkLayer {
  ethernet,     // 14 bytes; loopback, too
  none,         // tun, wireguard, ipip: packets start with the IP header
  unsupported,  // anything else: nothing can be parsed there
};

struct Interface {
  int index = 0;
  std::string name;
  bool up = false;
  bool loopback = false;
  std::uint16_t hardware_type = 0;  // ARPHRD_*, linux/if_arp.h
  LinkLayer link_layer = LinkLayer::unsupported;
  std::uint32_t mtu = 0;
};

// By index.
Result<std::vector<Interface>> list_interfaces();

// In the calling thread's namespace. Without an IPv6 address of its own, so that it stays silent.
// `queue`: packets that wait to be sent, at most; 0: as the kernel chose.
Status set_interface_up(const std::string& name, std::uint32_t queue = 0);

// Packets that the device could not take, since it was made. In the calling thread's namespace.
Result<std::uint64_t> dropped_packets(int interface);

// Success, too, where it is gone already. A veth takes its peer along.
Status delete_interface(const std::string& name);

LinkLayer link_layer_of(std::uint16_t hardware_type);

// The devices that we make are named for `clear`: "cutpoint", our pid in base 36, one letter to
// tell several apart. That fits the 15 characters of a name for every pid.
inline constexpr std::string_view our_device_prefix = "cutpoint";
std::string our_device_name(char letter);

// The pid in such a name; 0 if it is not one.
pid_t maker_of_device(std::string_view name);

}  // namespace cutpoint
