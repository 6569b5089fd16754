// SPDX-License-Identifier: Apache-2.0
// The veth pair in which a segment too large to be shortened is split (bpf/prog/tc_segmented.h).
#pragma once

#include <optional>

#include "controller/run/guardian.h"
#include "controller/run/progress.h"
#include "controller/run/target.h"
#include "controller/scenario/model.h"
#include "controller/util/veth.h"

namespace cutpoint {

// Some fault cuts, and some interface has an Ethernet header, as the pair has.
bool needs_segmenter(const Scenario& scenario, const TargetPlan& plan);

// In the target's network namespace; the guardian knows of it first. nullopt: not needed, or not to
// be had, which is logged: cuts in large segments are then late, but exact.
std::optional<VethPair> make_segmenter(const Scenario& scenario, const TargetPlan& plan,
                                       Guardian& guardian, Progress& progress);

}  // namespace cutpoint
