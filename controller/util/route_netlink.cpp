// SPDX-License-Identifier: Apache-2.0
#include "controller/util/route_netlink.h"

#include <cstring>
#include <sys/socket.h>

#include "controller/util/errno_error.h"
#include "controller/util/netlink.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {
void RouteRequest::begin(std::uint16_t type, std::uint16_t flags) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  raw(&header, sizeof header);
}

RouteRequest::RouteRequest(std::uint16_t type, std::uint16_t flags, const ifinfomsg& link) {
  begin(type, flags);
  raw(&link, sizeof link);
}

RouteRequest::RouteRequest(std::uint16_t type, std::uint16_t flags, const tcmsg& subject) {
  begin(type, flags);
  raw(&subject, sizeof subject);
}

RouteRequest& RouteRequest::raw(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const char*>(data);
  message_.insert(message_.end(), bytes, bytes + size);
  message_.resize(NLMSG_ALIGN(message_.size()));
  return *this;
}

RouteRequest& RouteRequest::add(std::uint16_t attribute, const void* data, std::size_t size) {
  rtattr header{};
  header.rta_type = attribute;
  header.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(size));
  raw(&header, sizeof header);
  return raw(data, size);
}

RouteRequest& RouteRequest::text(std::uint16_t attribute, const std::string& value) {
  return add(attribute, value.c_str(), value.size() + 1);
}

RouteRequest& RouteRequest::number(std::uint16_t attribute, std::uint32_t value) {
  return add(attribute, &value, sizeof value);
}

RouteRequest& RouteRequest::byte(std::uint16_t attribute, std::uint8_t value) {
  return add(attribute, &value, sizeof value);
}

RouteRequest& RouteRequest::nest(std::uint16_t attribute,
                                 const std::function<void(RouteRequest&)>& fill) {
  const std::size_t begin = message_.size();
  add(attribute, nullptr, 0);
  fill(*this);
  const auto length = static_cast<std::uint16_t>(message_.size() - begin);
  std::memcpy(message_.data() + begin + offsetof(rtattr, rta_len), &length, sizeof length);
  return *this;
}

Result<int> RouteRequest::ask(const std::function<void(nlmsghdr*)>& each) const {
  const UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) return errno_error("cannot open a netlink socket");
  std::vector<char> message = message_;
  const auto length = static_cast<std::uint32_t>(message.size());
  std::memcpy(message.data() + offsetof(nlmsghdr, nlmsg_len), &length, sizeof length);
  if (::send(fd.get(), message.data(), message.size(), 0) < 0) {
    return errno_error("cannot ask the kernel about network devices");
  }
  return receive_answers(fd.get(), "cannot read what the kernel says of network devices", each);
}

}  // namespace cutpoint
