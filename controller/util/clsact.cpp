// SPDX-License-Identifier: Apache-2.0
#include "controller/util/clsact.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <netinet/in.h>
#include <unistd.h>

#include "controller/util/errno_error.h"
#include "controller/util/route_netlink.h"

namespace cutpoint {
namespace {

constexpr std::string_view our_filter_prefix = "cutpoint-";
constexpr std::uint32_t clsact_handle = TC_H_MAKE(TC_H_CLSACT, 0);

constexpr const char* kernel_remedy =
    "use a kernel with CONFIG_NET_SCH_INGRESS and CONFIG_NET_CLS_BPF, as the distributions' are";

tcmsg qdisc_message(int interface) {
  tcmsg message{};
  message.tcm_ifindex = interface;
  message.tcm_handle = clsact_handle;
  message.tcm_parent = TC_H_CLSACT;
  return message;
}

tcmsg hook_message(int interface, HookSide side) {
  tcmsg message{};
  message.tcm_ifindex = interface;
  message.tcm_parent =
      TC_H_MAKE(TC_H_CLSACT, side == HookSide::egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS);
  return message;
}

tcmsg filter_message(const TcFilter& filter) {
  tcmsg message = hook_message(filter.interface, filter.side);
  message.tcm_handle = filter.handle;
  message.tcm_info = TC_H_MAKE(static_cast<std::uint32_t>(filter.priority) << 16, htons(ETH_P_ALL));
  return message;
}

// nullptr: it is not among them. `size`: bytes of all attributes.
const rtattr* find_attribute(const rtattr* attribute, std::size_t size, std::uint16_t type) {
  auto left = static_cast<int>(size);
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if ((attribute->rta_type & NLA_TYPE_MASK) == type) return attribute;
  }
  return nullptr;
}

const rtattr* find_attribute(nlmsghdr* message, std::uint16_t type) {
  return find_attribute(TCA_RTA(NLMSG_DATA(message)), TCA_PAYLOAD(message), type);
}

std::string text_of(const rtattr* attribute) {
  return attribute == nullptr ? "" : static_cast<const char*>(RTA_DATA(attribute));
}

// The name of a BPF filter.
std::string name_in(const rtattr* options) {
  if (options == nullptr) return "";
  return text_of(find_attribute(static_cast<const rtattr*>(RTA_DATA(options)), RTA_PAYLOAD(options),
                                TCA_BPF_NAME));
}

Status list_filters(int interface, HookSide side, std::vector<TcFilter>& filters) {
  const RouteRequest request(RTM_GETTFILTER, NLM_F_DUMP, hook_message(interface, side));
  CUTPOINT_TRY_ASSIGN(number, request.ask([&](nlmsghdr* answer) {
    const auto* found = static_cast<const tcmsg*>(NLMSG_DATA(answer));
    const bool is_bpf = text_of(find_attribute(answer, TCA_KIND)) == "bpf";
    // Each priority is listed as well, as if it were a filter with handle 0.
    if (is_bpf && found->tcm_handle == 0) return;
    filters.push_back({interface, side, static_cast<std::uint16_t>(found->tcm_info >> 16),
                       found->tcm_handle,
                       is_bpf ? name_in(find_attribute(answer, TCA_OPTIONS)) : ""});
  }));
  if (number != 0 && number != ENODEV) return errno_error("cannot list tc filters", number);
  return {};
}

// False: there is one already, or the device is gone.
Result<bool> add_qdisc(const Interface& interface) {
  RouteRequest request(RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
                       qdisc_message(interface.index));
  request.text(TCA_KIND, "clsact");
  CUTPOINT_TRY_ASSIGN(number, request.ask([](nlmsghdr*) {}));
  if (number == EEXIST || number == ENODEV) return false;
  if (number == 0) return true;
  return errno_error("cannot add a clsact qdisc to " + interface.name, number,
                     number == ENOENT ? kernel_remedy : "");
}

// False: there is none, or no such device.
Result<bool> delete_qdisc(int interface) {
  RouteRequest request(RTM_DELQDISC, NLM_F_ACK, qdisc_message(interface));
  request.text(TCA_KIND, "clsact");
  CUTPOINT_TRY_ASSIGN(number, request.ask([](nlmsghdr*) {}));
  // EINVAL: what is there is of another kind.
  if (number == ENOENT || number == EINVAL || number == ENODEV) return false;
  if (number != 0) return errno_error("cannot remove a clsact qdisc", number);
  return true;
}

}  // namespace

std::string_view name_of(HookSide side) {
  return side == HookSide::egress ? "egress" : "ingress";
}

std::string our_filter_name(std::string_view purpose) {
  return std::string(our_filter_prefix) + std::to_string(::getpid()) + "-" + std::string(purpose);
}

pid_t maker_of_filter(std::string_view name) {
  if (!name.starts_with(our_filter_prefix)) return 0;
  name.remove_prefix(our_filter_prefix.size());
  pid_t pid = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
  const bool whole =
      parsed.ec == std::errc() && parsed.ptr != name.data() + name.size() && *parsed.ptr == '-';
  return whole && pid > 0 ? pid : 0;
}

