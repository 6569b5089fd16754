// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/hooks.h"

#include "controller/kernel/clsact_hooks.h"
#include "controller/kernel/tcx_hooks.h"

namespace cutpoint {
namespace {

Hook hook_at(const Interface& interface, HookKind kind, HookSide side, HookProgram program) {
  const std::string name(name_of(kind));
  return {program, side, interface.index,
          name + (side == HookSide::egress ? "/egress " : "/ingress ") + interface.name};
}

}  // namespace

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
  Hook sent = hook_at(interface, kind, HookSide::egress,
                      ethernet ? HookProgram::egress : HookProgram::egress_l3);
  // On loopback what arrives is met as it leaves the other end: bpf/prog/packet.h says why.
  Hook received =
      hook_at(interface, kind, interface.loopback ? HookSide::egress : HookSide::ingress,
              ethernet ? HookProgram::ingress : HookProgram::ingress_l3);
  if (interface.loopback) received.name += " (received)";
  return {std::move(sent), std::move(received)};
}

std::vector<Hook> looking_hooks_of(const Interface& interface, HookKind kind) {
  if (!has_hooks(interface)) return {};
  const HookProgram look =
      interface.link_layer == LinkLayer::ethernet ? HookProgram::look : HookProgram::look_l3;
  std::vector<Hook> hooks{hook_at(interface, kind, HookSide::egress, look)};
  if (!interface.loopback) hooks.push_back(hook_at(interface, kind, HookSide::ingress, look));
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
