// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "controller/run/run_state.h"
#include "controller/util/cgroup.h"
#include "controller/util/netns.h"

namespace cutpoint {

// Removes what a dead run has put on the host and says what that was. Ends or returns the processes
// of its cgroup first, waits until they are gone. Devices are looked for in `namespaces`.
RunRecord undo(const RunState& state, const std::vector<NetworkNamespace>& namespaces);

// One cgroup, with the line that says so. Refuses paths that create() would not have made.
struct Undone {
  std::vector<std::string> removed;
  std::vector<std::string> failed;
};
void undo_cgroup(const RunCgroup& cgroup, Undone& undone);

// One device, if it is there.
void undo_device(const std::string& name, const NetworkNamespace& netns, Undone& undone);

}  // namespace cutpoint
