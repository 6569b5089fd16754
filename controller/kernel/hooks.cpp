// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/hooks.h"

#include "controller/kernel/clsact_hooks.h"
#include "controller/kernel/tcx_hooks.h"

namespace cutpoint {

std::string_view name_of(HookKind kind) {
  return kind == HookKind::tcx ? "tcx" : "clsact";
}

Result<HookKind> find_hook_kind() {
  CUTPOINT_TRY_ASSIGN(there, TcxHooks::are_there());
  return there ? HookKind::tcx : HookKind::clsact;
}

bool has_hooks(const Interface& interface) {
  // The devices of other runs of cutpoint come and go, and carry nobody's packets.
  return interface.link_layer != LinkLayer::unsupported && maker_of_device(interface.name) == 0;
}

std::vector<Hook> hooks_of(const Interface& interface, HookKind kind) {
  if (!has_hooks(interface)) return {};
  const bool ethernet = interface.link_layer == LinkLayer::ethernet;
  const HookProgram egress = ethernet ? HookProgram::egress : HookProgram::egress_l3;
  const HookProgram ingress = ethernet ? HookProgram::ingress : HookProgram::ingress_l3;
  const std::string prefix(name_of(kind));
  Hook sent{egress, HookSide::egress, interface.index, prefix + "/egress " + interface.name};
  // On loopback what arrives is met as it leaves the other end: bpf/prog/packet.h says why.
  Hook received = interface.loopback
                      ? Hook{ingress, HookSide::egress, interface.index, sent.name + " (received)"}
                      : Hook{ingress, HookSide::ingress, interface.index,
                             prefix + "/ingress " + interface.name};
  return {std::move(sent), std::move(received)};
}

std::vector<Hook> accepting_hooks_of(const Interface& interface, HookKind kind) {
  if (interface.loopback) return {};
  std::vector<Hook> hooks = hooks_of(interface, kind);
  for (Hook& hook : hooks) {
    const bool sends = hook.side == HookSide::egress;
    hook.side = sends ? HookSide::ingress : HookSide::egress;
    hook.name = std::string(name_of(kind)) + (sends ? "/ingress " : "/egress ") + interface.name +
                " (accepted)";
  }
  return hooks;
}

Hook segmenter_hook(int far, HookKind kind) {
  return {HookProgram::segmented, HookSide::ingress, far,
          std::string(name_of(kind)) + "/ingress of the segmenter"};
}

Result<std::unique_ptr<Hooks>> Hooks::take(const NetworkNamespace& netns,
                                           const std::vector<Hook>& hooks, HookKind kind) {
  if (kind == HookKind::clsact) return ClsactHooks::take(netns, hooks);
  return TcxHooks::take(netns, hooks);
}

}  // namespace cutpoint
