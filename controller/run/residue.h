// SPDX-License-Identifier: Apache-2.0
// What dead runs left on this host. Never touches what belongs to a run that is alive.
#pragma once

#include <string>
#include <vector>

#include "controller/run/run_state.h"
#include "controller/run/state_directory.h"
#include "controller/util/cgroup.h"
#include "controller/util/result.h"

namespace cutpoint {

// The records of runs that died, oldest first: for the next start to report. Includes, made up on
// the spot, those of runs whose guardian died, too. Changes nothing.
std::vector<RunRecord> find_records(const StateDirectory& directory);

// A record in lines for people: what run, when, in which phase, what may have been released.
std::vector<std::string> describe(const RunRecord& record);

struct ClearReport {
  std::vector<std::string> found;    // the records, in lines
  std::vector<std::string> removed;  // one line per thing
  std::vector<std::string> failed;   // one line per thing that is still there, with the reason

  [[nodiscard]] bool nothing() const { return found.empty() && removed.empty() && failed.empty(); }
};

// `cutpoint clear`: kills the processes in the cgroups of dead runs, removes those cgroups, tc
// filters and devices named cutpoint*, locks that nobody holds and, once reported, the records.
ClearReport clear_residue(const StateDirectory& directory, const CgroupMount& mount);

}  // namespace cutpoint
