// SPDX-License-Identifier: Apache-2.0
#include "controller/run/filters.h"

#include <algorithm>
#include <iterator>

namespace cutpoint {
namespace {

std::vector<Interface> hooked(const TargetPlan& plan) {
  std::vector<Interface> interfaces;
  std::copy_if(plan.interfaces.begin(), plan.interfaces.end(), std::back_inserter(interfaces),
               has_hooks);
  return interfaces;
}

Result<std::vector<RunFilters>> filters_on(const std::vector<Interface>& interfaces,
                                           const NetworkNamespace& netns) {
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  CUTPOINT_TRY_ASSIGN(qdiscs, list_clsact_qdiscs());
  std::vector<RunFilters> filters;
  filters.reserve(interfaces.size());
  for (const Interface& interface : interfaces) {
    filters.push_back(
        {interface.name, interface.index, netns.inode(), !qdiscs.contains(interface.index)});
  }
  return filters;
}

}  // namespace

Result<std::optional<RunLock>> lock_filters(HookKind hooks, const StateDirectory& directory,
                                            const NetworkNamespace& netns) {
  if (hooks == HookKind::tcx) return std::optional<RunLock>();
  const std::string inode = std::to_string(netns.inode());
  CUTPOINT_TRY_ASSIGN(lock, RunLock::acquire(directory, "clsact-" + inode,
                                             "the clsact qdiscs of network namespace " + inode));
  return std::optional<RunLock>(std::move(lock));
}

Result<std::optional<ClsactQdiscs>> make_qdiscs(HookKind hooks, const TargetPlan& plan,
                                                const std::optional<VethPair>& segmenter,
                                                Guardian& guardian) {
  if (hooks == HookKind::tcx) return std::optional<ClsactQdiscs>();
  std::vector<Interface> interfaces = hooked(plan);
  CUTPOINT_TRY_ASSIGN(filters, filters_on(interfaces, *plan.netns));
  CUTPOINT_TRY(guardian.will_add_filters(std::move(filters), *plan.netns));
  // The guardian removes it as a device, with all that is on it.
  if (segmenter) {
    Interface far;
    far.index = segmenter->far();
    far.name = "the segmenter";
    interfaces.push_back(std::move(far));
  }
  CUTPOINT_TRY_ASSIGN(qdiscs, ClsactQdiscs::create(*plan.netns, interfaces));
  return std::optional<ClsactQdiscs>(std::move(qdiscs));
}

}  // namespace cutpoint
