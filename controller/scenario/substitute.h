// SPDX-License-Identifier: Apache-2.0
// ${VAR}: values from the environment.
#pragma once

#include "controller/scenario/diagnostics.h"
#include "controller/scenario/loader.h"
#include "controller/scenario/node.h"

namespace cutpoint::yaml {

// Replaces every ${VAR} in the scalar values (not the keys) below `node`; `$${` becomes `${`. What
// comes out stays one scalar, whatever it holds. A variable that is not set is a mistake. What was
// there before stays as the scalar's `written`.
void substitute_variables(TreeNode& node, const Environment& environment, Diagnostics& diagnostics);

}  // namespace cutpoint::yaml
