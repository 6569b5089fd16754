// SPDX-License-Identifier: Apache-2.0
// The clsact qdisc of a network device and the BPF filters on its two hooks: tc-bpf(8), by
// rtnetlink(7). Unlike a BPF link both outlive the process that made them, so our filters tell who
// that was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "controller/util/links.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"

namespace cutpoint {

enum class HookSide { ingress, egress };
std::string_view name_of(HookSide side);

struct TcFilter {
  int interface = 0;  // index
  HookSide side = HookSide::egress;
  std::uint16_t priority = 0;  // those with lower ones are asked first
  std::uint32_t handle = 0;    // tells those of one priority apart
  std::string name;            // empty: it is no BPF filter
};

// "cutpoint-<pid>-<purpose>", of the calling process.
std::string our_filter_name(std::string_view purpose);

// The pid in such a name; 0 if it is not one.
pid_t maker_of_filter(std::string_view name);

// These work in the calling thread's network namespace.

// For packets of every protocol; what the program returns is what happens (direct action).
// Error: another filter has that priority and handle, or there is no clsact qdisc.
Status add_filter(const TcFilter& filter, int program_fd);
// Success, too, where it is gone already.
Status delete_filter(const TcFilter& filter);
// On both hooks; none where there is no such device.
Result<std::vector<TcFilter>> list_filters(int interface);

// The qdiscs where clsact has its place, by interface: "clsact", or the older "ingress", which has
// no egress hook and cannot be there beside it.
Result<std::map<int, std::string>> list_clsact_qdiscs();

// Why there is no room for clsact on a device with an ingress qdisc.
Error clsact_in_the_way(const std::string& device);

enum class QdiscFate {
  left,              // it was not to go, or is not there
  removed,           // nobody's filter was on it
  used_by_others,    // left to them
  used_by_cutpoint,  // by another process of it, which does not know that we made it
};

// Why it was left then.
Error used_by_cutpoint();

struct RemovedFilters {
  std::size_t filters = 0;
  QdiscFate qdisc = QdiscFate::left;
};
// The filters that process `maker` made; then, with `qdisc`, the clsact qdisc if it can go.
Result<RemovedFilters> remove_filters(int interface, pid_t maker, bool qdisc);

// A clsact qdisc on each of these devices: an existing one is used and left, others are made and
// removed with this object, with all filters of this process; not if the process is killed.
class ClsactQdiscs {
 public:
  // Error (3): an ingress qdisc is in the way; the kernel has no clsact. Devices that are gone are
  // passed over.
  static Result<ClsactQdiscs> create(const NetworkNamespace& netns,
                                     const std::vector<Interface>& interfaces);

  ClsactQdiscs(ClsactQdiscs&&) noexcept = default;
  ClsactQdiscs& operator=(ClsactQdiscs&&) = delete;
  ~ClsactQdiscs();  // NOLINT(bugprone-exception-escape): without memory the program ends

  Status remove();

 private:
  struct Place {
    Interface interface;
    bool made = false;  // by us
  };

  explicit ClsactQdiscs(const NetworkNamespace& netns) : netns_(&netns) {}

  const NetworkNamespace* netns_;
  std::vector<Place> places_;
};

}  // namespace cutpoint
