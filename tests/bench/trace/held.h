// SPDX-License-Identifier: Apache-2.0
// What a process holds of BPF, from outside: its own, whoever else on this host works with BPF.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <sys/types.h>

#include "tests/bench/overhead/attachment.h"

namespace cutpoint::bench {

enum class Held : bool { maps, programs };

// Ids of what the process has descriptors of.
std::set<std::uint32_t> held_ids(pid_t holder, Held what);

// How often its programs ran, by name: while bpf_enable_stats(BPF_STATS_RUN_TIME) was on.
std::map<std::string, Runs> runs_of(pid_t holder);

}  // namespace cutpoint::bench
