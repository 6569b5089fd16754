// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/neighbour.h"

#include <bpf/bpf.h>
#include <net/if.h>

#include "controller/kernel/tcx_hooks.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::datapath {
namespace {

constexpr std::uint32_t before_all = 1U << 3;  // BPF_F_BEFORE, relative to none
constexpr std::uint32_t after_all = 1U << 4;   // BPF_F_AFTER
constexpr std::uint16_t first_priority = 1;    // of filters
constexpr std::uint16_t last_priority = 65535;

enum bpf_attach_type attach_type(Neighbour::Hook hook) {
  switch (hook) {
    case Neighbour::Hook::egress:
      return tcx_egress;
    case Neighbour::Hook::ingress:
      return tcx_ingress;
    case Neighbour::Hook::sockops:
      return BPF_CGROUP_SOCK_OPS;
    case Neighbour::Hook::cgroup_egress:
      return BPF_CGROUP_INET_EGRESS;
  }
  throw std::invalid_argument("no such hook");
}

enum bpf_prog_type program_type(Neighbour::Hook hook) {
  switch (hook) {
    case Neighbour::Hook::egress:
    case Neighbour::Hook::ingress:
      return BPF_PROG_TYPE_SCHED_CLS;
    case Neighbour::Hook::sockops:
      return BPF_PROG_TYPE_SOCK_OPS;
    case Neighbour::Hook::cgroup_egress:
      return BPF_PROG_TYPE_CGROUP_SKB;
  }
  throw std::invalid_argument("no such hook");
}

bpf_insn instruction(int code, int to, int from, int immediate) {
  bpf_insn made{};
  made.code = static_cast<__u8>(code);
  made.dst_reg = static_cast<__u8>(to) & 0xf;
  made.src_reg = static_cast<__u8>(from) & 0xf;
  made.imm = immediate;
  return made;
}

}  // namespace

Neighbour::Neighbour(Hook hook, int verdict) {
  count_.reset(bpf_map_create(BPF_MAP_TYPE_ARRAY, "count", sizeof(std::uint32_t),
                              sizeof(std::uint64_t), 1, nullptr));
  require(static_cast<bool>(count_), "make a map");
  // r1 = address of the number; ++*r1, atomically; return verdict
  const bpf_insn instructions[] = {
      instruction(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, count_.get()),
      instruction(0, 0, 0, 0),
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 1),
      instruction(BPF_STX | BPF_DW | BPF_ATOMIC, BPF_REG_1, BPF_REG_2, BPF_ADD),
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, verdict),
      instruction(BPF_JMP | BPF_EXIT, 0, 0, 0),
  };
  bpf_prog_load_opts options{};
  options.sz = sizeof options;
  program_.reset(bpf_prog_load(program_type(hook), "neighbour", "GPL", instructions,
                               std::size(instructions), &options));
  require(static_cast<bool>(program_), "load a neighbour");
}

Neighbour Neighbour::at_device(const NetworkNamespace& netns, const std::string& device, Hook hook,
                               Order order, int verdict, HookKind kind) {
  Neighbour made(hook, verdict);
  const auto inside = require(ScopedNetns::enter(netns));
  const auto interface = static_cast<int>(::if_nametoindex(device.c_str()));
  if (kind == HookKind::clsact) {
    if (!require(list_clsact_qdiscs()).contains(interface)) {
      run_in(netns, "tc qdisc add dev " + device + " clsact");
    }
    const HookSide side = hook == Hook::egress ? HookSide::egress : HookSide::ingress;
    const std::uint16_t priority = order == Order::first ? first_priority : last_priority;
    made.netns_ = &netns;
    made.filter_ = TcFilter{interface, side, priority, 1, "neighbour"};
    require(add_filter(*made.filter_, made.program_.get()));
    return made;
  }
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  options.flags = order == Order::first ? before_all : after_all;
  made.link_.reset(bpf_link_create(made.program_.get(), interface, attach_type(hook), &options));
  require(static_cast<bool>(made.link_), "attach a neighbour to " + device);
  return made;
}

void Neighbour::leave() {
  link_.reset();
  if (!filter_) return;
  const auto inside = require(ScopedNetns::enter(*netns_));
  require(delete_filter(*std::exchange(filter_, std::nullopt)));
}

Neighbour Neighbour::at_cgroup(const Cgroup& cgroup, Hook hook, int verdict) {
  Neighbour made(hook, verdict);
  made.link_.reset(bpf_link_create(made.program_.get(), cgroup.fd(), attach_type(hook), nullptr));
  require(static_cast<bool>(made.link_), "attach a neighbour to a cgroup");
  return made;
}

std::uint64_t Neighbour::asked() const {
  const std::uint32_t key = 0;
  std::uint64_t value = 0;
  require(bpf_map_lookup_elem(count_.get(), &key, &value) == 0, "read a count");
  return value;
}

}  // namespace cutpoint::datapath
