// SPDX-License-Identifier: Apache-2.0
#include "controller/run/segmenter.h"

#include <algorithm>

namespace cutpoint {

bool needs_segmenter(const Scenario& scenario, const TargetPlan& plan) {
  return std::any_of(scenario.faults.begin(), scenario.faults.end(),
                     [](const Fault& fault) { return fault.mode == CUT_ENFORCE; }) &&
         std::any_of(plan.interfaces.begin(), plan.interfaces.end(),
                     [](const Interface& interface) {
                       return interface.link_layer == LinkLayer::ethernet;
                     });
}

std::optional<VethPair> make_segmenter(const Scenario& scenario, const TargetPlan& plan,
                                       Guardian& guardian, Progress& progress) {
  if (!needs_segmenter(scenario, plan)) return std::nullopt;
  const VethNames names{our_device_name('n'), our_device_name('f')};
  Result<VethPair> pair = [&]() -> Result<VethPair> {
    CUTPOINT_TRY(guardian.will_create_device(names.near, *plan.netns));
    return VethPair::create(*plan.netns, names);
  }();
  if (!pair) {
    progress.warn("cuts in large segments will come late: " + pair.error().message);
    return std::nullopt;
  }
  return *std::move(pair);
}

}  // namespace cutpoint