Status add_filter(const TcFilter& filter, int program_fd) {
  RouteRequest request(RTM_NEWTFILTER, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
                       filter_message(filter));
  request.text(TCA_KIND, "bpf").nest(TCA_OPTIONS, [&](RouteRequest& options) {
    options.number(TCA_BPF_FD, static_cast<std::uint32_t>(program_fd))
        .text(TCA_BPF_NAME, filter.name)
        .number(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
  });
  CUTPOINT_TRY_ASSIGN(number, request.ask([](nlmsghdr*) {}));
  if (number == 0) return {};
  return errno_error("cannot add a tc filter of priority " + std::to_string(filter.priority) +
                         ", handle " + std::to_string(filter.handle),
                     number, number == ENOENT ? kernel_remedy : "");
}

Status delete_filter(const TcFilter& filter) {
  RouteRequest request(RTM_DELTFILTER, NLM_F_ACK, filter_message(filter));
  request.text(TCA_KIND, "bpf");
  CUTPOINT_TRY_ASSIGN(number, request.ask([](nlmsghdr*) {}));
  // EINVAL: its qdisc is gone.
  if (number == 0 || number == ENOENT || number == EINVAL || number == ENODEV) return {};
  return errno_error("cannot remove tc filter " + filter.name, number);
}

Result<std::vector<TcFilter>> list_filters(int interface) {
  std::vector<TcFilter> filters;
  for (const HookSide side : {HookSide::ingress, HookSide::egress}) {
    CUTPOINT_TRY(list_filters(interface, side, filters));
  }
  return filters;
}

Result<std::map<int, std::string>> list_clsact_qdiscs() {
  std::map<int, std::string> kinds;
  const RouteRequest request(RTM_GETQDISC, NLM_F_DUMP, tcmsg{});
  CUTPOINT_TRY_ASSIGN(number, request.ask([&kinds](nlmsghdr* answer) {
    const auto* found = static_cast<const tcmsg*>(NLMSG_DATA(answer));
    if (found->tcm_parent != TC_H_CLSACT) return;
    kinds[found->tcm_ifindex] = text_of(find_attribute(answer, TCA_KIND));
  }));
  if (number != 0) return errno_error("cannot list qdiscs", number);
  return kinds;
}

Error clsact_in_the_way(const std::string& device) {
  return {ExitCode::unavailable,
          "cannot add a clsact qdisc to " + device + ": its ingress qdisc is in that place",
          "tc qdisc del dev " + device + " ingress, then tc qdisc add dev " + device +
              " clsact, which takes the same filters on its ingress hook"};
}

Error used_by_cutpoint() {
  return {ExitCode::unavailable, "filters of another cutpoint process are on it",
          "`cutpoint clear`, once that has ended"};
}

Result<RemovedFilters> remove_filters(int interface, pid_t maker, bool qdisc) {
  RemovedFilters removed;
  QdiscFate fate = QdiscFate::removed;
  CUTPOINT_TRY_ASSIGN(filters, list_filters(interface));
  for (const TcFilter& filter : filters) {
    const pid_t other = maker_of_filter(filter.name);
    if (other == maker) {
      CUTPOINT_TRY(delete_filter(filter));
      ++removed.filters;
    } else if (other != 0) {
      fate = QdiscFate::used_by_cutpoint;
    } else if (fate == QdiscFate::removed) {
      fate = QdiscFate::used_by_others;
    }
  }
  if (!qdisc) return removed;
  removed.qdisc = fate;
  if (fate != QdiscFate::removed) return removed;
  CUTPOINT_TRY_ASSIGN(gone, delete_qdisc(interface));
  if (!gone) removed.qdisc = QdiscFate::left;
  return removed;
}

Result<ClsactQdiscs> ClsactQdiscs::create(const NetworkNamespace& netns,
                                          const std::vector<Interface>& interfaces) {
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  CUTPOINT_TRY_ASSIGN(kinds, list_clsact_qdiscs());
  ClsactQdiscs qdiscs(netns);
  for (const Interface& interface : interfaces) {
    if (const auto kind = kinds.find(interface.index); kind != kinds.end()) {
      if (kind->second != "clsact") return clsact_in_the_way(interface.name);
      qdiscs.places_.push_back({interface, false});
      continue;
    }
    CUTPOINT_TRY_ASSIGN(made, add_qdisc(interface));
    qdiscs.places_.push_back({interface, made});
  }
  return qdiscs;
}

Status ClsactQdiscs::remove() {
  if (places_.empty()) return {};
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(*netns_));
  static_cast<void>(inside);
  Status status;
  for (const Place& place : std::exchange(places_, {})) {
    auto removed = remove_filters(place.interface.index, ::getpid(), place.made);
    if (removed && removed->qdisc == QdiscFate::used_by_cutpoint) removed = used_by_cutpoint();
    if (!removed && status) {
      status = std::move(removed).error().within("clsact qdisc of " + place.interface.name);
    }
  }
  return status;
}

ClsactQdiscs::~ClsactQdiscs() {  // NOLINT(bugprone-exception-escape)
  static_cast<void>(remove());   // who must know calls it before
}

}  // namespace cutpoint
