// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/tcx_hooks.h"

#include <array>
#include <cerrno>
#include <linux/bpf.h>

#include "controller/util/errno_error.h"

namespace cutpoint {
namespace {

constexpr int tcx_next = -1;  // to the next program of the chain

// A program that passes every packet on.
Result<UniqueFd> load_idle_program() {
  std::array<bpf_insn, 2> instructions{};
  instructions[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  instructions[0].dst_reg = BPF_REG_0;
  instructions[0].imm = tcx_next;
  instructions[1].code = BPF_JMP | BPF_EXIT;
  const int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "cutpoint_idle", "GPL", instructions.data(),
                               instructions.size(), nullptr);
  if (fd < 0) return errno_error("cannot load a BPF program", -fd, "run `cutpoint check`");
  return UniqueFd(fd);
}

Error refused(const std::string& what, int number) {
  return errno_error(what, number, "run `cutpoint check` to see what this host lacks");
}

}  // namespace

std::vector<TcxHook> tcx_hooks_of(const Interface& interface) {
  // The devices of other runs of cutpoint come and go, and carry nobody's packets.
  if (interface.link_layer == LinkLayer::unsupported || maker_of_device(interface.name) != 0) {
    return {};
  }
  const bool ethernet = interface.link_layer == LinkLayer::ethernet;
  const TcxProgram egress = ethernet ? TcxProgram::egress : TcxProgram::egress_l3;
  const TcxProgram ingress = ethernet ? TcxProgram::ingress : TcxProgram::ingress_l3;
  TcxHook sent{egress, tcx_egress, interface.index, "tcx/egress " + interface.name};
  // On loopback what arrives is met as it leaves the other end: bpf/prog/packet.h says why.
  TcxHook received =
      interface.loopback
          ? TcxHook{ingress, tcx_egress, interface.index, sent.name + " (received)"}
          : TcxHook{ingress, tcx_ingress, interface.index, "tcx/ingress " + interface.name};
  return {std::move(sent), std::move(received)};
}

Result<TcxHooks> TcxHooks::take(const NetworkNamespace& netns, const std::vector<TcxHook>& hooks) {
  TcxHooks taken;
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  for (const TcxHook& hook : hooks) {
    // One for each: no chain takes the same program twice.
    CUTPOINT_TRY_ASSIGN(idle, load_idle_program());
    const int fd = bpf_link_create(idle.get(), hook.interface, hook.type, nullptr);
    if (fd == -ENODEV) continue;  // it was there when it was listed
    if (fd < 0) return refused("cannot attach to " + hook.name, -fd);
    taken.links_.emplace_back(fd);
    taken.hooks_.push_back(hook);
  }
  return taken;
}

Status TcxHooks::put(std::size_t index, int program_fd) {
  const int error = bpf_link_update(links_[index].get(), program_fd, nullptr);
  if (error != 0) return refused("cannot attach to " + hooks_[index].name, -error);
  return {};
}

}  // namespace cutpoint
