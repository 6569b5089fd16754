// SPDX-License-Identifier: Apache-2.0
// What cutpoint may put on a host, seen from outside: to show that nothing of it was left.
#pragma once

#include <set>
#include <string>
#include <sys/types.h>
#include <vector>

namespace cutpoint {

// BPF links and programs, by id, as bpftool lists them.
struct BpfObjects {
  std::set<int> links;
  std::set<int> programs;  // those named as ours are
};
BpfObjects bpf_objects();

// What a process has descriptors of, by id; of whatever name.
struct HeldObjects {
  std::set<int> links;
  std::set<int> programs;
  std::set<int> maps;
};
HeldObjects held_by(pid_t holder);

// Processes whose environment has CUTPOINT_STATE_DIR=<directory>: a run's controller, its guardian,
// its target. Those of other runs on this host have another.
std::vector<pid_t> processes_of(const std::string& state_directory);

// Links and programs that were not there before and that no process holds. Waits for those that are
// about to go.
std::vector<std::string> unheld_bpf_objects(const BpfObjects& before);

// One line per thing that the runs with these controllers left: processes, cgroups, devices, tc
// filters, links, programs, run files and locks. Waits for what is about to go. What other
// processes hold is not counted: they may work with BPF at the same time.
std::vector<std::string> left_behind(const std::string& state_directory,
                                     const std::vector<pid_t>& controllers,
                                     const BpfObjects& before);

}  // namespace cutpoint
