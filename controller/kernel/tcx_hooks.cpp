// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/tcx_hooks.h"

#include <array>
#include <cerrno>
#include <limits>
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

enum bpf_attach_type attach_type(HookSide side) {
  return side == HookSide::egress ? tcx_egress : tcx_ingress;
}

}  // namespace

Result<bool> TcxHooks::are_there() {
  // There is no such interface. A kernel with tcx looks for it (ENODEV); one without does not get
  // as far (EINVAL).
  constexpr int nowhere = std::numeric_limits<int>::max();
  CUTPOINT_TRY_ASSIGN(idle, load_idle_program());
  const int error = bpf_link_create(idle.get(), nowhere, tcx_egress, nullptr);
  if (error == -ENODEV) return true;
  if (error == -EINVAL) return false;
  return refused("cannot find out whether this kernel has tcx links", -error);
}

Result<std::unique_ptr<Hooks>> TcxHooks::take(const NetworkNamespace& netns,
                                              const std::vector<Hook>& hooks) {
  auto taken = std::make_unique<TcxHooks>();
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  for (const Hook& hook : hooks) {
    // One for each: no chain takes the same program twice.
    CUTPOINT_TRY_ASSIGN(idle, load_idle_program());
    const int fd = bpf_link_create(idle.get(), hook.interface, attach_type(hook.side), nullptr);
    if (fd == -ENODEV) continue;  // it was there when it was listed
    if (fd < 0) return refused("cannot attach to " + hook.name, -fd);
    taken->links_.emplace_back(fd);
    taken->hooks_.push_back(hook);
  }
  return Result<std::unique_ptr<Hooks>>(std::move(taken));
}

Status TcxHooks::put(std::size_t index, int program_fd) {
  const int error = bpf_link_update(links_[index].get(), program_fd, nullptr);
  if (error != 0) return refused("cannot attach to " + hooks_[index].name, -error);
  return {};
}

}  // namespace cutpoint
