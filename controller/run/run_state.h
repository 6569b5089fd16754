// SPDX-License-Identifier: Apache-2.0
// What a run has put on the host and how far it has come: told to the guardian with every change,
// and kept in <id>.run for `cutpoint clear`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "controller/util/process.h"
#include "controller/util/result.h"

namespace cutpoint {

// A cgroup that a run made for its target.
struct RunCgroup {
  std::string path;       // empty: none
  std::string return_to;  // cgroup that its processes are moved to; empty: they are killed
};

// A network device that a run made. Its name starts with "cutpoint".
struct RunDevice {
  std::string name;
  ino_t netns = 0;  // inode of its network namespace
};

// A cgroup in which a run may stop processes, or which it may freeze. Its processes go on when the
// run is over.
struct RunPause {
  std::string cgroup;  // path
  bool freezes = false;
};

// A network device that a run hangs filters on: they bear the controller's pid.
struct RunFilters {
  std::string device;
  int interface = 0;  // its index
  ino_t netns = 0;
  bool makes_qdisc = false;  // there was no clsact qdisc before
};

enum class FaultState { armed, fired, healed };

// Who has the bytes that a fault keeps from arriving.
enum class HeldBy {
  nobody,    // it keeps none
  tcp,       // the sender's TCP alone, which sends them again and again
  cutpoint,  // the holder, too: they go on when the fault is over
};

struct RunFault {
  std::string name;
  std::string
      rule;  // in words, e.g. "blackhole both 30 s after commit.request of db, heal release"
  FaultState state = FaultState::armed;
  HeldBy held_by = HeldBy::tcp;
};

struct RunState {
  std::string id;
  std::string scenario;
  ProcessId controller;
  ProcessId guardian;
  std::int64_t started_ms = 0;  // unix_ms()
  std::string phase;            // e.g. "arm"
  RunCgroup cgroup;
  std::vector<RunDevice> devices;
  std::vector<RunPause> pauses;
  std::vector<RunFilters> filters;  // none with tcx links, which end with the controller
  std::vector<RunFault> faults;
};

// What became of a run whose controller died; as a file, <id>.json.
struct RunRecord {
  RunState run;
  std::int64_t ended_ms = 0;         // when its guardian, or `clear`, noticed
  bool cleaned = true;               // false: the guardian died as well, nothing is removed yet
  std::string released;              // held bytes that may have been delivered; empty: none
  std::vector<std::string> removed;  // one line each, for people
  std::vector<std::string> failed;   // what could not be removed, and why
};

std::string to_json(const RunState& state);
Result<RunState> run_state_from_json(std::string_view text);
std::string to_json(const RunRecord& record);
Result<RunRecord> run_record_from_json(std::string_view text);

// What the death of the controller let go: the faults that had fired and were not healed, a
// sentence for each way in which they kept bytes back.
std::string describe_released(const RunState& state);

std::string_view name_of(FaultState state);
std::string_view name_of(HeldBy holder);

}  // namespace cutpoint
