// SPDX-License-Identifier: Apache-2.0
// BPF programs of somebody else at the hooks that cutpoint uses, or beside them: each counts what
// it sees, and says one and the same of all of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "controller/util/cgroup.h"
#include "controller/util/netns.h"
#include "controller/util/unique_fd.h"
#include "tests/socket/datapath/harness/cutter.h"

namespace cutpoint::datapath {

// What a tcx program may say (include/uapi/linux/bpf.h, enum tcx_action_base), and a filter of a
// clsact qdisc: TC_ACT_UNSPEC, _OK, _SHOT.
inline constexpr int tcx_next = -1;  // the next program is asked
inline constexpr int tcx_pass = 0;   // no other is
inline constexpr int tcx_drop = 2;

class Neighbour {
 public:
  enum class Hook { egress, ingress, sockops, cgroup_egress };
  enum class Order { first, last };  // among the programs that are at the hook by now

  // At a device of the namespace, which exists until the neighbour leaves. As a filter it makes the
  // clsact qdisc where there is none, and both stay unless it leaves.
  static Neighbour at_device(const NetworkNamespace& netns, const std::string& device, Hook hook,
                             Order order, int verdict, HookKind kind = hooks_to_test());
  // Of a cgroup; such programs are all asked. 1: it agrees; cgroup_egress, 0: the packet is
  // dropped.
  static Neighbour at_cgroup(const Cgroup& cgroup, Hook hook, int verdict);

  [[nodiscard]] std::uint64_t asked() const;  // how often
  void leave();

 private:
  Neighbour(Hook hook, int verdict);

  UniqueFd count_;  // an array of one number
  UniqueFd program_;
  UniqueFd link_;
  const NetworkNamespace* netns_ = nullptr;
  std::optional<TcFilter> filter_;  // instead of a link
};

}  // namespace cutpoint::datapath
