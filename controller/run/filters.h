// SPDX-License-Identifier: Apache-2.0
// What a run needs where its programs hang on clsact filters instead of tcx links.
#pragma once

#include <optional>
#include <vector>

#include "controller/kernel/hooks.h"
#include "controller/run/guardian.h"
#include "controller/run/run_lock.h"
#include "controller/run/target.h"
#include "controller/util/clsact.h"
#include "controller/util/veth.h"

namespace cutpoint {

// nullopt: tcx, where runs do not mind each other. Of two that use the same qdisc neither could say
// when it is needed no more.
Result<std::optional<RunLock>> lock_filters(HookKind hooks, const StateDirectory& directory,
                                            const NetworkNamespace& netns);

// A clsact qdisc for every hook; the guardian knows first of what is to be made. nullopt: tcx.
Result<std::optional<ClsactQdiscs>> make_qdiscs(HookKind hooks, const TargetPlan& plan,
                                                const std::optional<VethPair>& segmenter,
                                                Guardian& guardian);

}  // namespace cutpoint
