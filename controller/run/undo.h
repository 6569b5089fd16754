// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "controller/run/run_state.h"
#include "controller/util/cgroup.h"
#include "controller/util/netns.h"

namespace cutpoint {

// Removes what a dead run has put on the host and says what that was. Filters first, at once; then
// ends or returns the processes of its cgroup, waits until they are gone. Devices are looked for in
// `namespaces`.
RunRecord undo(const RunState& state, const std::vector<NetworkNamespace>& namespaces);

// One cgroup, with the line that says so. Refuses paths that create() would not have made.
struct Undone {
  std::vector<std::string> removed;
  std::vector<std::string> failed;
};
// What it stopped or froze goes on.
void undo_pauses(const RunState& state, Undone& undone);

void undo_cgroup(const RunCgroup& cgroup, Undone& undone);

// The filters that `maker` has on a device, and the qdisc that it made for them, if they are there.
void undo_filters(const RunFilters& filters, pid_t maker, const NetworkNamespace& netns,
                  Undone& undone);

// One device, if it is there.
void undo_device(const std::string& name, const NetworkNamespace& netns, Undone& undone);

}  // namespace cutpoint
