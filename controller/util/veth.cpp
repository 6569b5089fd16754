// SPDX-License-Identifier: Apache-2.0
#include "controller/util/veth.h"

#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>

#include "controller/util/errno_error.h"
#include "controller/util/links.h"
#include "controller/util/route_netlink.h"

namespace cutpoint {
namespace {

constexpr std::uint32_t largest_packet = 65535;

void describe_end(RouteRequest& request, const std::string& name) {
  request.text(IFLA_IFNAME, name).number(IFLA_MTU, largest_packet).number(IFLA_GSO_MAX_SEGS, 1);
}

}  // namespace

Result<VethPair> VethPair::create(const NetworkNamespace& netns, const VethNames& names) {
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  RouteRequest request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  describe_end(request, names.near);
  request.nest(IFLA_LINKINFO, [&names](RouteRequest& info) {
    info.text(IFLA_INFO_KIND, "veth").nest(IFLA_INFO_DATA, [&names](RouteRequest& data) {
      data.nest(VETH_INFO_PEER, [&names](RouteRequest& peer) {
        const ifinfomsg link{};
        peer.raw(&link, sizeof link);
        describe_end(peer, names.far);
      });
    });
  });
  CUTPOINT_TRY_ASSIGN(number, request.ask([](nlmsghdr*) {}));
  if (number != 0) return errno_error("cannot make a veth pair", number);
  VethPair pair(netns, names);
  CUTPOINT_TRY(set_interface_up(names.near));
  CUTPOINT_TRY(set_interface_up(names.far));
  CUTPOINT_TRY(pair.look_up());
  return pair;
}

Status VethPair::look_up() {
  near_ = static_cast<int>(::if_nametoindex(names_.near.c_str()));
  far_ = static_cast<int>(::if_nametoindex(names_.far.c_str()));
  if (near_ == 0 || far_ == 0) return errno_error("cannot find the veth pair " + names_.near);
  return {};
}

Status VethPair::remove() {
  if (names_.near.empty()) return {};
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(*netns_));
  static_cast<void>(inside);
  CUTPOINT_TRY(delete_interface(std::exchange(names_, {}).near));
  return {};
}

VethPair::~VethPair() {         // NOLINT(bugprone-exception-escape)
  static_cast<void>(remove());  // who must know calls it before
}

}  // namespace cutpoint
