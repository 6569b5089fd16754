// SPDX-License-Identifier: Apache-2.0
// Messages to and from the kernel about network devices and their traffic control: rtnetlink(7).
#pragma once

#include <cstdint>
#include <functional>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint {

// A request: an ifinfomsg or a tcmsg, and attributes, which may nest.
class RouteRequest {
 public:
  // `type`: RTM_*LINK; `flags`: NLM_F_*, NLM_F_REQUEST is added.
  RouteRequest(std::uint16_t type, std::uint16_t flags, const ifinfomsg& link = {});
  // `type`: RTM_*QDISC, RTM_*TFILTER.
  RouteRequest(std::uint16_t type, std::uint16_t flags, const tcmsg& subject);

  RouteRequest& text(std::uint16_t attribute, const std::string& value);  // with its zero byte
  RouteRequest& number(std::uint16_t attribute, std::uint32_t value);
  RouteRequest& byte(std::uint16_t attribute, std::uint8_t value);

  // What `fill` adds is within the attribute.
  RouteRequest& nest(std::uint16_t attribute, const std::function<void(RouteRequest&)>& fill);
  // As it is, for attributes that begin with a structure.
  RouteRequest& raw(const void* data, std::size_t size);

  // Asks in the calling thread's network namespace, and reads answers until the last one; `each`
  // sees those that are what was asked for. Returns the errno that the kernel answered with, 0 for
  // none.
  [[nodiscard]] Result<int> ask(const std::function<void(nlmsghdr*)>& each) const;

 private:
  void begin(std::uint16_t type, std::uint16_t flags);
  RouteRequest& add(std::uint16_t attribute, const void* data, std::size_t size);

  std::vector<char> message_;
};

}  // namespace cutpoint
