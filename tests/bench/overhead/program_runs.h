// SPDX-License-Identifier: Apache-2.0
// How often BPF programs ran, as the kernel counts it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace cutpoint::bench {

// How often a program ran and how long it took. The kernel counts while
// bpf_enable_stats(BPF_STATS_RUN_TIME) is on, which costs time.
struct Runs {
  std::uint64_t count = 0;
  std::uint64_t ns = 0;
};

// Of those programs that have run, by name; `ids`: of programs, those that have gone are left out.
std::map<std::string, Runs> runs_of(const std::set<int>& ids);

}  // namespace cutpoint::bench
